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

// slow crawls a host that wants 10 s between requests, and says so only after a second, so
// that the first pages have begun. It returns when pages were asked for.
func slow(t *testing.T, o crawl.Options, page http.HandlerFunc) (at []time.Duration, err error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	listener := &pipes{conns: make(chan net.Conn), close: cancel, done: ctx.Done()}
	var mu sync.Mutex
	began := time.Now()
	server := &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			time.Sleep(time.Second)
			fmt.Fprint(rw, "User-agent: *\nCrawl-delay: 10\n")
			return
		}
		mu.Lock()
		at = append(at, time.Since(began))
		mu.Unlock()
		rw.Header().Set("Content-Type", "text/html")
		page(rw, r)
	})}
	go server.Serve(listener)
	defer server.Close()
	if o.Session, err = session.New(session.Options{MaxRedirects: -1, Dial: listener.dial}); err != nil {
		t.Fatal(err)
	}
	defer o.Session.Close()
	_, err = crawl.Run(t.Context(), filepath.Join(t.TempDir(), "out.jsonl"), o)
	return at, err
}

// Between any two pages of a host is the pause that its robots.txt asks for, also
// between those that waited for it together.
func TestCrawlDelayFromTheFirstPageOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := crawl.Options{Progress: &crawl.Progress{}, Seeds: []string{"http://a.test/", "http://a.test/1", "http://a.test/3"}}
		at, err := slow(t, o, func(rw http.ResponseWriter, _ *http.Request) { fmt.Fprint(rw, links("/1", "/2")) })
		if err != nil {
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

// What is tried again waits so long, too, and takes the turn of a page.
func TestCrawlDelayOfRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		at, err := slow(t, crawl.Options{Seeds: []string{"http://a.test/", "http://a.test/1"}}, func(rw http.ResponseWriter, r *http.Request) {
			if asked++; r.URL.Path == "/" && asked < 5 {
				rw.WriteHeader(503)
			}
		})
		if err != nil || len(at) != 5 && len(at) != 6 {
			t.Fatalf("pages were asked for at %v, %v", at, err)
		}
		for i := range at[1:] {
			if pause := at[i+1] - at[i]; pause != 10*time.Second {
				t.Errorf("pages were asked for at %v", at)
			}
		}
	})
}

// A run that is to stop waits for no turn, and asks no more.
func TestCrawlDelayEndsWithTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		time.AfterFunc(5*time.Second, func() { close(stop) })
		began := time.Now()
		o := crawl.Options{Seeds: []string{"http://a.test/"}, Stop: stop}
		at, err := slow(t, o, func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(503) })
		if took := time.Since(began); took >= 6*time.Second || len(at) != 1 {
			t.Errorf("pages were asked for at %v, it took %v: %v", at, took, err)
		}
	})
}
