package crawl_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inflight-go/inflight/crawl"
	"github.com/inflight-go/inflight/crawl/warc"
)

func TestFileNames(t *testing.T) {
	for page, want := range map[string]string{
		"https://a.example/":                    "a.example~/~index.html",
		"https://a.example/index":               "a.example~/index~.html",
		"https://a.example/x/index.html":        "a.example~/x/index.html",
		"https://a.example/tea":                 "a.example~/tea~.html",
		"https://a.example/tea/":                "a.example~/tea/~index.html",
		"https://a.example/v1.2/tea":            "a.example~/v1.2~/tea~.html",
		"http://a.example/tea":                  "a.example~http/tea~.html",
		"http://a.example:8080/tea":             "a.example~http~8080/tea~.html",
		"https://localhost:8443/":               "localhost~https~8443/~index.html",
		"https://a.example/Tea":                 "a.example~/tea~",
		"https://a.example/tea?x=1":             "a.example~/tea~",
		"https://a.example/con":                 "a.example~/con~",
		"https://a.example/aux.h":               "a.example~/aux-h~",
		"https://a.example/.htaccess":           "a.example~/htaccess~",
		"https://a.example/x.":                  "a.example~/x~",
		"https://a.example/%2e%2e/%2E%2E%2fetc": "a.example~/2e-2e~",
		"https://a.example/caf%C3%A9":           "a.example~/caf-c3-a9~",
		"https://[::1]:81/":                     "1~",
	} {
		u, err := url.Parse(page)
		if err != nil {
			t.Fatal(err)
		}
		got := crawl.FileName(u, "text/html")
		if got != want && !(strings.HasSuffix(want, "~") && strings.HasPrefix(got, want)) {
			t.Errorf("%s is %s, want %s", page, got, want)
		}
	}
}

// The names of two pages never meet, whatever the system does with them.
func FuzzFileNames(f *testing.F) {
	f.Add("/tea", "/tea/bread")
	f.Add("/Tea", "/tea")
	f.Add("/a.b", "/a.b/c?d=e")
	f.Add("/index", "/")
	f.Add("//", "/~/x")
	f.Add("/"+strings.Repeat("x/", 300), "/"+strings.Repeat("x/", 300)+"y")
	f.Fuzz(func(t *testing.T, a, b string) {
		s := new(crawl.Spelling)
		base, _ := url.Parse("https://a.example/")
		ua, err1 := s.Resolve(base, a)
		ub, err2 := s.Resolve(base, b)
		if err1 != nil || err2 != nil {
			return
		}
		for _, kind := range []string{"text/html", "", "image/png"} {
			one, two := strings.ToLower(crawl.FileName(ua, kind)), strings.ToLower(crawl.FileName(ub, "text/html"))
			if same := ua.String() == ub.String(); !same && one == two {
				t.Errorf("%s and %s are %s", ua, ub, one)
			}
			if strings.HasPrefix(one, two+"/") || strings.HasPrefix(two, one+"/") {
				t.Errorf("%s and %s are %s and %s", ua, ub, one, two)
			}
			if path.Clean(one) != one || !filepath.IsLocal(one) || len(one) > 260 || strings.ContainsFunc(one, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`\:*?"<>|%`, r) }) {
				t.Errorf("%s is %s", ua, one)
			}
			for part := range strings.SplitSeq(one, "/") {
				if len(part) > 100 || strings.HasSuffix(part, ".") {
					t.Errorf("%s has %q", one, part)
				}
			}
		}
	})
}

// files are those below a folder, and what is in them.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		found[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestSave(t *testing.T) {
	w := newWorld(t)
	w.page("a.test/", links("/x.bin", "/missing", "/moved", "/same", "/big.bin", "/cut.bin"))
	w.text("a.test/x.bin", "application/octet-stream", "binary")
	w.text("a.test/same", "application/octet-stream", "binary")
	w.pages["a.test/moved"] = http.RedirectHandler("/x.bin", http.StatusFound).ServeHTTP
	w.text("a.test/big.bin", "application/octet-stream", strings.Repeat("x", 2<<20))
	w.pages["a.test/cut.bin"] = func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/octet-stream")
		rw.Header().Set("Content-Length", "100")
		fmt.Fprint(rw, "x")
	}
	dir := t.TempDir()
	for _, handle := range []bool{false, true} {
		o := crawl.Options{Seeds: []string{"http://a.test/"}, Save: filepath.Join(dir, fmt.Sprint(handle)), Unique: true, Concurrency: 1}
		if handle {
			o.Handle = func(ctx context.Context, p *crawl.Page) (any, error) { return len(p.Response.Body), nil }
		}
		lines := w.crawl(t, o)
		saved := files(t, o.Save)
		if len(saved) != 3 {
			t.Error(len(saved), "files")
		}
		for url, want := range map[string]string{"/": links("/x.bin", "/missing", "/moved", "/same", "/big.bin", "/cut.bin"), "/x.bin": "binary", "/big.bin": strings.Repeat("x", 1<<20)} {
			l := lines["http://a.test"+url]
			if got := saved[l.File]; !strings.Contains(got, want) || l.File == "" || l.Hash == "" || l.Bytes != int64(len(got)) {
				t.Errorf("%s is in %s: %.100q, want %.100q", url, l.File, got, want)
			}
			if handle && l.Data != float64(l.Bytes) {
				t.Errorf("Handle had %v bytes of %d", l.Data, l.Bytes)
			}
		}
		if l := lines["http://a.test/same"]; l.Skipped != "duplicate" || l.File != "" {
			t.Errorf("%+v", l)
		}
		for _, url := range []string{"/missing", "/moved", "/cut.bin"} {
			if l := lines["http://a.test"+url]; l.File != "" {
				t.Errorf("%s is in %s", url, l.File)
			}
		}
	}
}

// Two crawls may save into one folder at the same time.
func TestSaveTogether(t *testing.T) {
	w := newWorld(t)
	half := make(chan struct{})
	w.pages["a.test/"] = func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/octet-stream")
		fmt.Fprint(rw, "first ")
		rw.(http.Flusher).Flush()
		<-half
		fmt.Fprint(rw, "second")
	}
	w.text("b.test/", "application/octet-stream", "other")
	dir := t.TempDir()
	o := crawl.Options{Save: filepath.Join(dir, "save"), Session: w.session}
	if err := os.Mkdir(o.Save, 0o777); err != nil {
		t.Fatal(err)
	}
	run := func(host string) error {
		o := o
		o.Seeds = []string{"http://" + host + "/"}
		_, err := crawl.Run(t.Context(), filepath.Join(dir, host), o)
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- run("a.test") }()
	for len(files(t, o.Save)) == 0 {
		time.Sleep(time.Millisecond) // until its part is there
	}
	if err := run("b.test"); err != nil {
		t.Error(err)
	}
	close(half)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	saved := files(t, o.Save)
	if a, b := saved[filepath.Join(o.Save, "a.test~http", "~index")], saved[filepath.Join(o.Save, "b.test~http", "~index")]; len(saved) != 2 || a != "first second" || b != "other" {
		t.Errorf("%q", saved)
	}
}

// Bodies, and their folders, may be taken away while the crawl goes on.
func TestSaveTakenAway(t *testing.T) {
	w := newWorld(t)
	o := crawl.Options{Seeds: []string{"http://a.test/"}, Save: filepath.Join(t.TempDir(), "save"), Session: w.session, IgnoreRobots: true, Concurrency: 1}
	w.page("a.test/", links("/b"))
	w.page("a.test/b", "x")
	o.Handle = func(context.Context, *crawl.Page) (any, error) { // the body has its name by now
		return nil, os.RemoveAll(filepath.Join(o.Save, "a.test~http"))
	}
	lines := w.crawl(t, o)
	if len(lines) != 2 || !lines["http://a.test/"].OK || !lines["http://a.test/b"].OK {
		t.Errorf("%+v", lines)
	}
}

// What is no page's fault ends the run, and the page has no line.
func TestSaveFails(t *testing.T) {
	for kind, body := range map[string]string{"text/html": "<p>x", "application/octet-stream": "x"} {
		w := newWorld(t)
		w.text("a.test/", kind, body)
		dir := t.TempDir()
		o := crawl.Options{Seeds: []string{"http://a.test/"}, Save: filepath.Join(dir, "save"), Session: w.session}
		if err := os.MkdirAll(filepath.Join(o.Save, "a.test~http", "~index"+map[bool]string{true: ".html"}[kind == "text/html"], "x"), 0o777); err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(dir, "out.jsonl")
		if _, err := crawl.Run(t.Context(), out, o); err == nil || !strings.Contains(err.Error(), "~index") {
			t.Error(err)
		}
		if lines := read(t, out); len(lines) != 0 {
			t.Errorf("%+v", lines)
		}
		if len(files(t, o.Save)) != 0 {
			t.Error("a part is left")
		}
		o.Save = filepath.Join(out, "below a file")
		if _, err := crawl.Run(t.Context(), out+"2", o); err == nil || !strings.Contains(err.Error(), "out.jsonl") {
			t.Errorf("%s, with no folder to save to: %v", kind, err)
		}
		if lines := read(t, out+"2"); len(lines) != 0 {
			t.Errorf("%s, with no folder to save to: %+v", kind, lines)
		}
	}
}

func TestArchive(t *testing.T) {
	w := newWorld(t)
	w.text("a.test/robots.txt", "text/plain", "User-agent: *\n")
	w.page("a.test/", links("/x.bin", "/missing", "/long"))
	w.text("a.test/x.bin", "application/octet-stream", "binary")
	w.text("a.test/long", "text/html", strings.Repeat("x", 2<<20))
	path := filepath.Join(t.TempDir(), "site.warc")
	archive, err := warc.Open(path, warc.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}, Archive: archive})
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for what, want := range map[string]int{
		"WARC-Type: request\r\n": 5, "WARC-Type: response\r\n": 5, "WARC-Type: metadata\r\n": 4, "GET /robots.txt HTTP/1.1\r\n": 1,
		"HTTP/1.1 404 Not Found": 1, "WARC-Truncated: length\r\n": 1, "depth: 1\r\n": 3, "\r\n\r\nbinary\r\n\r\n": 1, "User-Agent: inflight": 5,
	} {
		if got := strings.Count(text, what); got != want {
			t.Errorf("%d times %q, want %d", got, what, want)
		}
	}
	// An archive that can't be written any more ends the crawl.
	out := filepath.Join(t.TempDir(), "out.jsonl")
	_, err = crawl.Run(t.Context(), out, crawl.Options{Seeds: []string{"http://a.test/"}, Archive: archive, Session: w.session, IgnoreRobots: true})
	if err == nil || !strings.Contains(err.Error(), warc.ErrClosed.Error()) || len(read(t, out)) != 0 {
		t.Error(err)
	}
}
