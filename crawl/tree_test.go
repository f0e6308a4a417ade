package crawl_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/crawl"
	"golang.org/x/net/html"
)

// forest is a host whose pages have trees of different sizes, of which some are not
// written plainly. Each names itself in each of its items, and links to the next ones.
func forest(t *testing.T, pages int) *world {
	t.Helper()
	w := newWorld(t)
	for i := range pages {
		var b strings.Builder
		fmt.Fprintf(&b, "<title>Page %d</title><h1 class=p%d>Page %d</h1>", i, i, i)
		if i%5 == 0 {
			b.WriteString("<p></b>") // the end of what did not begin
		}
		for k := range i * i % 97 {
			fmt.Fprintf(&b, `<div class="card p%d"><a id=%d title=t href="/%d">%d/%d</a></div>`, i, k, (i+k+1)%pages, i, k)
		}
		b.WriteString(links(fmt.Sprint("/", (2*i+1)%pages), fmt.Sprint("/", (2*i+2)%pages)))
		if i%7 == 0 {
			b.WriteString("<svg></svg>")
		}
		w.page(fmt.Sprint("a.test/", i), b.String())
	}
	return w
}

// Trees are used again for other pages, and nothing of one is seen in another.
func TestTreesAreUsedAgain(t *testing.T) {
	const pages = 150
	w := forest(t, pages)
	o := crawl.Options{Seeds: []string{"http://a.test/0"}, PerHost: 16}
	for _, text := range []string{"h=h1", "class=h1@class", "cards[]=div.card > a", "titles[]=a[title]@id"} {
		f, err := crawl.ParseField(text)
		if err != nil {
			t.Fatal(err)
		}
		o.Fields = append(o.Fields, f)
	}
	lines := w.crawl(t, o)
	for i := range pages {
		l := lines[fmt.Sprint("http://a.test/", i)]
		cards, ids := []any{}, []any{}
		for k := range i * i % 97 {
			cards, ids = append(cards, fmt.Sprint(i, "/", k)), append(ids, fmt.Sprint(k))
		}
		want := map[string]any{"h": fmt.Sprint("Page ", i), "class": fmt.Sprint("p", i), "cards": cards, "titles": ids}
		if fmt.Sprint(l.Extract) != fmt.Sprint(want) {
			t.Errorf("page %d: %v\nwant %v", i, l.Extract, want)
		}
		if title := fmt.Sprint("Page ", i); l.Title != title || l.Links != len(cards)+2 {
			t.Errorf("page %d: title %q, %d links; want %q, %d", i, l.Title, l.Links, title, len(cards)+2)
		}
	}
}

// Of long pages there are few trees at once, of short ones as many as are wanted.
func TestFewTreesOfLongPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		room := crawl.Room()
		var at, most atomic.Int64
		for range 10 {
			go func() {
				leave, err := room(t.Context(), 4<<20)
				if err != nil {
					t.Error(err)
					return
				}
				defer leave()
				most.Store(max(most.Load(), at.Add(1)))
				time.Sleep(time.Second)
				at.Add(-1)
			}()
		}
		time.Sleep(time.Millisecond)
		for range 100 {
			if _, err := room(t.Context(), 64<<10); err != nil {
				t.Error(err)
			}
		}
		time.Sleep(time.Minute)
		if most.Load() != 2 {
			t.Errorf("%d trees of 4 MiB at once, want 2", most.Load())
		}
		leave, err := room(t.Context(), 1<<30) // alone, but not never
		if err != nil {
			t.Fatal(err)
		}
		leave()
	})
}

// A tree that Handle was given stays as it is.
func TestHandleKeepsTrees(t *testing.T) {
	const pages = 60
	w := forest(t, pages)
	h1, err := crawl.ParseField("h=h1")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	kept := make(map[string]*html.Node)
	w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/0"}, Fields: []crawl.Field{h1}, Handle: func(_ context.Context, p *crawl.Page) (any, error) {
		mu.Lock()
		defer mu.Unlock()
		kept[p.URL.Path] = p.Document()
		return nil, nil
	}})
	if len(kept) != pages {
		t.Errorf("%d pages, want %d", len(kept), pages)
	}
	for path, doc := range kept {
		if got, want := h1.Find(doc, nil), "Page "+path[1:]; got != want {
			t.Errorf("%s: %v, want %s", path, got, want)
		}
	}
}
