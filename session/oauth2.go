package session

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/inflight-go/inflight/locks"
	"github.com/inflight-go/inflight/retry"
)

// An OAuth2 has the bearer token of requests, which it gets from a token endpoint
// (RFC 6749). It asks when a request needs one, once for all that do, anew shortly
// before the token expires, and after an answer 401 to a token that was good before.
// Make one with NewOAuth2. It may be shared by sessions.
//
// The endpoint is asked through the session whose request needs the token, under its
// limits, and again where that helps; a redirect is not followed. Where there is no
// token to be had, requests fail with retry.ClassAuth, all within 5 seconds for the
// same reason.
type OAuth2 struct {
	o    OAuth2Options
	turn locks.Mutex // of who asks the endpoint

	mu      sync.Mutex
	token   string
	got     time.Time
	soon    time.Time // to be renewed; zero for never
	until   time.Time // zero for always
	good    bool      // it was accepted
	refresh string
	failure error
	failed  time.Time
}

// OAuth2Options are what a token is asked for with.
type OAuth2Options struct {
	// TokenURL is the token endpoint, http or https.
	TokenURL string
	// ClientID and ClientSecret say who asks. They are sent as Basic authentication,
	// or in the body with InBody.
	ClientID, ClientSecret string
	InBody                 bool
	// RefreshToken makes the grant refresh_token; empty means client_credentials. If
	// the endpoint replaces it, the new one is used from then on.
	RefreshToken string
	// Scopes are what is asked for; nil means what the endpoint gives by default.
	Scopes []string
	// Params are sent too, for example audience or resource.
	Params map[string]string
}

const (
	tokenEarly   = 30 * time.Second // before its end a token is renewed, or a fifth of its life if that is less
	tokenTried   = 10 * time.Second // old enough to be renewed after a 401 that nobody has seen it work before
	tokenFailure = 5 * time.Second  // is not tried again
)

// NewOAuth2 returns an OAuth2 that has not asked yet. The error says which of the
// options is wrong.
func NewOAuth2(o OAuth2Options) (*OAuth2, error) {
	u, err := url.Parse(o.TokenURL)
	if err != nil || !web(u) || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("token URL %q: want https://… without a user", redact(o.TokenURL))
	}
	if o.RefreshToken == "" && (o.ClientID == "" || o.ClientSecret == "") {
		return nil, errors.New("want a client's id and secret, or a refresh token")
	}
	for name := range o.Params {
		switch name {
		case "grant_type", "client_id", "client_secret", "refresh_token", "scope", "":
			return nil, fmt.Errorf("parameter %q is not one to be chosen", name)
		}
	}
	return &OAuth2{o: o, refresh: o.RefreshToken}, nil
}

// bearer returns a token that is good, as far as is known, and waits for it if it has
// to. send sends the request for one.
func (a *OAuth2) bearer(ctx context.Context, send func(*Request) (*Response, error)) (string, error) {
	token, soon, err := a.have()
	switch {
	case token != "" && (!soon || err != nil || !a.turn.TryLock()):
		return token, nil // somebody else renews it
	case token != "":
	case err != nil:
		return "", err
	default:
		if err := a.turn.Lock(ctx); err != nil {
			return "", err
		}
	}
	defer a.turn.Unlock()
	if now, soon, err := a.have(); now != "" && !soon || now == "" && err != nil {
		return now, err
	}
	grant, err := a.fetch(send)
	a.keep(grant, err, ctx)
	if err != nil && token != "" {
		return token, nil // the old one will do for a while
	}
	return grant.token, err
}

// have returns the token, whether it is to be renewed soon, and why that has failed a
// moment ago.
func (a *OAuth2) have() (token string, soon bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	if a.failure != nil && now.Sub(a.failed) < tokenFailure {
		err = a.failure
	}
	if !a.until.IsZero() && !now.Before(a.until) {
		return "", false, err
	}
	return a.token, !a.soon.IsZero() && !now.Before(a.soon), err
}

// keep takes down what the endpoint has said. Where only the one who asked has given
// up, the next will ask again.
func (a *OAuth2) keep(g grant, err error, ctx context.Context) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	if err != nil {
		if ctx.Err() == nil && !errors.Is(err, ErrClosed) && !errors.Is(err, ErrDraining) {
			a.failure, a.failed = err, now
		}
		return
	}
	a.failure, a.token, a.got, a.good = nil, g.token, now, false
	a.soon, a.until = time.Time{}, time.Time{}
	if g.life > 0 {
		a.until = now.Add(g.life)
		a.soon = a.until.Add(-min(tokenEarly, g.life/5))
	}
	if g.refresh != "" && a.refresh != "" {
		a.refresh = g.refresh
	}
}

// answered takes note of an answer to a request with the token, and reports whether
// another token may be worth trying: this one was good, or is old, or is not the one
// that is there by now.
func (a *OAuth2) answered(token string, status int) (again bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case status != http.StatusUnauthorized:
		a.good = a.good || token == a.token
		return false
	case token != a.token:
		return true
	case !a.good && time.Since(a.got) < tokenTried:
		return false
	}
	a.token = ""
	return true
}

// fetch asks the endpoint.
func (a *OAuth2) fetch(send func(*Request) (*Response, error)) (grant, error) {
	r, err := send(a.request())
	if err == nil {
		var g grant
		if g, err = parseGrant(r); err == nil {
			return g, nil
		}
	}
	u, _ := url.Parse(a.o.TokenURL)
	u.RawQuery = ""
	return grant{}, &classError{retry.ClassAuth, fmt.Errorf("no token from %s: %w", u, a.redacted(err))}
}

func (a *OAuth2) request() *Request {
	o := &a.o
	form := url.Values{"grant_type": {"client_credentials"}}
	a.mu.Lock()
	if a.refresh != "" {
		form = url.Values{"grant_type": {"refresh_token"}, "refresh_token": {a.refresh}}
	}
	a.mu.Unlock()
	for name, value := range o.Params {
		form.Set(name, value)
	}
	if len(o.Scopes) > 0 {
		form.Set("scope", strings.Join(o.Scopes, " "))
	}
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"application/json"}}
	switch {
	case o.InBody || o.ClientSecret == "":
		for name, value := range map[string]string{"client_id": o.ClientID, "client_secret": o.ClientSecret} {
			if value != "" {
				form.Set(name, value)
			}
		}
	default:
		pair := url.QueryEscape(o.ClientID) + ":" + url.QueryEscape(o.ClientSecret)
		header["Authorization"] = []string{"Basic " + base64.StdEncoding.EncodeToString([]byte(pair))}
	}
	return &Request{Method: http.MethodPost, URL: o.TokenURL, Header: header, Body: []byte(form.Encode()), MaxBody: maxGrant, token: true}
}

// redacted returns the error without what an endpoint may repeat of the secrets.
func (a *OAuth2) redacted(err error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	text := err.Error()
	clean := text
	for _, secret := range []string{a.o.ClientSecret, a.o.RefreshToken, a.refresh} {
		if secret != "" {
			clean = strings.ReplaceAll(clean, secret, "(secret)")
		}
	}
	if clean == text {
		return err
	}
	return errors.New(clean)
}
