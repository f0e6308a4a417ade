package robots

import (
	"io"
	"strings"
	"time"
)

// MaxSize is how much of a file is read, in bytes: what RFC 9309 asks for at
// least. What comes after is not there, and of a line that is cut nothing counts.
const MaxSize = 500 << 10

// maxLine is how much of a line is read: what others read, eight times the longest
// URL that browsers used to take, less its end.
const maxLine = 8*2083 - 1

// A File is what a robots.txt says. It does not change, and any number of
// goroutines may read it. The zero File allows everything.
type File struct {
	groups   map[string][]*group // by product token
	sitemaps []string
}

// group is what is said to one or several product tokens.
type group struct {
	rules []rule // the one that decides first
	delay time.Duration
}

// Read reads a file to its end or to MaxSize. Nothing in it is an error: lines that
// say nothing are skipped. The error is that of r.
func Read(r io.Reader) (*File, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return nil, err
	}
	return Parse(string(data)), nil
}

// Parse reads a file of which the text is there. Beyond MaxSize nothing is read.
func Parse(text string) *File {
	if len(text) > MaxSize {
		text = text[:max(strings.LastIndexAny(text[:MaxSize+1], "\r\n"), 0)]
	}
	p := parser{file: &File{groups: make(map[string][]*group)}}
	for line := range lines(trimMark(text)) {
		p.line(line)
	}
	for _, g := range p.all {
		g.sort()
	}
	return p.file
}

// Sitemaps are the addresses of the sitemaps that the file names, as they are
// written, in their order. Usually they are absolute.
func (f *File) Sitemaps() []string {
	return append([]string(nil), f.sitemaps...)
}

// For returns what the file says to the crawler with a product token: its own
// groups if there are any, else those for everybody. A token that is not one (see
// [ValidToken]) has none of its own.
func (f *File) For(token string) Rules {
	own := f.groups[strings.ToLower(token)]
	if own == nil || !ValidToken(token) {
		own = f.groups["*"]
	}
	switch len(own) {
	case 0:
		return Rules{}
	case 1:
		return Rules{group: own[0]}
	}
	one := &group{}
	for _, g := range own {
		one.rules, one.delay = append(one.rules, g.rules...), max(one.delay, g.delay)
	}
	one.sort()
	return Rules{group: one}
}

// ValidToken reports whether s can be a product token: letters, underscores and
// hyphens, at least one.
func ValidToken(s string) bool {
	return s != "" && tokenOf(s) == s
}

// tokenOf is the product token that s begins with: that of "Bot/2.1" is Bot.
func tokenOf(s string) string {
	end := strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '_' && r != '-'
	})
	if end < 0 {
		return s
	}
	return s[:end]
}
