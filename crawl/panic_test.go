package crawl_test

import (
	"path/filepath"
	"testing"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/crawl"
)

// Who recovers from a panic of his own can go on with the crawl.
func TestA_panic_of_OnEvent_leaves_nothing_open(t *testing.T) {
	w := newWorld(t)
	w.page("a.example/1", links("/2"))
	w.page("a.example/2", "")
	o := crawl.Options{Seeds: []string{"http://a.example/1"}, Session: w.session, OnEvent: func(batch.Event) { panic("of the test") }}
	out := filepath.Join(t.TempDir(), "out.jsonl")
	func() {
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		_, _ = crawl.Run(t.Context(), out, o)
	}()
	o.OnEvent, o.Journal.Resume = nil, true
	if s, err := crawl.Run(t.Context(), out, o); err != nil || s.Done+s.Skipped != 2 {
		t.Error(s, err)
	}
}
