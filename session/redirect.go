package session

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/inflight-go/inflight/retry"
)

// redirect returns where the answer leads, nil if it is none that is followed: 301,
// 302, 303, 307 and 308 are, if they name a place. A POST becomes a GET by 301 and
// 302, and any method but HEAD by 303. It fails for a status that is no answer.
func (c *call) redirect(h *hop, r *http.Response) (*hop, error) {
	switch r.StatusCode {
	case 301, 302, 303, 307, 308:
	case 101:
		return nil, &classError{retry.ClassProtocol, errors.New("status 101, another protocol that was not asked for")}
	default:
		if r.StatusCode < 100 { // net/http takes any three digits
			return nil, &classError{retry.ClassProtocol, fmt.Errorf("status %03d, which there is not", r.StatusCode)}
		}
		return nil, nil
	}
	location := r.Header.Get("Location")
	if location == "" || c.s.opts.MaxRedirects == 0 || c.r.NoRedirects || c.r.token {
		return nil, nil
	}
	to, err := h.url.Parse(location)
	if err != nil {
		return nil, &classError{retry.ClassRedirect, fmt.Errorf("redirect by %d: the Location can't be read", r.StatusCode)}
	}
	if err := c.s.checkURL(to); err != nil || to.Scheme != h.url.Scheme && !(web(to) && web(h.url)) {
		return nil, &classError{retry.ClassRedirect, fmt.Errorf("redirect by %d: %s is not a URL to follow", r.StatusCode, brief(to))}
	}
	if to.Fragment == "" {
		to.Fragment, to.RawFragment = h.url.Fragment, h.url.RawFragment
	}
	next := &hop{method: h.method, url: to, header: h.header, body: h.body, foreign: h.foreign}
	if r.StatusCode == 303 && h.method != http.MethodHead || r.StatusCode < 303 && h.method == http.MethodPost {
		next.method = http.MethodGet
		next.body = nil
		next.header = without(next.header, func(name string) bool { return strings.HasPrefix(name, "Content-") })
	}
	if next.header["Host"] != nil {
		next.header = without(next.header, func(name string) bool { return name == "Host" })
	}
	if !sameHost(h.url, to) {
		next.foreign = true
		next.header = onlyHarmless(next.header)
	}
	return next, nil
}

// brief is a URL of a server's making as a message has it.
func brief(u *url.URL) string {
	const longest = 300
	s := withoutUser(u)
	if len(s) <= longest {
		return s
	}
	return strings.ToValidUTF8(s[:longest], "") + "…"
}

func web(u *url.URL) bool { return u.Scheme == "http" || u.Scheme == "https" }

// sameHost reports whether what may be told to one URL may be told to the other:
// the same scheme, host and port, or from http to https with their own ports.
func sameHost(from, to *url.URL) bool {
	if !strings.EqualFold(from.Hostname(), to.Hostname()) {
		return false
	}
	if from.Scheme == to.Scheme {
		return port(from) == port(to)
	}
	return from.Scheme == "http" && to.Scheme == "https" && port(from) == "80" && port(to) == "443"
}

func port(u *url.URL) string {
	switch p := u.Port(); {
	case p != "":
		return p
	case u.Scheme == "http":
		return "80"
	case u.Scheme == "https":
		return "443"
	}
	return ""
}

// harmless reports whether a header may go to another host. Those that are not
// known to hold no secret may not: which ones do, nobody can tell by their names.
func harmless(name string) bool {
	switch name {
	case "Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "User-Agent",
		"Content-Type", "Content-Encoding", "Content-Language", "Cache-Control", "Pragma",
		"Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range":
		return true
	}
	return false
}

func onlyHarmless(h http.Header) http.Header {
	return without(h, func(name string) bool { return !harmless(name) })
}

func without(h http.Header, drop func(name string) bool) http.Header {
	kept := make(http.Header, len(h))
	for name, values := range h {
		if !drop(name) {
			kept[name] = values
		}
	}
	return kept
}
