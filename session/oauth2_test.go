package session_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inflight-go/inflight/retry"
	"github.com/inflight-go/inflight/session"
)

// An issuer is a token endpoint, and the host that its tokens are for: a.example.
type issuer struct {
	mu     sync.Mutex
	asked  []url.Values
	basic  []string
	valid  map[string]bool
	status int           // of its answers, if it is not 200
	said   string        // instead of a token
	life   string        // expires_in, if it is not empty
	takes  time.Duration // for an answer
	served int
}

func (i *issuer) start(w *world) {
	i.valid = make(map[string]bool)
	w.handle("id.example:80", func(rw http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		time.Sleep(i.takes)
		i.mu.Lock()
		defer i.mu.Unlock()
		user, password, _ := r.BasicAuth()
		i.asked, i.basic = append(i.asked, r.PostForm), append(i.basic, user+":"+password)
		if i.status != 0 {
			rw.WriteHeader(i.status)
		}
		if i.said != "" {
			io.WriteString(rw, i.said)
			return
		}
		token := fmt.Sprintf("t%d", len(i.asked))
		i.valid[token] = true
		life := ""
		if i.life != "" {
			life = `,"expires_in":` + i.life
		}
		fmt.Fprintf(rw, `{"access_token":%q,"token_type":"Bearer"%s}`, token, life)
	})
	w.handle("a.example:80", func(rw http.ResponseWriter, r *http.Request) {
		i.mu.Lock()
		defer i.mu.Unlock()
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !i.valid[token] {
			rw.WriteHeader(401)
			return
		}
		i.served++
		io.WriteString(rw, token)
	})
}

func (i *issuer) tokens() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.asked)
}

// revoke makes all tokens so far bad.
func (i *issuer) revoke() {
	i.mu.Lock()
	defer i.mu.Unlock()
	clear(i.valid)
}

func oauth2(t *testing.T, o session.OAuth2Options) session.Auth {
	t.Helper()
	if o.TokenURL == "" {
		o.TokenURL, o.ClientID, o.ClientSecret = "http://id.example/token", "me", "hush hush"
	}
	a, err := session.NewOAuth2(o)
	if err != nil {
		t.Fatal(err)
	}
	return session.Auth{OAuth2: a}
}

// together sends n requests at once, and returns their answers and errors.
func together(t *testing.T, s *session.Session, n int, method string) (answers []*session.Response, errs []error) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			r, err := s.Do(t.Context(), &session.Request{Method: method, URL: "http://a.example/"})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, err)
			} else {
				answers = append(answers, r)
			}
		})
	}
	wg.Wait()
	return answers, errs
}

// Many requests at once need one token.
func TestOAuth2OneTokenForAll(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		i := &issuer{takes: time.Second}
		i.start(w)
		s := w.open(session.Options{PerHost: 1, Auth: oauth2(t, session.OAuth2Options{
			TokenURL: "http://id.example/token?x=1", ClientID: "m:e", ClientSecret: "hush hush", Scopes: []string{"a", "b"}, Params: map[string]string{"audience": "api"},
		})})
		answers, errs := together(t, s, 50, "GET")
		if len(answers) != 50 || i.tokens() != 1 {
			t.Fatalf("%d answers, %d tokens, %v", len(answers), i.tokens(), errs)
		}
		for _, r := range answers {
			if r.Status != 200 || string(r.Body) != "t1" || len(r.Attempts) != 1 {
				t.Errorf("%+v", r)
			}
		}
		if got := i.asked[0].Encode(); got != "audience=api&grant_type=client_credentials&scope=a+b" || i.basic[0] != "m%3Ae:hush+hush" {
			t.Errorf("asked by %s as %s", got, i.basic[0])
		}
	})
}

// A token is renewed before it expires, by one request, and nobody waits for that.
func TestOAuth2RenewedBeforeTheEnd(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		i := &issuer{life: "100", takes: time.Second}
		i.start(w)
		s := w.open(session.Options{Auth: oauth2(t, session.OAuth2Options{})})
		together(t, s, 1, "GET")
		time.Sleep(79 * time.Second)
		if together(t, s, 5, "GET"); i.tokens() != 1 {
			t.Errorf("%d tokens after 79 s of 100", i.tokens())
		}
		time.Sleep(2 * time.Second)
		answers, errs := together(t, s, 20, "GET")
		waited := 0
		for _, r := range answers {
			if r.Timings.Queue > 0 {
				waited++
			}
		}
		if len(errs) > 0 || i.tokens() != 2 || waited != 1 {
			t.Errorf("%d tokens, %d have waited, %v", i.tokens(), waited, errs)
		}
		time.Sleep(200 * time.Second)
		if answers, errs := together(t, s, 20, "GET"); len(answers) != 20 || i.tokens() != 3 {
			t.Errorf("%d answers, %d tokens long after the end: %v", len(answers), i.tokens(), errs)
		}
		i.status, i.said = 500, `{"error":"down"}`
		time.Sleep(81 * time.Second)
		if answers, errs := together(t, s, 20, "GET"); len(answers) != 20 || answers[0].Status != 200 {
			t.Errorf("the endpoint is down, the token is good: %d answers, %v", len(answers), errs)
		}
	})
}

// After a 401 a token is renewed once for all, and each request is sent once more,
// whatever its method.
func TestOAuth2After401(t *testing.T) {
	for _, method := range []string{"GET", "POST"} {
		bubble(t, func(t *testing.T, w *world) {
			i := new(issuer)
			i.start(w)
			s := w.open(session.Options{Backoff: none, Auth: oauth2(t, session.OAuth2Options{})})
			together(t, s, 1, method)
			i.revoke()
			took := clock()
			answers, errs := together(t, s, 20, method)
			refused := 0
			for _, r := range answers {
				if len(r.Attempts) == 2 && r.Attempts[0].Status == 401 {
					refused++
				} else if len(r.Attempts) != 1 { // it was late enough for the new one
					t.Errorf("%+v", r)
				}
				if r.Status != 200 {
					t.Errorf("%+v", r)
				}
			}
			if len(errs) > 0 || refused == 0 || i.tokens() != 2 || took() != 0 {
				t.Errorf("%d tokens in %v, %v", i.tokens(), took(), errs)
			}
		})
	}
}

// A host that always says 401 does not have tokens asked for with each request.
func TestOAuth2AlwaysRefused(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		i := new(issuer)
		i.start(w)
		w.handle("a.example:80", func(rw http.ResponseWriter, r *http.Request) { rw.WriteHeader(401) })
		s := w.open(session.Options{Auth: oauth2(t, session.OAuth2Options{})})
		answers, _ := together(t, s, 200, "GET")
		time.Sleep(11 * time.Second)
		more, _ := together(t, s, 200, "GET")
		for _, r := range append(answers, more...) {
			if r.Status != 401 || len(r.Attempts) > 2 {
				t.Errorf("%+v", r)
			}
		}
		if len(answers)+len(more) != 400 || i.tokens() != 2 {
			t.Errorf("%d answers, %d tokens", len(answers)+len(more), i.tokens())
		}
	})
}

// What the endpoint says is in the errors, secrets are not, and it is not asked again
// and again.
func TestOAuth2Errors(t *testing.T) {
	for _, c := range []struct {
		status     int
		said, want string
	}{
		{401, `{"error":"invalid_client","error_description":"hush hush is wrong"}`, "no token from http://id.example/token: status 401, invalid_client: (secret) is wrong"},
		{400, "nonsense with hush hush", "status 400"},
		{200, `{"access_token":""}`, "no access_token"},
		{200, `{"access_token":"a b"}`, "fits into a header"},
		{200, `{"access_token":"secret","token_type":"mac"}`, "the token_type is mac, want bearer"},
		{200, `<html>secret`, "not a JSON object"},
		{200, `{"error":"nope\nsecond line` + strings.Repeat("x", 1000) + `"}`, "status 200"},
		{302, `{}`, "status 302"},
		{200, `{"access_token":"` + strings.Repeat("x", 2<<20) + `"}`, "not a JSON object"},
	} {
		bubble(t, func(t *testing.T, w *world) {
			i := &issuer{status: c.status, said: c.said}
			i.start(w)
			s := w.open(session.Options{Auth: oauth2(t, session.OAuth2Options{})})
			_, errs := together(t, s, 20, "GET")
			time.Sleep(4 * time.Second)
			_, more := together(t, s, 20, "GET")
			for _, err := range append(errs, more...) {
				e, ok := errors.AsType[*session.Error](err)
				if !ok || e.Class != retry.ClassAuth || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hush") || len(err.Error()) > 600 {
					t.Errorf("%v", err)
				}
			}
			if len(errs)+len(more) != 40 || i.tokens() != 1 || i.served != 0 {
				t.Errorf("%d errors, %d requests for a token", len(errs)+len(more), i.tokens())
			}
			i.status, i.said = 0, ""
			time.Sleep(2 * time.Second)
			if answers, errs := together(t, s, 5, "GET"); len(answers) != 5 {
				t.Errorf("later: %v", errs)
			}
		})
	}
}

// The one who asks may give up; the others get their token all the same.
func TestOAuth2OneGivesUp(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		i := &issuer{takes: 10 * time.Second}
		i.start(w)
		s := w.open(session.Options{Auth: oauth2(t, session.OAuth2Options{})})
		var wg sync.WaitGroup
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		wg.Go(func() {
			if _, err := s.Get(ctx, "http://a.example/"); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v", err)
			}
		})
		time.Sleep(time.Second)
		if answers, errs := together(t, s, 10, "GET"); len(answers) != 10 {
			t.Errorf("%v", errs)
		}
		wg.Wait()
		i.revoke()
		together(t, s, 1, "GET")
		i.revoke()
		wg.Go(func() {
			time.Sleep(time.Second)
			s.Drain()
		})
		took := clock()
		if _, errs := together(t, s, 10, "GET"); len(errs) != 10 || !errors.Is(errs[0], session.ErrDraining) || took() != time.Second {
			t.Errorf("drained: %v in %v", errs, took())
		}
		wg.Wait()
		time.Sleep(20 * time.Second) // the endpoint answers to nobody
	})
}

// Neither a token nor what it is asked for with goes to another host.
func TestOAuth2StaysWhereItIsFor(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		i := new(issuer)
		i.start(w)
		var leaked []string
		w.handle("evil.example:80", func(rw http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			leaked = append(leaked, r.Header.Get("Authorization")+string(body))
		})
		w.handle("b.example:80", func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, "http://evil.example/", http.StatusTemporaryRedirect)
		})
		s := w.open(session.Options{Auth: oauth2(t, session.OAuth2Options{})})
		if r, err := s.Get(t.Context(), "http://b.example/"); err != nil || r.Status != 200 || strings.Join(leaked, "") != "" {
			t.Errorf("%+v, %v, leaked %q", r, err, leaked)
		}
		leaked = nil
		s = w.open(session.Options{Auth: oauth2(t, session.OAuth2Options{TokenURL: "http://b.example/", ClientID: "me", ClientSecret: "hush", InBody: true})})
		if _, err := s.Get(t.Context(), "http://a.example/"); err == nil || len(leaked) > 0 {
			t.Errorf("%v, leaked %q", err, leaked)
		}
	})
}

func TestOAuth2Refresh(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		i := &issuer{said: `{"access_token":"t","refresh_token":"second","expires_in":"100"}`}
		i.start(w)
		s := w.open(session.Options{Auth: oauth2(t, session.OAuth2Options{TokenURL: "http://id.example/", ClientID: "public", RefreshToken: "first"})})
		together(t, s, 1, "GET")
		time.Sleep(90 * time.Second)
		together(t, s, 1, "GET")
		for n, want := range []string{"client_id=public&grant_type=refresh_token&refresh_token=first", "client_id=public&grant_type=refresh_token&refresh_token=second"} {
			if got := i.asked[n].Encode(); got != want {
				t.Errorf("asked by %s, want %s", got, want)
			}
		}
	})
}

func TestOAuth2BadOptions(t *testing.T) {
	for _, o := range []session.OAuth2Options{
		{}, {TokenURL: "id.example", ClientID: "a", ClientSecret: "b"}, {TokenURL: "http://u:p@id.example", ClientID: "a", ClientSecret: "b"},
		{TokenURL: "http://id.example", ClientID: "a"}, {TokenURL: "http://id.example", RefreshToken: "a", Params: map[string]string{"scope": "x"}},
		{TokenURL: "ftp://id.example", RefreshToken: "a"},
	} {
		if a, err := session.NewOAuth2(o); err == nil || strings.Contains(err.Error(), "p@") {
			t.Errorf("%+v: %v, %v", o, a, err)
		}
	}
}

func FuzzGrant(f *testing.F) {
	for _, s := range []string{`{"access_token":"a","expires_in":3600}`, `{"access_token":"a","expires_in":"1e999"}`, `{"error":"x","error_description":"y"}`, `{`, `[]`, `{"access_token":"\u0000"}`} {
		f.Add(200, s)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		token, life, err := session.ParseGrant(&session.Response{Status: status, Body: []byte(body)})
		if (err == nil) != (token != "") || life < 0 || strings.ContainsAny(token, "\r\n\x00 ") || err != nil && len(err.Error()) > 2000 {
			t.Errorf("%q: %q, %v, %v", body, token, life, err)
		}
	})
}
