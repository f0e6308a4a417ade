package session_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/retry/breaker"
	"github.com/inflight-go/inflight/session"
)

// serveBytes answers each request on a loopback port with the same 1 KiB, and
// allocates nothing for it.
func serveBytes(b *testing.B) (url string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	answer := []byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1024\r\n\r\n" + strings.Repeat("x", 1024))
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				r := bufio.NewReader(c)
				for {
					line, err := r.ReadSlice('\n')
					if err != nil {
						return
					}
					if len(line) == 2 {
						c.Write(answer)
					}
				}
			}()
		}
	}()
	return fmt.Sprintf("http://%s/", l.Addr())
}

// BenchmarkBare is the floor: a tuned Transport, and nothing else.
func BenchmarkBare(b *testing.B) {
	url := serveBytes(b)
	t := &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}
	defer t.CloseIdleConnections()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	b.ReportAllocs()
	for b.Loop() {
		req, err := http.NewRequestWithContext(ctx, "GET", url, nil)
		if err != nil {
			b.Fatal(err)
		}
		resp, err := t.RoundTrip(req)
		if err != nil {
			b.Fatal(err)
		}
		body := make([]byte, resp.ContentLength)
		if _, err := io.ReadFull(resp.Body, body); err != nil {
			b.Fatal(err)
		}
		resp.Body.Close()
	}
}

func BenchmarkSession(b *testing.B) {
	for name, o := range map[string]session.Options{
		"defaults": {},
		"perhost":  {PerHost: 64},
		"breaker":  {PerHost: 64, Breaker: new(breaker.Options)},
		"trace":    {Trace: true},
		"net/http": {NetHTTP: true},
	} {
		b.Run(name, func(b *testing.B) { benchmark(b, o) })
	}
}

// BenchmarkAtOnce is 64 at once, by exchanges of our own and by those of net/http.
func BenchmarkAtOnce(b *testing.B) {
	for name, std := range map[string]bool{"own": false, "net/http": true} {
		b.Run(name, func(b *testing.B) {
			url := serveBytes(b)
			s, err := session.New(session.Options{NetHTTP: std})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			b.ReportAllocs()
			b.SetParallelism(64 / runtime.GOMAXPROCS(0))
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if r, err := s.Get(ctx, url); err != nil || len(r.Body) != 1024 {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

func benchmark(b *testing.B, o session.Options) {
	url := serveBytes(b)
	s, err := session.New(o)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	b.ReportAllocs()
	for b.Loop() {
		r, err := s.Get(ctx, url)
		if err != nil || len(r.Body) != 1024 {
			b.Fatal(err)
		}
	}
}
