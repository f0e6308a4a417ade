package crawl_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/crawl"
	"github.com/inflight-go/inflight/session"
)

// pipes listens to connections in memory.
type pipes struct {
	conns chan net.Conn
	close func()
	done  <-chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.close(); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		return client, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

// Between any two pages of a host is the pause that its robots.txt asks for, also
// between those that waited for it together.
func TestCrawlDelayFromTheFirstPageOn(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out.jsonl")
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		listener := &pipes{conns: make(chan net.Conn), close: cancel, done: ctx.Done()}
		var mu sync.Mutex
		var at []time.Duration
		began := time.Now()
		server := &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/robots.txt" {
				time.Sleep(time.Second) // so that the pages have begun
				fmt.Fprint(rw, "User-agent: *\nCrawl-delay: 10\n")
				return
			}
			mu.Lock()
			at = append(at, time.Since(began))
			mu.Unlock()
			rw.Header().Set("Content-Type", "text/html")
			fmt.Fprint(rw, links("/1", "/2"))
		})}
		go server.Serve(listener)
		defer server.Close()
		s, err := session.New(session.Options{MaxRedirects: -1, Dial: listener.dial})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		o := crawl.Options{Progress: &crawl.Progress{}, Session: s, Seeds: []string{"http://a.test/", "http://a.test/1", "http://a.test/3"}}
		if _, err := crawl.Run(t.Context(), out, o); err != nil {
			t.Fatal(err)
		}
		want := []time.Duration{1 * time.Second, 11 * time.Second, 21 * time.Second, 31 * time.Second}
		if !slices.Equal(at, want) {
			t.Errorf("pages were asked for at %v, want %v", at, want)
		}
		if s := o.Progress.Stats(); s.Slowest != "a.test" || s.Pause != 10*time.Second {
			t.Errorf("%+v", s)
		}
	})
}
