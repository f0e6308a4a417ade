package crawl_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/crawl"
	"github.com/inflight-go/inflight/crawl/warc"
	"github.com/inflight-go/inflight/internal/killtest"
	"github.com/inflight-go/inflight/session"
)

// The test binary is also the process that is killed.
func TestMain(m *testing.M) {
	if address := os.Getenv("CRAWL_ORIGIN"); address != "" {
		fmt.Println("ready")
		if err := crawlInChild(address, os.Getenv("CRAWL_OUT")); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// toOrigin is a session for which every host is at one address.
func toOrigin(address string) (*session.Session, error) {
	return session.New(session.Options{MaxRedirects: -1, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}})
}

// crawlInChild is what the process does that is killed: it goes on with the crawl, or
// begins it.
func crawlInChild(address, out string) error {
	s, err := toOrigin(address)
	if err != nil {
		return err
	}
	defer s.Close()
	dir := filepath.Dir(out)
	archive, err := warc.Open(filepath.Join(dir, "site.warc.gz"), warc.Options{MaxSize: 30_000})
	if err != nil {
		return err
	}
	title, err := crawl.ParseField("title=h1")
	if err != nil {
		return err
	}
	_, err = crawl.Run(context.Background(), out, crawl.Options{
		Seeds: []string{"http://a.test/"}, Scope: crawl.ScopeDomain, Session: s, PerHost: 8,
		Fields: []crawl.Field{title}, Save: filepath.Join(dir, "pages"), Archive: archive,
		Journal: batch.JournalOptions{Resume: true, SyncDelay: 5 * time.Millisecond, SyncLines: 20, CheckpointMin: 1},
	})
	return errors.Join(err, archive.Close())
}

// bigSite is one of many pages, on two hosts, each with its number as its title.
func bigSite(t *testing.T, n int) *world {
	w := newWorld(t)
	w.text("a.test/robots.txt", "text/plain", "User-agent: *\nDisallow: /p/13\nSitemap: http://a.test/map.xml\n")
	w.text("a.test/map.xml", "text/xml", fmt.Sprintf("<urlset><url><loc>http://b.a.test/p/%d</loc></url></urlset>", n-1))
	w.page("a.test/", links("/p/0"))
	page := func(rw http.ResponseWriter, r *http.Request) {
		var i int
		fmt.Sscanf(r.URL.Path, "/p/%d", &i)
		switch {
		case i >= n:
			http.NotFound(rw, r)
		case i%10 == 7:
			http.Redirect(rw, r, fmt.Sprint("/p/", i/2), http.StatusFound)
		case i%10 == 8:
			rw.Header().Set("Content-Type", "application/octet-stream")
			fmt.Fprint(rw, r.Host, i)
		default:
			rw.Header().Set("Content-Type", "text/html")
			host := map[bool]string{true: "a.test", false: "b.a.test"}[i%3 == 0]
			fmt.Fprintf(rw, "<h1>%s %d</h1>%s", r.Host, i, links(fmt.Sprint("/p/", 2*i+1), fmt.Sprint("/p/", 2*i+2), fmt.Sprintf("//%s/p/%d", host, i*7%n)))
		}
	}
	w.pages["a.test/p/*"], w.pages["b.a.test/p/*"] = page, page
	return w
}

// facts are what of a line does not depend on who came first.
func facts(l result) string {
	return fmt.Sprint(l.OK, l.Status, l.Skipped, l.Redirect, l.Extract, l.Hash, l.Bytes, l.File != "")
}

// A crawl that is killed again and again has the lines of one that was not: each page
// once, with what was on it, and what it says is in files and archive is there.
func TestKilled(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	w := bigSite(t, 120)
	whole := filepath.Join(t.TempDir(), "out.jsonl")
	if err := crawlInChild(w.address, whole); err != nil {
		t.Fatal(err)
	}
	want := read(t, whole)
	if len(want) < 150 {
		t.Fatalf("the site has only %d pages", len(want))
	}
	for left := killtest.Kills("CRAWL_KILLS", 8); left > 0; {
		out := filepath.Join(t.TempDir(), []string{"out.jsonl", "out.jsonl.zst"}[left%2])
		killed := killtest.UntilDone(t, random, min(left, 5), 40*time.Millisecond, "CRAWL_ORIGIN="+w.address, "CRAWL_OUT="+out)
		t.Log("killed", killed)
		left -= max(killed, 1) // one that was too quick counts, so that this comes to an end
		got := read(t, out)
		found(t, got, urls(want)...)
		kept := archived(t, filepath.Dir(out))
		for url, l := range got {
			if facts(l) != facts(want[url]) {
				t.Errorf("%s is %s, want %s", url, facts(l), facts(want[url]))
			}
			if text, err := os.ReadFile(l.File); l.File != "" && (err != nil || int64(len(text)) != l.Bytes) {
				t.Errorf("%s: %d bytes of %d in %s, %v", url, len(text), l.Bytes, l.File, err)
			}
			if l.Status > 0 && kept[url] == 0 {
				t.Errorf("%s is not in the archive", url)
			}
		}
		if t.Failed() {
			t.Fatal("after", left, "kills that were to come")
		}
	}
}

// archived is how often each URL was answered for in the archives of a folder, all of
// which have to be whole.
func archived(t *testing.T, dir string) map[string]int {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "site*.warc.gz"))
	if err != nil || len(paths) < 2 {
		t.Fatalf("archives: %v, %v", paths, err)
	}
	count := make(map[string]int)
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(z)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for record := range strings.SplitSeq(string(text), "WARC/1.1\r\n") {
			if header, _, _ := strings.Cut(record, "\r\n\r\n"); strings.Contains(header, "WARC-Type: response\r\n") {
				_, url, _ := strings.Cut(header, "WARC-Target-URI: ")
				url, _, _ = strings.Cut(url, "\r\n")
				count[url]++
			}
		}
	}
	return count
}
