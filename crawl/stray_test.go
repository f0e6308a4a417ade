package crawl_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/crawl"
)

// A crawl goes on only with the frontier that goes with its output: with another one
// pages would be missing, or have no line, without a word.
func TestStrayFrontiers(t *testing.T) {
	w := newWorld(t)
	w.page("a.test/", links("/1", "/2", "/3"))
	for _, page := range []string{"a.test/1", "a.test/2", "a.test/3", "b.test/", "b.test/1", "b.test/2", "b.test/3"} {
		w.page(page, "")
	}
	dir := t.TempDir()
	out, other := filepath.Join(dir, "out.jsonl"), filepath.Join(dir, "other.jsonl")
	o := crawl.Options{Seeds: []string{"http://a.test/"}, Session: w.session}
	if _, err := crawl.Run(t.Context(), out, o); err != nil {
		t.Fatal(err)
	}
	if _, err := crawl.Run(t.Context(), other, crawl.Options{Seeds: []string{"http://b.test/", "http://b.test/1", "http://b.test/2", "http://b.test/3"}, Session: w.session}); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(out + ".pages")
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := os.ReadFile(other + ".pages")
	if err != nil {
		t.Fatal(err)
	}
	o.Journal.Resume = true
	cut := strings.SplitAfter(string(good), "\n")
	for text, want := range map[string]string{
		"":                           "has not 4 of the pages",
		strings.Join(cut[:3], ""):    "has not 1 of the pages",
		string(foreign):              "began with http://b.test/",
		string(good):                 "",
		string(good) + "4\t1\t0\tht": "",
	} {
		if err := os.WriteFile(out+".pages", []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := crawl.Run(t.Context(), out, o)
		if want == "" && err != nil || want != "" && (!errors.Is(err, batch.ErrOtherJob) || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	o.Journal.Force, o.Seeds = true, []string{"http://a.test/4", "http://a.test/"}
	w.page("a.test/4", "")
	if err := os.WriteFile(out+".pages", good, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := crawl.Run(t.Context(), out, o); err != nil {
		t.Error(err)
	}
	found(t, read(t, out), "a.test/", "a.test/1", "a.test/2", "a.test/3", "a.test/4")
	if w.asked["a.test/1"] != 1 {
		t.Errorf("a page was fetched %d times", w.asked["a.test/1"])
	}
}
