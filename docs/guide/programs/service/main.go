// Command service answers slowly, and ends well.
package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/serve"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "where it serves")
	admin := flag.String("admin", "127.0.0.1:9090", "where its probes are")
	flag.Parse()
	inflight.Main(func(ctx context.Context) error {
		s := serve.New(serve.Options{Grace: 10 * time.Second})
		s.HTTP(*listen, http.HandlerFunc(answer))
		s.Admin(*admin, nil) // /livez, /readyz, /startupz
		s.OnDrain("notice", func(context.Context) error {
			fmt.Println("takes no more requests")
			return nil
		})
		if err := s.Listen(ctx); err != nil {
			return err
		}
		fmt.Println("serves, until Ctrl-C")
		return s.Run(ctx)
	}, inflight.Drain(15*time.Second))
}

// answer takes as long as the path says: /5s takes five seconds.
func answer(w http.ResponseWriter, r *http.Request) {
	takes, err := time.ParseDuration(r.URL.Path[1:])
	if err != nil {
		http.NotFound(w, r)
		return
	}
	fmt.Println("begins", r.URL.Path)
	if err := inflight.Sleep(r.Context(), takes); err != nil {
		fmt.Println("is cut off:", err)
		return
	}
	fmt.Fprintln(w, "done")
	fmt.Println("has answered", r.URL.Path)
}
