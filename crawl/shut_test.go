package crawl_test

import (
	"errors"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/crawl"
	"github.com/inflight-go/inflight/session"
)

// A session that others use, too, and that sends nothing more, ends the crawl: its pages
// neither come again for ever nor have failed.
func TestA_session_that_sends_nothing_more_ends_the_crawl(t *testing.T) {
	for _, c := range []struct {
		what string
		shut func(s *session.Session)
		want error
	}{
		{"drained", (*session.Session).Drain, session.ErrDraining},
		{"closed", func(s *session.Session) { s.Close() }, session.ErrClosed},
	} {
		for _, at := range []string{"/robots.txt", "/1"} {
			t.Run(c.what+" at "+at, func(t *testing.T) {
				w := newWorld(t)
				own := w.open(t, session.Options{})
				w.page("a.example/1", links("/2"))
				w.page("a.example/2", links("/3"))
				w.page("a.example/3", "")
				var once sync.Once
				page := w.pages["a.example"+at]
				w.pages["a.example"+at] = func(rw http.ResponseWriter, r *http.Request) {
					once.Do(func() { c.shut(own) })
					if page == nil {
						http.NotFound(rw, r)
						return
					}
					page(rw, r)
				}
				stop := make(chan struct{})
				var retried atomic.Int64
				o := crawl.Options{Seeds: []string{"http://a.example/1"}, Session: own, Stop: stop, OnEvent: func(e batch.Event) {
					if e.Kind == batch.EventRetried && retried.Add(1) == 100 {
						close(stop)
					}
				}}
				out := filepath.Join(t.TempDir(), "out.jsonl")
				s, err := crawl.Run(t.Context(), out, o)
				if !errors.Is(err, c.want) || s.Failed > 0 {
					t.Fatalf("%v, %d failed, %d given back", err, s.Failed, retried.Load())
				}
				o.Session, o.Journal.Resume = w.session, true
				if s, err = crawl.Run(t.Context(), out, o); err != nil || s.Done+s.Skipped != 3 || s.Failed > 0 {
					t.Error(s, err)
				}
			})
		}
	}
}
