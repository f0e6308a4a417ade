package robots

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// maxDelay is the longest pause between two requests that anybody can ask for.
const maxDelay = 24 * time.Hour

// Rules are what is said to one crawler. The zero Rules allow everything.
type Rules struct {
	group       *group
	unreachable error
}

// Allowed reports whether the crawler may fetch a URL. Of the URL only path and
// query count. The file itself, /robots.txt, is always allowed.
func (r Rules) Allowed(u *url.URL) bool {
	path := target(u)
	switch {
	case path == "/robots.txt":
		return true
	case r.unreachable != nil:
		return false
	case r.group == nil:
		return true
	}
	for _, rule := range r.group.rules {
		if rule.match(path) {
			return rule.allow
		}
	}
	return true
}

// Delay is the pause between two requests that the file asks for, an extension of
// the standard. Zero means that it asks for none; a day is the longest.
func (r Rules) Delay() time.Duration {
	if r.group == nil {
		return 0
	}
	return r.group.delay
}

// Err is nil, unless the file could not be had and everything is forbidden for
// that: then it says what was wrong.
func (r Rules) Err() error { return r.unreachable }

// rule is one line.
type rule struct {
	parts  []string // of the pattern, between the stars
	end    bool     // whether it ended with $
	allow  bool
	length int // of the pattern, by which rules are weighed
}

// rules are those of one line: a directory's index page stands for the directory
// too where it is allowed.
func rules(pattern string, allow bool) []rule {
	out := []rule{newRule(pattern, allow)}
	if dir, ok := strings.CutSuffix(pattern, "/index.html"); ok && allow {
		out = append(out, newRule(dir+"/$", allow))
	}
	return out
}

func newRule(pattern string, allow bool) rule {
	pattern = spell(pattern)
	r := rule{allow: allow, length: len(pattern)}
	pattern, r.end = strings.CutSuffix(pattern, "$")
	r.parts = strings.Split(strings.ReplaceAll(pattern, "$", "%24"), "*")
	return r
}

// match reports whether the pattern matches the beginning of a path, or all of it
// where it ends with $. Each part is looked for where the one before it ended: to
// take the first place leaves most for those that follow, so nothing is tried twice.
func (r rule) match(path string) bool {
	first, last := r.parts[0], len(r.parts)-1
	if !strings.HasPrefix(path, first) {
		return false
	}
	path = path[len(first):]
	if last == 0 {
		return !r.end || path == ""
	}
	for _, part := range r.parts[1:last] {
		at := strings.Index(path, part)
		if at < 0 {
			return false
		}
		path = path[at+len(part):]
	}
	if r.end {
		return strings.HasSuffix(path, r.parts[last])
	}
	return strings.Contains(path, r.parts[last])
}

// sort puts the rules into the order in which they decide.
func (g *group) sort() {
	slices.SortStableFunc(g.rules, func(a, b rule) int {
		switch {
		case a.length != b.length:
			return b.length - a.length
		case a.allow == b.allow:
			return 0
		case a.allow:
			return -1
		}
		return 1
	})
}
