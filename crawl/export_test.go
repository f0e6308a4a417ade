package crawl

import (
	"context"
	"net/url"

	"github.com/inflight-go/inflight/locks"
)

// FileName is what Options.Save calls the file of a page.
var FileName = fileName

// Resolve is what a crawl makes of a link on a page, and what Spelling makes of it.
func Resolve(page *url.URL, s Spelling, link string) (got, want string) {
	c := &crawl{o: Options{Spelling: s}, schemes: map[string]bool{"http": true, "https": true}, fence: fence{scope: ScopeAny}}
	got = c.resolver(page, page, false).resolve(link)
	other := *page
	return got, c.resolver(page, &other, false).resolve(link)
}

// Traps is a guard, which says why a URL is left alone.
func Traps() (caught func(raw string) string) {
	t := newTrap()
	return func(raw string) string {
		u, err := url.Parse(raw)
		if err != nil {
			return err.Error()
		}
		return t.caught(u, raw, 0)
	}
}

// Room is where crawls wait before they make the tree of a page.
func Room() (room func(ctx context.Context, size int) (leave func(), err error)) {
	return (&crawl{forest: locks.NewSemaphore(maxForest)}).room
}
