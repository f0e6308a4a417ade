package crawl

import (
	"hash/maphash"
	"net/url"
	"regexp"
	"strings"
	"sync"
)

// The bounds of what a site may lead a crawl into: beyond them it is a trap, made so
// or come about. They are far from what sites for people have.
const (
	trapDepth    = 200    // links from a seed, such as "next month"
	trapSegments = 40     // of a path
	trapRepeats  = 3      // of the same part of a path, one behind the other: /a/b/a/b/a/b
	trapQueries  = 2000   // different queries of one path: every order of every filter
	trapNumbers  = 50_000 // and of those that are a number or two: ?id=7, ?f=2&t=19
	trapURL      = 2048   // bytes of a URL
)

// trap tells URLs that lead nowhere. It remembers how many queries a path has had in a
// count-min sketch (Cormode and Muthukrishnan, 2005), whose size does not depend on
// how many there are, and which never counts too few.
type trap struct {
	seed maphash.Seed

	mu     sync.Mutex
	counts [4][1 << 16]uint16
}

func newTrap() *trap { return &trap{seed: maphash.MakeSeed()} }

// caught says why a page is not to be followed; "" if it may be. It has to be asked
// once for each page.
func (t *trap) caught(u *url.URL, spelled string, depth int) string {
	switch {
	case depth > trapDepth:
		return "depth"
	case len(spelled) > trapURL:
		return "length"
	case strings.Count(u.Path, "/") > trapSegments, repeats(u.Path):
		return "path"
	case strings.IndexByte(u.Path, ';') >= 0: // a query, too, such as /page;jsessionid=7
		if t.count(u.Host+params.ReplaceAllString(u.Path, "")) > trapQueries {
			return "queries"
		}
	case isNumbers(u.RawQuery):
		if t.count(u.Host+u.Path+"?") > trapNumbers {
			return "queries"
		}
	case u.RawQuery != "" && t.count(u.Host+u.Path) > trapQueries:
		return "queries"
	}
	return ""
}

// params are the parameters of the segments of a path.
var params = regexp.MustCompile(`;[^/]*`)

// isNumbers reports whether a query is what lists and databases are asked for: one or two
// parameters that are numbers.
func isNumbers(query string) bool {
	const digits = "0123456789"
	first, second, two := strings.Cut(query, "&")
	isNumber := func(param string) bool {
		_, value, _ := strings.Cut(param, "=")
		return value != "" && len(value) <= 12 && strings.Trim(value, digits) == ""
	}
	return isNumber(first) && (!two || isNumber(second))
}

// count counts one more query of a path.
func (t *trap) count(path string) uint16 {
	t.mu.Lock()
	defer t.mu.Unlock()
	sum := maphash.String(t.seed, path)
	least := uint16(1<<16 - 1)
	for row := range t.counts {
		at := &t.counts[row][sum>>(16*row)&0xFFFF]
		if *at < 1<<16-1 {
			*at++
		}
		least = min(least, *at)
	}
	return least
}

// repeats reports whether a part of a path, of one to four segments, comes more than
// trapRepeats times in a row.
func repeats(path string) bool {
	segments := strings.Split(strings.Trim(path, "/"), "/")
	for size := 1; size <= 4; size++ {
		run := 0 // segments in a row that are those that came size before
		for i := size; i < len(segments); i++ {
			if segments[i] != segments[i-size] {
				run = 0
				continue
			}
			if run++; run >= size*trapRepeats {
				return true
			}
		}
	}
	return false
}
