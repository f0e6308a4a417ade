package origin_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/inflight-go/inflight/internal/origin"
)

// BenchmarkServer is 100 requests in flight, on a port and in memory.
func BenchmarkServer(b *testing.B) {
	o := origin.New(origin.Options{})
	tcp, err := origin.Listen(b.Context(), ":0", o)
	if err != nil {
		b.Fatal(err)
	}
	for name, s := range map[string]*origin.Server{"tcp": tcp, "memory": origin.InMemory(b.Context(), o)} {
		b.Run(name, func(b *testing.B) {
			transport := &http.Transport{DialContext: s.DialContext, MaxIdleConnsPerHost: 100}
			defer transport.CloseIdleConnections()
			client := &http.Client{Transport: transport}
			slots := make(chan struct{}, 100)
			for i := 0; b.Loop(); i++ {
				slots <- struct{}{}
				go func() {
					defer func() { <-slots }()
					resp, err := client.Get(fmt.Sprintf("http://origin/users/%d", i%1000+1))
					if err != nil {
						b.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}()
			}
			for range cap(slots) {
				slots <- struct{}{}
			}
		})
	}
}
