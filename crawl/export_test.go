package crawl

import "net/url"

// FileName is what Options.Save calls the file of a page.
var FileName = fileName

// Resolve is what a crawl makes of a link on a page, and what Spelling makes of it.
func Resolve(page *url.URL, s Spelling, link string) (got, want string) {
	c := &crawl{o: Options{Spelling: s}, schemes: map[string]bool{"http": true, "https": true}, fence: fence{scope: ScopeAny}}
	got = c.resolver(page, page, false).resolve(link)
	other := *page
	return got, c.resolver(page, &other, false).resolve(link)
}
