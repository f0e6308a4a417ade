package session_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/inflight-go/inflight/session"
)

func TestLink(t *testing.T) {
	const here = "https://api.example.com/users?page=2"
	for _, c := range []struct {
		links []string
		rel   string
		want  string
	}{
		{nil, "next", ""},
		{[]string{`<https://api.example.com/users?page=3>; rel="next"`}, "next", "https://api.example.com/users?page=3"},
		{[]string{`</users?page=3>; rel=next`}, "next", "https://api.example.com/users?page=3"},
		{[]string{`<?page=3>; rel="next"`}, "prev", ""},
		{[]string{`<?page=1>; rel="prev", <?page=3>; rel="next"`}, "next", "https://api.example.com/users?page=3"},
		{[]string{`<?page=1>; rel="prev"`, `<?page=3>; REL="last Next"`}, "NEXT", "https://api.example.com/users?page=3"},
		{[]string{`<?a=1,2>; title="a, b"; rel="next"`}, "next", "https://api.example.com/users?a=1,2"},
		{[]string{`<?page=3>; rel="next", <?page=4>; rel="next"`}, "next", "https://api.example.com/users?page=3"},
		{[]string{`<>; rel="next"`}, "next", ""},
		{[]string{`<http://[::1>; rel="next"`}, "next", "http://[::1"},
		{[]string{`?page=3; rel="next"`, `>?page=3<; rel="next"`}, "next", ""},
	} {
		r := &session.Response{URL: here, Header: http.Header{"Link": c.links}}
		if got := r.Link(c.rel); got != c.want {
			t.Errorf("%q leads with %q to %q, want %q", c.links, c.rel, got, c.want)
		}
	}
}

// Whatever a server says, it is a URL that Link returns, or what stands there.
func FuzzLink(f *testing.F) {
	f.Add(`<https://api.example.com/users?page=3>; rel="next"`)
	f.Add(`<?page=1>; rel="prev", <?page=3>; rel="next last"; title="a, b"`)
	f.Add(`<a>;rel="next`)
	f.Fuzz(func(t *testing.T, link string) {
		r := &session.Response{URL: "https://example.com/a/b", Header: http.Header{"Link": {link}}}
		to := r.Link("next")
		if to == "" {
			return
		}
		if u, err := url.Parse(to); err == nil && u.String() != to {
			if again, err := url.Parse(u.String()); err != nil || again.String() != u.String() {
				t.Errorf("%q leads to %q", link, to)
			}
		}
	})
}
