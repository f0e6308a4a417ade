package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/inflight-go/inflight/limit"
	"github.com/inflight-go/inflight/retry"
)

// A hop is one exchange to make: the request, or where a redirect leads.
type hop struct {
	method string
	url    *url.URL
	header http.Header // with the session's, without cookies and authentication
	body   []byte
	// foreign: the request says so, or on the way here a redirect has led to another
	// host. What the caller authenticates by does not go there, nor further.
	foreign bool
}

// prepare checks the request.
func (c *call) prepare() (hop, error) {
	r, s := c.r, c.s
	h := hop{method: r.Method, header: s.header, body: r.Body}
	if h.method == "" {
		h.method = http.MethodGet
	}
	var err error
	if h.url, err = url.Parse(r.URL); err != nil {
		return h, fmt.Errorf("the URL can't be read%s", faultIn(r.URL, err))
	}
	if err := s.checkURL(h.url); err != nil {
		return h, err
	}
	if r.Header != nil || r.IdempotencyKey != "" {
		h.header = s.merge(r.Header)
	}
	if r.IdempotencyKey != "" {
		h.header["Idempotency-Key"] = []string{r.IdempotencyKey}
	}
	if h.foreign = r.Foreign; h.foreign {
		h.header = onlyHarmless(h.header)
	}
	c.decode = !s.opts.NoCompression && h.header.Get("Accept-Encoding") == acceptEncoding
	return h, nil
}

// faultIn says what is wrong with a URL, where that tells nothing of a password.
func faultIn(text string, err error) string {
	_, escape := errors.AsType[url.EscapeError](err)
	if _, host := errors.AsType[url.InvalidHostError](err); !host && !escape || strings.Contains(text, "@") {
		return ""
	}
	return ": " + errors.Unwrap(err).Error()
}

// checkURL returns what keeps a URL from being asked for.
func (s *Session) checkURL(u *url.URL) error {
	if s.schemes[u.Scheme] == nil {
		return fmt.Errorf("URL %q: unknown scheme %q: want http://… or https://…", withoutUser(u), u.Scheme)
	}
	if u.Hostname() == "" && web(u) {
		return fmt.Errorf("URL %q has no host", withoutUser(u))
	}
	return nil
}

// merge returns the header with that of the session where it has none of a name.
func (s *Session) merge(header http.Header) http.Header {
	o := &s.opts
	h := make(http.Header, len(header)+len(o.Header)+3)
	for name, values := range o.Header {
		h[textproto.CanonicalMIMEHeaderKey(name)] = values
	}
	for name, values := range header {
		h[textproto.CanonicalMIMEHeaderKey(name)] = values
	}
	if h["User-Agent"] == nil {
		h["User-Agent"] = []string{o.UserAgent}
	}
	if !o.NoCompression && h["Accept-Encoding"] == nil && h["Range"] == nil {
		h["Accept-Encoding"] = []string{acceptEncoding}
	}
	return h
}

// hostKey returns what limits are kept by.
func hostKey(u *url.URL) string {
	host := strings.ToLower(u.Host)
	switch u.Scheme {
	case "http":
		return strings.TrimSuffix(host, ":80")
	case "https":
		return strings.TrimSuffix(host, ":443")
	}
	return host
}

// follow makes the exchanges of an attempt.
func (c *call) follow() error {
	c.hop = c.first
	h := &c.hop
	var visited []string
	for n := 0; ; n++ {
		next, err := c.exchange(h)
		if err != nil || next == nil {
			return err
		}
		if n == c.s.opts.MaxRedirects {
			return &classError{retry.ClassRedirect, fmt.Errorf("%w: %d, the last to %s", ErrTooManyRedirects, n+1, brief(next.url))}
		}
		if c.s.jar == nil { // with cookies the same URL may answer something else
			visited = append(visited, h.method+" "+h.url.String())
			if at := next.method + " " + next.url.String(); slices.Contains(visited, at) {
				return &classError{retry.ClassRedirect, fmt.Errorf("%w: back to %s", ErrRedirectLoop, brief(next.url))}
			}
		}
		h = next
	}
}

// exchange waits for a place, makes one exchange, and returns where a redirect
// leads, or nil.
func (c *call) exchange(h *hop) (next *hop, err error) {
	if err := c.authenticate(h); err != nil {
		return nil, err
	}
	p, err := c.admit(c.f, hostKey(h.url))
	if err != nil {
		return nil, err
	}
	if !c.f.begin() {
		p.unlearn((*limit.Learned).Cancel)
		p.leave(0, retry.ClassClosed, 0)
		return nil, ErrDraining
	}
	began := time.Now()
	if c.began.IsZero() {
		c.began = began
		c.reset()
	}
	c.status = 0
	var ttfb time.Duration
	defer func() {
		c.f.rest(c.between(next))
		c.spent += time.Since(began)
		p.leave(c.status, c.class(err), ttfb)
	}()
	o := &c.s.opts
	if left := o.Timeout - c.spent; o.Timeout == 0 || left > 0 {
		c.f.ask(int64(began.Sub(c.f.watch.epoch)), o.Timeout, left, o.HeaderTimeout, o.IdleTimeout)
	} else {
		return nil, &TimeoutError{PhaseHeader, o.Timeout}
	}
	if starting := c.r.Starting; starting != nil {
		if err := starting(); err != nil {
			return nil, &classError{retry.ClassSave, err}
		}
	}
	resp, err := c.s.schemes[h.url.Scheme].RoundTrip(c.build(h))
	if err != nil {
		return nil, c.cause(err)
	}
	now := time.Now()
	ttfb = now.Sub(began)
	c.f.read(int64(now.Sub(c.f.watch.epoch)))
	c.status = resp.StatusCode
	c.out.Timings.TTFB = ttfb
	c.listen(&p, resp)
	c.remember(h, resp)
	if next, err = c.redirect(h, resp); next != nil || err != nil {
		discard(resp.Body)
		return next, err
	}
	err = c.receive(h, resp)
	c.out.Timings.Body = time.Since(now)
	return nil, err
}

// remember takes cookies down, and what has become of the token.
func (c *call) remember(h *hop, r *http.Response) {
	if c.s.jar != nil {
		if cookies := r.Cookies(); len(cookies) > 0 {
			c.s.jar.SetCookies(h.url, cookies)
		}
	}
	if c.auth.OAuth2 != nil {
		c.refused = c.auth.OAuth2.answered(c.auth.Bearer, r.StatusCode)
	}
}

// between returns the phase to wait in after an exchange. What may not be sent again
// is not given up half way to where a redirect leads.
func (c *call) between(next *hop) int32 {
	if next != nil && !c.mayRepeat(nil) {
		return committed
	}
	return waiting
}

// cause returns why an exchange has failed: the end of the flight, if that is why.
func (c *call) cause(err error) error {
	if c.f.Err() != nil {
		return context.Cause(c.f)
	}
	if err.Error() == "net/http: TLS handshake timeout" {
		return &TimeoutError{PhaseTLS, c.s.opts.ConnectTimeout}
	}
	return err
}

// build makes the request of net/http.
func (c *call) build(h *hop) *http.Request {
	req := (&http.Request{
		Method: h.method, URL: h.url, Host: h.header.Get("Host"), Header: c.personal(h),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(c.traced())
	if len(h.body) > 0 {
		content := h.body
		req.ContentLength = int64(len(content))
		req.GetBody = func() (io.ReadCloser, error) { return newPayload(content), nil }
		req.Body = newPayload(content)
	}
	return req
}

// A payload is the body of a request.
type payload struct{ bytes.Reader }

func newPayload(b []byte) *payload {
	p := new(payload)
	p.Reset(b)
	return p
}

func (p *payload) Close() error { return nil }

// traced returns the context of the exchange.
func (c *call) traced() context.Context {
	if !c.s.opts.Trace {
		return c.f
	}
	t := new(tracer)
	c.tracer = t
	return httptrace.WithClientTrace(c.f, t.hooks())
}
