package session_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/retry"
	"github.com/inflight-go/inflight/session"
)

// reflect answers with what has reached it.
func reflect(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s %s body=%q auth=%q cookie=%q key=%q accept=%q type=%q",
		r.Method, r.URL.Path, body, r.Header.Get("Authorization"), r.Header.Get("Cookie"), r.Header.Get("X-Api-Key"), r.Header.Get("Accept"), r.Header.Get("Content-Type"))
}

// to redirects from / to a URL, and reflects all else.
func to(status int, url string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			reflect(w, r)
			return
		}
		w.Header().Set("Location", url)
		w.WriteHeader(status)
	}
}

func TestRedirectMethods(t *testing.T) {
	for _, c := range []struct {
		status       int
		method, want string
	}{
		{301, "GET", `GET /x body=""`}, {302, "GET", `GET /x`}, {303, "GET", `GET /x`}, {307, "GET", `GET /x`}, {308, "GET", `GET /x`},
		{301, "POST", `GET /x body=""`}, {302, "POST", `GET /x body=""`}, {303, "POST", `GET /x body=""`},
		{307, "POST", `POST /x body="data"`}, {308, "POST", `POST /x body="data"`},
		{301, "PUT", `PUT /x body="data"`}, {302, "DELETE", `DELETE /x body="data"`}, {303, "PUT", `GET /x body=""`},
	} {
		bubble(t, func(t *testing.T, w *world) {
			w.handle("a.example:80", to(c.status, "/x"))
			req := &session.Request{Method: c.method, URL: "http://a.example/", Header: http.Header{"Content-Type": {"text/x"}, "Authorization": {"me"}}}
			if c.method != "GET" {
				req.Body = []byte("data")
			}
			r, err := w.open(session.Options{}).Do(t.Context(), req)
			if err != nil || !strings.HasPrefix(string(r.Body), c.want) || r.URL != "http://a.example/x" {
				t.Fatalf("%s by %d: %+v, %v", c.method, c.status, r, err)
			}
			hasType, hasBody := strings.Contains(string(r.Body), `type="text/x"`), strings.Contains(string(r.Body), `"data"`)
			if c.method != "GET" && hasType != hasBody || !strings.Contains(string(r.Body), `auth="me"`) {
				t.Errorf("%s by %d: %s", c.method, c.status, r.Body)
			}
			if len(r.Attempts) != 1 {
				t.Errorf("%d attempts", len(r.Attempts))
			}
		})
	}
}

func TestRedirectsAndCredentials(t *testing.T) {
	const all, none = `auth="Bearer t" cookie="c=1" key="k"`, `auth="" cookie="" key=""`
	for _, c := range []struct{ name, location, want string }{
		{"same host", "/x", all},
		{"same host, absolute, other case", "http://A.EXAMPLE:80/x", all},
		{"other host", "http://b.example/x", none},
		{"subdomain", "http://sub.a.example/x", none},
		{"other port", "http://a.example:8080/x", none},
		{"there and back", "http://b.example/back", none},
		{"other host, and on there", "http://b.example/on", none},
		{"by scheme-relative URL", "//b.example/x", none},
		{"with a user of its own", "http://u:p@b.example/x", `auth="Basic dTpw" cookie="" key=""`},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.handle("a.example:80", to(302, c.location))
				w.handle("a.example:8080", reflect)
				w.handle("sub.a.example:80", reflect)
				w.handle("b.example:80", func(rw http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/on" {
						http.Redirect(rw, r, "/x", http.StatusFound)
						return
					}
					if r.URL.Path == "/back" {
						http.Redirect(rw, r, "http://a.example/x", http.StatusFound)
						return
					}
					reflect(rw, r)
				})
				r, err := w.open(session.Options{Header: http.Header{"x-api-key": {"k"}}}).Do(t.Context(), &session.Request{
					URL: "http://a.example/", Auth: session.Auth{Bearer: "t"}, Header: http.Header{"Cookie": {"c=1"}, "Accept": {"text/x"}},
				})
				if err != nil || !strings.Contains(string(r.Body), c.want) || !strings.Contains(string(r.Body), `accept="text/x"`) {
					t.Fatalf("%+v, %v", r, err)
				}
				if strings.Contains(r.URL, "u:p") {
					t.Errorf("URL %q", r.URL)
				}
			})
		})
	}
}

// A host that nobody has named is told nothing, and nor is where it leads.
func TestForeignRequests(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.handle("a.example:80", to(302, "/x"))
		s := w.open(session.Options{Auth: session.Auth{User: "u", Password: "p"}, Header: http.Header{"x-api-key": {"k"}, "Accept": {"text/x"}}})
		r, err := s.Do(t.Context(), &session.Request{
			URL: "http://a.example/", Auth: session.Auth{Bearer: "t"}, Header: http.Header{"Cookie": {"c=1"}, "Authorization": {"t"}}, Foreign: true,
		})
		if want := `auth="" cookie="" key="" accept="text/x"`; err != nil || !strings.Contains(string(r.Body), want) || r.URL != "http://a.example/x" {
			t.Errorf("%+v, %v, want %s", r, err, want)
		}
	})
}

// What was sent can be kept: it has no secrets of the session in it.
func TestSent(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.handle("a.example:80", to(302, "/x"))
		s := w.open(session.Options{Auth: session.Auth{Bearer: "secret"}, Header: http.Header{"Accept": {"all"}}, Cookies: true})
		r, err := s.Do(t.Context(), &session.Request{URL: "http://a.example/", Header: http.Header{"X-Api-Key": {"mine"}}})
		if err != nil || r.Sent.Get("Accept") != "all" || r.Sent.Get("X-Api-Key") != "mine" || r.Sent.Get("User-Agent") == "" || r.Sent.Get("Authorization") != "" {
			t.Errorf("%v, %v", r, err)
		}
	})
}

func TestSessionAuthAndNetrc(t *testing.T) {
	netrc, err := session.ParseNetrc(strings.NewReader("machine b.example login u password p"))
	if err != nil {
		t.Fatal(err)
	}
	bubble(t, func(t *testing.T, w *world) {
		w.handle("a.example:80", to(307, "http://b.example/x"))
		w.handle("b.example:80", reflect)
		s := w.open(session.Options{Auth: session.Auth{Bearer: "t"}, Netrc: netrc})
		for url, want := range map[string]string{
			"http://a.example/y":     "Bearer t",
			"http://u:p@a.example/y": "Basic dTpw",
			"http://a.example/":      "Basic dTpw", // redirected to b, which is in the netrc
		} {
			r, err := s.Get(t.Context(), url)
			if err != nil || !strings.Contains(string(r.Body), fmt.Sprintf("auth=%q", want)) || strings.Contains(r.URL, "u:p") {
				t.Errorf("%s: %s, %v", url, r.Body, err)
			}
		}
	})
}

func TestBadRedirects(t *testing.T) {
	for _, c := range []struct {
		name, location string
		want           error
	}{
		{"to itself", "/", session.ErrRedirectLoop},
		{"in a circle", "/b", session.ErrRedirectLoop},
		{"for ever", "/n/", session.ErrTooManyRedirects},
		{"scheme", "file:///etc/passwd", nil},
		{"scheme of the host", "ftp://a.example/", nil},
		{"no host", "http:///x", nil},
		{"nonsense", "http://[::1", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.handle("a.example:80", func(rw http.ResponseWriter, r *http.Request) {
					switch {
					case r.URL.Path == "/b":
						rw.Header().Set("Location", "/")
					case strings.HasPrefix(r.URL.Path, "/n"):
						rw.Header().Set("Location", r.URL.Path+"n")
					default:
						rw.Header().Set("Location", c.location)
					}
					rw.WriteHeader(302)
				})
				_, err := w.open(session.Options{}).Get(t.Context(), "http://a.example/")
				e, ok := errors.AsType[*session.Error](err)
				if !ok || e.Class != retry.ClassRedirect || e.Status != 302 || len(e.Attempts) != 1 || c.want != nil && !errors.Is(err, c.want) {
					t.Errorf("%#v", err)
				}
				if n := len(w.requests()); c.want == session.ErrTooManyRedirects && n != 11 {
					t.Errorf("%d requests, want the first and 10 redirects", n)
				}
			})
		})
	}
}

func TestRedirectsThatAreNotFollowed(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.handle("a.example:80", to(302, "/x"))
		w.handle("b.example:80", to(302, ""))
		w.handle("c.example:80", to(304, "/x"))
		for url, o := range map[string]session.Options{
			"http://a.example/": {MaxRedirects: -1}, "http://b.example/": {}, "http://c.example/": {},
		} {
			if r, err := w.open(o).Get(t.Context(), url); err != nil || r.Status/100 != 3 || r.URL != url {
				t.Errorf("%s: %+v, %v", url, r, err)
			}
		}
		r, err := w.open(session.Options{}).Do(t.Context(), &session.Request{URL: "http://a.example/", NoRedirects: true})
		if err != nil || r.Status != 302 || r.URL != "http://a.example/" {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

func TestCookies(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.handle("a.example:80", func(rw http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Cookie") == "" {
				http.SetCookie(rw, &http.Cookie{Name: "id", Value: "7"})
				http.Redirect(rw, r, "/", http.StatusFound) // to itself, which is no loop with a cookie
				return
			}
			reflect(rw, r)
		})
		w.handle("b.example:80", reflect)
		s := w.open(session.Options{Cookies: true})
		if r, err := s.Get(t.Context(), "http://a.example/"); err != nil || !strings.Contains(string(r.Body), `cookie="id=7"`) {
			t.Errorf("%+v, %v", r, err)
		}
		r, err := s.Do(t.Context(), &session.Request{URL: "http://a.example/", Header: http.Header{"Cookie": {"own=1"}}})
		if err != nil || !strings.Contains(string(r.Body), `cookie="own=1; id=7"`) {
			t.Errorf("%+v, %v", r, err)
		}
		if r, err := s.Get(t.Context(), "http://b.example/"); err != nil || !strings.Contains(string(r.Body), `cookie=""`) {
			t.Errorf("%+v, %v", r, err)
		}
	})
}
