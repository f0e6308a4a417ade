package session

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/publicsuffix"
)

// A jar keeps cookies within bounds: a server may set as many as it likes, and each
// would be kept and sent back.
type jar struct {
	http.CookieJar
	mu    sync.Mutex
	sites map[string]site
	bytes int // of all
}

// A site is what is kept for a domain that somebody has registered: the lengths of its
// cookies.
type site struct {
	cookies map[string]int
	bytes   int
}

const (
	siteCookies = 180 // as browsers have it
	siteBytes   = 32 << 10
	jarBytes    = 16 << 20
	cookieCost  = 100 // bytes for a cookie, beside its text
)

func newJar() (*jar, error) {
	kept, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
	return &jar{CookieJar: kept, sites: make(map[string]site)}, err
}

// SetCookies keeps those for which there is room, and changes those that are there.
func (j *jar) SetCookies(u *url.URL, cookies []*http.Cookie) {
	name := strings.ToLower(u.Hostname())
	if domain, err := publicsuffix.EffectiveTLDPlusOne(name); err == nil {
		name = domain
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	s, ok := j.sites[name]
	if !ok {
		s.cookies = make(map[string]int)
	}
	before := s.bytes
	kept := make([]*http.Cookie, 0, min(len(cookies), siteCookies))
	for _, c := range cookies {
		if s.take(u, c, j.bytes-before) {
			kept = append(kept, c)
		}
	}
	j.bytes += s.bytes - before
	if len(s.cookies) == 0 {
		delete(j.sites, name)
	} else {
		j.sites[name] = s
	}
	j.CookieJar.SetCookies(u, kept)
}

// take reports whether there is room for the cookie, or it takes one away; others are
// the bytes of other sites.
func (s *site) take(u *url.URL, c *http.Cookie, others int) bool {
	key := strings.Join([]string{c.Name, strings.ToLower(c.Domain), c.Path, u.Hostname()}, "\x00")
	size, known := len(key)+len(c.Value)+cookieCost, s.cookies[key]
	left := s.bytes - known
	switch {
	case c.MaxAge < 0 || !c.Expires.IsZero() && c.Expires.Before(time.Now()):
		delete(s.cookies, key)
		s.bytes = left
		return true
	case left+size > siteBytes || others+left+size > jarBytes || known == 0 && len(s.cookies) == siteCookies:
		return false
	}
	s.cookies[key] = size
	s.bytes = left + size
	return true
}
