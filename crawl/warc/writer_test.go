package warc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inflight-go/inflight/crawl/warc"
)

var names = []string{"site.warc.gz", "site.warc"}

func open(t *testing.T, path string, o warc.Options) *warc.Writer {
	t.Helper()
	w, err := warc.Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

func exchange(n int) *warc.Exchange {
	return &warc.Exchange{
		URL: fmt.Sprintf("http://a.example/%d", n), Began: time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC), Remote: "192.0.2.1:80",
		RequestHeader: http.Header{"User-Agent": {"test"}, "Authorization": {"secret"}, "Cookie": {"secret"}},
		Status:        200, Proto: "HTTP/2.0",
		Header:   http.Header{"Content-Type": {"text/html"}, "Content-Encoding": {"gzip"}, "Content-Length": {"7"}, "Set-Cookie": {"a=1", "b=2"}},
		Body:     []byte(strings.Repeat("body ", n)),
		Metadata: []warc.Field{{Name: "depth", Value: "1"}},
	}
}

func write(t *testing.T, w *warc.Writer, numbers ...int) {
	t.Helper()
	for _, n := range numbers {
		if err := w.WriteExchange(t.Context(), exchange(n)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestExchange(t *testing.T) {
	for _, name := range names {
		path := filepath.Join(t.TempDir(), name)
		w := open(t, path, warc.Options{Info: []warc.Field{{Name: "operator", Value: "me\r\nX: y"}}})
		write(t, w, 3)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		records := read(t, path)
		if kinds(records) != "warcinfo request response metadata" {
			t.Fatal(kinds(records))
		}
		if info := string(records[0].block); info != "operator: me  X: y\r\nsoftware: inflight\r\nformat: WARC File Format 1.1\r\n" || records[0].header.Get("WARC-Filename") != name {
			t.Errorf("%q", info)
		}
		request, response, metadata := records[1], records[2], records[3]
		if got, want := string(request.block), "GET /3 HTTP/1.1\r\nHost: a.example\r\nUser-Agent: test\r\n\r\n"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if got, want := string(response.block), "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 15\r\n\r\nbody body body "; got != want {
			t.Errorf("%q, want %q", got, want)
		}
		for field, want := range map[string]string{
			"WARC-Target-URI": "http://a.example/3", "WARC-IP-Address": "192.0.2.1", "WARC-Date": "2026-01-02T03:04:05.000006Z",
			"Content-Type": "application/http;msgtype=response", "WARC-Payload-Digest": "sha1:" + "5CC4DJFQIMYJWDGG7GZRDWJVNVZM6NOC",
		} {
			if got := response.header.Get(field); got != want && field != "WARC-Payload-Digest" || got == "" {
				t.Errorf("%s is %q, want %q", field, got, want)
			}
		}
		if id := response.header.Get("WARC-Record-ID"); request.header.Get("WARC-Concurrent-To") != id || metadata.header.Get("WARC-Concurrent-To") != id {
			t.Error("the records do not belong together")
		}
		if string(metadata.block) != "depth: 1\r\n" {
			t.Errorf("%q", metadata.block)
		}
	}
}

func TestRaw(t *testing.T) {
	path := filepath.Join(t.TempDir(), "site.warc")
	w := open(t, path, warc.Options{})
	e := exchange(1)
	e.URL, e.Raw, e.Truncated, e.Metadata, e.Proto = "http://user:secret@a.example/x?y#z", true, "length", nil, "HTTP/1.0"
	e.Method, e.RequestBody, e.Remote = "POST", []byte("x=1"), "2001:db8::1"
	if err := w.WriteExchange(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	records := read(t, path)
	if kinds(records) != "warcinfo request response" || strings.Contains(fmt.Sprint(records), "secret") {
		t.Fatal(records)
	}
	if got := string(records[1].block); !strings.HasPrefix(got, "POST /x?y HTTP/1.1\r\n") || !strings.HasSuffix(got, "Content-Length: 3\r\n\r\nx=1") {
		t.Errorf("%q", got)
	}
	if got := string(records[2].block); !strings.HasPrefix(got, "HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n") {
		t.Errorf("%q", got)
	}
	if h := records[2].header; h.Get("WARC-Truncated") != "length" || h.Get("WARC-IP-Address") != "2001:db8::1" || h.Get("WARC-Target-URI") != "http://a.example/x?y" {
		t.Error(h)
	}
}

// A header that was not made by its methods has names in any case: what authenticates is
// left out all the same, and no length stands there twice.
func TestHeadersInAnyCase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "site.warc")
	w, e := open(t, path, warc.Options{}), exchange(1)
	e.RequestHeader = http.Header{"authorization": {"secret"}, "cookie": {"secret"}, "host": {"b.example"}, "content-length": {"2"}, "x-a": {"1"}}
	e.RequestBody = []byte("hi")
	e.Header = http.Header{"content-length": {"99"}, "transfer-encoding": {"chunked"}, "content-encoding": {"gzip"}, "x-b": {"2"}}
	if err := w.WriteExchange(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	records := read(t, path)
	if got, want := string(records[1].block), "GET /1 HTTP/1.1\r\nContent-Length: 2\r\nHost: b.example\r\nX-A: 1\r\n\r\nhi"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := string(records[2].block), "HTTP/1.1 200 OK\r\nX-B: 2\r\nContent-Length: 5\r\n\r\nbody "; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestRefused(t *testing.T) {
	w := open(t, filepath.Join(t.TempDir(), "site.warc"), warc.Options{})
	for _, url := range []string{"", "/x", "mailto:a@b", "http://a\n.example/"} {
		e := exchange(1)
		if e.URL = url; w.WriteExchange(t.Context(), e) == nil {
			t.Errorf("%q is no URL, and was taken", url)
		}
	}
	e := exchange(1)
	if e.Status = 0; w.WriteExchange(t.Context(), e) == nil {
		t.Error("an exchange without a status was taken")
	}
	for _, r := range []warc.Record{
		{}, {Type: "Re source"}, {Type: "resource", URL: "http://a b/"}, {Type: "resource", URL: "http://a\r\nX: y"},
		{Type: "resource", Fields: []warc.Field{{Name: "content-length", Value: "3"}}},
		{Type: "resource", Fields: []warc.Field{{Value: "no name"}}},
		{Type: "resource", Fields: []warc.Field{{Name: "Content-Length: 3\r\nX", Value: "y"}}},
	} {
		if w.Write(t.Context(), r) == nil {
			t.Errorf("%+v was taken", r)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	errWhy := errors.New("why")
	cancel(errWhy)
	if err := w.WriteExchange(ctx, exchange(1)); err != errWhy {
		t.Error(err)
	}
	if paths := w.Paths(); len(paths) != 0 {
		t.Error("a file was begun for nothing:", paths)
	}
	for range 2 {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := w.WriteExchange(t.Context(), exchange(1)); err != warc.ErrClosed {
		t.Error(err)
	}
}

// What is written twice has two names, and what the caller has stays as it is.
func TestRecordsAreWrittenAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "site.warc")
	w := open(t, path, warc.Options{})
	records := []warc.Record{{Type: "resource", URL: "http://a.example/", Block: []byte("text")}}
	for range 2 {
		if err := w.Write(t.Context(), records...); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	ids := make(map[string]bool)
	for line := range strings.Lines(string(text)) {
		if id, ok := strings.CutPrefix(line, "WARC-Record-ID: "); ok {
			ids[id] = true
		}
	}
	if len(ids) != 3 { // with that of warcinfo
		t.Errorf("%d names", len(ids))
	}
}

// Whatever was taken can be read again: what came behind a line of any length is there when
// the archive is opened after a crash.
func TestLongFields(t *testing.T) {
	for _, name := range names {
		path := filepath.Join(t.TempDir(), name)
		w := open(t, path, warc.Options{})
		write(t, w, 1)
		if err := w.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{65_520, 65_526, 65_527, 65_528, 65_536, 100_000} {
			long := strings.Repeat("x", n)
			for _, r := range []warc.Record{
				{Type: "metadata", Fields: []warc.Field{{Name: "X-Long", Value: long}}},
				{Type: "metadata", ContentType: long},
				{Type: "metadata", URL: "http://a.example/" + long},
			} {
				if err := w.Write(t.Context(), r); err == nil && n > 65_536 {
					t.Errorf("a field of %d bytes was taken", n)
				}
			}
		}
		write(t, w, 2)
		crashed := filepath.Join(t.TempDir(), name)
		for _, suffix := range []string{"", ".good"} {
			data, err := os.ReadFile(path + suffix)
			if err != nil {
				t.Fatal(err)
			}
			os.WriteFile(crashed+suffix, data, 0o666)
		}
		open(t, crashed, warc.Options{})
		if before, after := size(t, path), size(t, crashed); after != before {
			t.Errorf("%s: %d of %d bytes are left", name, after, before)
		}
	}
}

// An archive has one writer at a time, whoever was first to open it.
func TestTwoWriters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "site.warc")
	w, late := open(t, path, warc.Options{}), open(t, path, warc.Options{}) // of what is not there yet
	write(t, w, 1)
	if err := late.WriteExchange(t.Context(), exchange(2)); err == nil {
		t.Error("two have begun it")
	}
	if _, err := warc.Open(path, warc.Options{}); !errors.Is(err, warc.ErrLocked) || !strings.Contains(err.Error(), path) {
		t.Errorf("%v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w = open(t, path, warc.Options{})
	write(t, w, 3)
	w.Close()
	if got := kinds(read(t, path)); got != "warcinfo request response metadata request response metadata" {
		t.Error(got)
	}
}

// Files are begun when they would become too large, and an exchange is in one of them.
func TestRotation(t *testing.T) {
	for _, name := range names {
		dir := t.TempDir()
		path := filepath.Join(dir, name)
		o := warc.Options{MaxSize: 4000}
		w := open(t, path, o)
		for n := range 20 {
			write(t, w, n)
			if n%7 == 6 {
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				w = open(t, path, o)
			}
		}
		paths := w.Paths()
		if len(paths) < 4 || paths[0] != path || filepath.Base(paths[3]) != "site-00003"+strings.TrimPrefix(name, "site") {
			t.Fatal(paths)
		}
		responses := 0
		for _, p := range paths {
			records := read(t, p)
			responses += strings.Count(kinds(records), "response")
			if info, err := os.Stat(p); err != nil || info.Size() > o.MaxSize || len(records)%3 != 1 || !strings.HasPrefix(kinds(records), "warcinfo request response metadata") {
				t.Errorf("%s: %v, %v", p, info.Size(), kinds(records))
			}
		}
		if responses != 20 {
			t.Errorf("%d responses, want 20", responses)
		}
		if err := w.Close(); err != nil || !slices.Equal(w.Paths(), paths) {
			t.Errorf("closed: %v, %v", w.Paths(), err)
		}
	}
}

func TestNextFileIsThere(t *testing.T) {
	dir := t.TempDir()
	theirs := filepath.Join(dir, "site-00001.warc")
	w := open(t, filepath.Join(dir, "site.warc"), warc.Options{MaxSize: 1})
	write(t, w, 1)
	if err := os.WriteFile(theirs, []byte("theirs"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := w.WriteExchange(t.Context(), exchange(2)); !errors.Is(err, warc.ErrForeign) {
		t.Error(err)
	}
	if text, _ := os.ReadFile(theirs); string(text) != "theirs" {
		t.Errorf("%q", text)
	}
}

// Whatever a process that died has written of a record, the next one goes on behind the
// last that is whole.
func TestTorn(t *testing.T) {
	for _, name := range names {
		for _, synced := range []bool{true, false} {
			path := filepath.Join(t.TempDir(), name)
			w := open(t, path, warc.Options{})
			write(t, w, 1)
			good := size(t, path)
			mark := path + ".good"
			if synced {
				if err := w.Sync(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			write(t, w, 2)
			whole, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			said, _ := os.ReadFile(mark)
			if !synced {
				said = nil // lost
			}
			w.Close()
			for end := good; end < int64(len(whole)); end += 37 {
				os.WriteFile(path, whole[:end], 0o666)
				os.WriteFile(mark, said, 0o666)
				w := open(t, path, warc.Options{})
				write(t, w, 3)
				w.Close()
				got := strings.Split(kinds(read(t, path)), " ")
				// Of the second exchange there may be a part: the page comes again.
				if len(got) < 7 || len(got) > 9 || got[len(got)-2] != "response" {
					t.Fatalf("%s cut at %d, synced %v: %v", name, end, synced, got)
				}
			}
		}
	}
}

// Behind what is synced there may be anything after a power cut.
func TestGarbageBehindTheMark(t *testing.T) {
	for _, name := range names {
		path := filepath.Join(t.TempDir(), name)
		w := open(t, path, warc.Options{})
		write(t, w, 1)
		w.Close()
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		f.Write(bytes.Repeat([]byte{0}, 5000))
		f.Close()
		w = open(t, path, warc.Options{})
		write(t, w, 2)
		w.Close()
		if got := kinds(read(t, path)); got != "warcinfo request response metadata request response metadata" {
			t.Errorf("%s: %s", name, got)
		}
		// Without the mark it is not known to be garbage, and nothing is cut.
		os.Remove(path + ".good")
		whole, _ := os.ReadFile(path)
		os.WriteFile(path, append(whole, bytes.Repeat([]byte{'x'}, 5000)...), 0o666)
		_, err = warc.Open(path, warc.Options{})
		if e, ok := errors.AsType[*warc.CorruptError](err); !ok || e.Offset != int64(len(whole)) || e.Path != path {
			t.Errorf("%s: %v", name, err)
		}
		if size(t, path) != int64(len(whole))+5000 {
			t.Error("it was cut")
		}
	}
}

// The file that goes with an archive is there when the archive is, and not before; one
// that is something else is left alone.
func TestForeignMarks(t *testing.T) {
	for text, ours := range map[string]bool{"": true, "fi": true, "file 00000 good": true, "\x00\x00": true, "my notes": false, "files": false} {
		path := filepath.Join(t.TempDir(), "a.warc")
		w := open(t, path, warc.Options{})
		w.Close()
		if _, err := os.Stat(path + ".good"); err == nil {
			t.Error("there is a mark, and no archive")
		}
		os.WriteFile(path+".good", []byte(text), 0o666)
		w, err := warc.Open(path, warc.Options{})
		if errors.Is(err, warc.ErrForeign) == ours {
			t.Errorf("%q: %v", text, err)
		}
		if err == nil {
			write(t, w, 1)
			w.Close()
		}
		if got, _ := os.ReadFile(path + ".good"); !ours && string(got) != text {
			t.Errorf("%q has become %q", text, got)
		}
	}
}

func TestForeign(t *testing.T) {
	for _, name := range names {
		for _, text := range []string{"a list of things\n", "\x1f\x8b not really", "WARC/0.9"} {
			path := filepath.Join(t.TempDir(), name)
			os.WriteFile(path, []byte(text), 0o666)
			if _, err := warc.Open(path, warc.Options{}); !errors.Is(err, warc.ErrForeign) {
				t.Errorf("%s with %q: %v", name, text, err)
			}
			if size(t, path) != int64(len(text)) {
				t.Error("it was changed")
			}
		}
	}
}

func TestMany(t *testing.T) {
	path := filepath.Join(t.TempDir(), "site.warc.gz")
	w := open(t, path, warc.Options{MaxSize: -1})
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for n := range 20 {
				if err := w.WriteExchange(t.Context(), exchange(worker*20+n)); err != nil {
					t.Error(err)
				}
				if n%9 == 0 {
					if err := w.Sync(t.Context()); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	seen := make(map[string]bool)
	records := read(t, path)
	for i, r := range records {
		if r.header.Get("WARC-Type") == "response" {
			seen[r.header.Get("WARC-Target-URI")] = true
			if records[i-1].header.Get("WARC-Target-URI") != r.header.Get("WARC-Target-URI") {
				t.Error("an exchange is torn apart")
			}
		}
	}
	if len(seen) != 160 || len(records) != 481 {
		t.Error(len(seen), len(records))
	}
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// Whatever is in a file, opening it does not fail in a bad way, and what is no archive
// stays as it is.
func FuzzOpen(f *testing.F) {
	for _, name := range names {
		path := filepath.Join(f.TempDir(), name)
		w, err := warc.Open(path, warc.Options{})
		if err != nil {
			f.Fatal(err)
		}
		if err := w.WriteExchange(context.Background(), exchange(2)); err != nil {
			f.Fatal(err)
		}
		w.Close()
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, name == names[0])
		f.Add(data[:len(data)-20], name == names[0])
	}
	f.Add([]byte("WARC/1.1\r\nContent-Length: 99999999999999\r\n\r\n"), false)
	f.Fuzz(func(t *testing.T, data []byte, zip bool) {
		path := filepath.Join(t.TempDir(), names[1])
		if zip {
			path += ".gz"
		}
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		w, err := warc.Open(path, warc.Options{})
		after, _ := os.ReadFile(path)
		if !bytes.HasPrefix(data, after) || err != nil && len(after) != len(data) {
			t.Fatalf("%v: %q became %q", err, data, after)
		}
		if err == nil {
			w.Close()
		}
	})
}
