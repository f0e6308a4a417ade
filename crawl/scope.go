package crawl

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"
)

// A Scope says how far from the seeds a crawl goes.
type Scope int

const (
	// ScopeHost: the hosts of the seeds, with and without www.
	ScopeHost Scope = iota
	// ScopeDomain: their domains, one label below the public suffix, and what is
	// below those.
	ScopeDomain
	// ScopePrefix: what begins like a seed, up to its last slash. Its scheme does not
	// matter.
	ScopePrefix
	// ScopeAny: everything.
	ScopeAny
)

// fence decides which pages belong to a crawl.
type fence struct {
	scope    Scope
	hosts    []string // or domains
	prefixes []string // without the scheme
	include  []*regexp.Regexp
	exclude  []*regexp.Regexp
}

// seed takes a seed into the fence.
func (f *fence) seed(u *url.URL) {
	switch f.scope {
	case ScopeHost:
		f.hosts = append(f.hosts, withoutWWW(u.Host))
	case ScopeDomain:
		f.hosts = append(f.hosts, domain(u.Hostname()))
	case ScopePrefix:
		s := u.Host + u.EscapedPath()
		f.prefixes = append(f.prefixes, s[:strings.LastIndexByte(s, '/')+1])
	}
}

// admits reports whether a page of a host that the scope reaches belongs to the crawl.
// An entry is one that others are found by: only what is excluded is none.
func (f *fence) admits(spelled string, entry bool) bool {
	found := func(re *regexp.Regexp) bool { return matches(re, spelled) }
	switch {
	case slices.ContainsFunc(f.exclude, found):
		return false
	case entry:
		return true
	}
	if _, rest, _ := strings.Cut(spelled, "://"); f.scope == ScopePrefix &&
		!slices.ContainsFunc(f.prefixes, func(p string) bool { return strings.HasPrefix(rest, p) }) {
		return false
	}
	return len(f.include) == 0 || slices.ContainsFunc(f.include, found)
}

// matches reports whether an expression is found in a URL, as it is spelled, or as people
// write it: /%C3%BC is /ü to them.
func matches(re *regexp.Regexp, spelled string) bool {
	return re.MatchString(spelled) || strings.Contains(spelled, "%") && re.MatchString(foreign.ReplaceAllStringFunc(spelled, readable))
}

// foreign are characters that are none of ASCII, encoded.
var foreign = regexp.MustCompile("(?:%[89A-F][0-9A-F])+")

// readable decodes what is encoded, unless that is in no letters.
func readable(encoded string) string {
	if text, err := url.PathUnescape(encoded); err == nil && utf8.ValidString(text) {
		return text
	}
	return encoded
}

// reachesHost reports whether the scope reaches the host of a page.
func (f *fence) reachesHost(u *url.URL) bool {
	switch f.scope {
	case ScopeHost:
		return slices.Contains(f.hosts, withoutWWW(u.Host))
	case ScopeDomain:
		return slices.Contains(f.hosts, domain(u.Hostname()))
	}
	return true
}

// holds reports whether the host of a page is one of the crawl's, not only of a sitemap.
func (f *fence) holds(u *url.URL) bool {
	root := u.Host + "/"
	return f.reachesHost(u) && (f.scope != ScopePrefix ||
		slices.ContainsFunc(f.prefixes, func(p string) bool { return strings.HasPrefix(p, root) }))
}

func withoutWWW(host string) string { return strings.TrimPrefix(host, "www.") }

// domain is what of a name can be registered; of what can't be, such as an address, it
// is all.
func domain(host string) string {
	if _, err := netip.ParseAddr(host); err == nil {
		return host
	}
	if d, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return d
	}
	return host
}
