package session

import (
	"context"
	"maps"
	"net/http"
)

// personal returns the header with cookies and authentication.
func (c *call) personal(h *hop) http.Header {
	var cookies []*http.Cookie
	if c.s.jar != nil {
		cookies = c.s.jar.Cookies(h.url)
	}
	auth := &c.auth
	if len(cookies) == 0 && auth.none() {
		return h.header
	}
	header := maps.Clone(h.header)
	req := http.Request{Header: header}
	for _, cookie := range cookies {
		req.AddCookie(cookie)
	}
	switch {
	case auth.none():
	case auth.Bearer != "":
		header["Authorization"] = []string{"Bearer " + auth.Bearer}
	default:
		req.SetBasicAuth(auth.User, auth.Password)
	}
	return header
}

// authenticate finds out what the exchange authenticates by, and waits for its token.
func (c *call) authenticate(h *hop) error {
	c.auth = c.credentials(h)
	a := c.auth.OAuth2
	if a == nil || c.auth.Bearer != "" {
		c.auth.OAuth2 = nil
		return nil
	}
	return timed(&c.queued, func() (err error) {
		c.auth.Bearer, err = a.bearer(c.f, func(r *Request) (*Response, error) { return c.s.Do(c.f, r) })
		if err != nil && c.f.Err() != nil {
			err = context.Cause(c.f)
		}
		return err
	})
}

func (c *call) credentials(h *hop) Auth {
	if h.header["Authorization"] != nil || c.r.token {
		return Auth{}
	}
	if u := h.url.User; u != nil {
		password, _ := u.Password()
		return Auth{User: u.Username(), Password: password}
	}
	if !h.foreign && !c.r.Auth.none() {
		return c.r.Auth
	}
	if !h.foreign && !c.s.opts.Auth.none() {
		return c.s.opts.Auth
	}
	auth, _ := c.s.opts.Netrc.Lookup(h.url.Hostname())
	return auth
}
