package crawl_test

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inflight-go/inflight/crawl"
	"github.com/inflight-go/inflight/retry"
	"github.com/inflight-go/inflight/session"
	"github.com/klauspost/compress/zstd"
)

// world is all the hosts that there are, on one server of the loopback interface.
type world struct {
	session *session.Session
	address string // of the server
	mu      sync.Mutex
	pages   map[string]http.HandlerFunc // by host and path
	asked   map[string]int              // by URL
	order   []string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{pages: make(map[string]http.HandlerFunc), asked: make(map[string]int)}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	w.address = server.Listener.Addr().String()
	w.session = w.open(t, session.Options{MaxBody: 1 << 20, Backoff: retry.Policy{Base: time.Millisecond}})
	return w
}

// open makes a session that finds all hosts on the server.
func (w *world) open(t *testing.T, o session.Options) *session.Session {
	t.Helper()
	o.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, w.address)
	}
	s, err := session.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	w.asked[r.Host+r.URL.RequestURI()]++
	w.order = append(w.order, r.Host+r.URL.RequestURI())
	page := w.pages[r.Host+r.URL.Path]
	for path := r.URL.Path; page == nil && path != ""; {
		path = path[:strings.LastIndexByte(path, '/')]
		page = w.pages[r.Host+path+"/*"]
	}
	w.mu.Unlock()
	if page == nil {
		http.NotFound(rw, r)
		return
	}
	page(rw, r)
}

// page makes a page of HTML, whose body is what stands between the tags.
func (w *world) page(at, body string) {
	w.text(at, "text/html; charset=utf-8", "<!doctype html><html><body>"+body+"</body></html>")
}

func (w *world) text(at, contentType, text string) {
	w.pages[at] = func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", contentType)
		fmt.Fprint(rw, text)
	}
}

// links are those to some pages.
func links(to ...string) string {
	var b strings.Builder
	for _, href := range to {
		fmt.Fprintf(&b, "<a href=%q>x</a> ", href)
	}
	return b.String()
}

// result is a line of the output.
type result struct {
	Index     int64
	URL       string
	OK        bool
	From      *int64
	Depth     int
	Status    int
	Skipped   string
	Redirect  string
	Title     string
	Bytes     int64
	Truncated bool
	File      string `json:"body_file"`
	Hash      string `json:"content_hash"`
	Rule      string
	Links     int
	Extract   map[string]any
	Items     []map[string]any
	JSONLD    []any
	Data      any
	Error     struct{ Class, Message string }
}

// crawl crawls into a file of its own, and returns its lines by URL.
func (w *world) crawl(t *testing.T, o crawl.Options) map[string]result {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out.jsonl")
	o.Session = cmp.Or(o.Session, w.session)
	if _, err := crawl.Run(t.Context(), out, o); err != nil {
		t.Fatal(err)
	}
	return read(t, out)
}

// read reads an output. No page may be in it twice.
func read(t *testing.T, path string) map[string]result {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var from io.Reader = f
	if strings.HasSuffix(path, ".zst") {
		z, err := zstd.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		from = z
	}
	lines := make(map[string]result)
	s := bufio.NewScanner(from)
	s.Buffer(nil, 1<<24)
	for s.Scan() {
		r := decode(t, s.Bytes())
		if _, twice := lines[r.URL]; twice {
			t.Errorf("%s has two lines", r.URL)
		}
		lines[r.URL] = r
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	return lines
}

func decode(t *testing.T, data []byte) (r result) {
	t.Helper()
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return r
}

// urls are those of lines, in order.
func urls(lines map[string]result) []string {
	var urls []string
	for url := range lines {
		urls = append(urls, strings.TrimPrefix(url, "http://"))
	}
	slices.Sort(urls)
	return urls
}

// found fails unless exactly these pages have a line.
func found(t *testing.T, lines map[string]result, want ...string) {
	t.Helper()
	slices.Sort(want)
	if got := urls(lines); !slices.Equal(got, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
