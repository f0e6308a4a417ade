package frontier_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/inflight-go/inflight/crawl/frontier"
)

// A frontier of very many URLs has room in little memory: FRONTIER_URLS=1000000 for as
// many as that.
func TestSize(t *testing.T) {
	n := 100_000
	if text := os.Getenv("FRONTIER_URLS"); text != "" {
		if _, err := fmt.Sscan(text, &n); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "log")
	before := heap()
	f, err := frontier.Open(path, frontier.Options{}) // not open: that would keep it
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < n; i += 20 {
		var found []frontier.Page
		for k := i; k < min(i+20, n); k++ {
			found = append(found, frontier.Page{URL: fmt.Sprintf("https://host-%d.example/a/path/that/is/not/short/page-%d.html?q=%d", k%500, k, k), Depth: 3, Referrer: int64(i)})
		}
		if _, err := f.Add(t.Context(), found...); err != nil {
			t.Fatal(err)
		}
	}
	perURL := float64(heap()-before) / float64(n)
	t.Logf("%d URLs: %.1f bytes each; %s", n, perURL, peak())
	if perURL > 60 {
		t.Errorf("%.1f bytes a URL", perURL)
	}
	if s := f.Stats(); s.Found != int64(n) || s.Hosts != 500 {
		t.Errorf("%+v", s)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	f = nil
	heap()
	f = open(t, path, frontier.Options{})
	if s := f.Stats(); s.Found != int64(n) {
		t.Errorf("opened again: %+v", s)
	}
	t.Logf("opened again: %s", peak())
}

// heap is what is in use, in bytes.
func heap() int64 {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
