package flow_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/flow"
	"github.com/inflight-go/inflight/internal/origin"
	"github.com/inflight-go/inflight/session"
)

// demo is a session whose URLs demo://… are answered by an origin of its own.
func demo(t testing.TB) (session.Options, *origin.Origin) {
	o := origin.New(origin.Options{Users: 50})
	return served(t, o), o
}

// served is a session whose URLs demo://… are answered by a handler.
func served(t testing.TB, h http.Handler) session.Options {
	return session.Options{Schemes: map[string]http.RoundTripper{"demo": handled{h}}}
}

// handled answers requests by calling a handler.
type handled struct{ http.Handler }

func (h handled) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result(), nil
}

func parse(t testing.TB, text string) *flow.Flow {
	t.Helper()
	f, err := flow.Parse("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

const users = `
version: 1
vars: {base: demo://origin}
limits:
  api: {concurrency: 16}
steps:
  users:
    get: "{{.base}}/users"
    paginate: {next: link}
    each: .items[]
    emit: "{id}"
    key: .id
    limit: api
  details:
    for: users
    get: "{{.base}}/users/{{path .id}}"
    limit: api
  posts:
    for: users
    get: "{{.base}}/users/{{path .id}}/posts"
    each: .items[]
    limit: api
select: "{id, name: .details.name, posts: (.posts | length), titles: [.posts[].title]}"
`

func TestUsers(t *testing.T) {
	out := filepath.Join(t.TempDir(), "users.jsonl")
	f := parse(t, users+"output: {file: "+out+"}\n")
	s, o := demo(t)
	sum, err := f.Run(t.Context(), flow.Options{Session: s})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(text, []byte("\n")); n != 50 || sum.Failed != 0 || !sum.Complete {
		t.Errorf("%d lines: %+v\n%s", n, sum, text)
	}
	if !strings.Contains(string(text), `{"index":0,"id":1,"name":`) && !strings.Contains(string(text), `"id":1,`) {
		t.Errorf("%s", text)
	}
	if n := o.Stats().Requests; n != 3+100 {
		t.Errorf("%d requests", n)
	}
	t.Log(string(text[:300]))
	_, err = f.Run(t.Context(), flow.Options{Session: s})
	t.Log(err)
	sum, err = f.Run(context.Background(), flow.Options{Session: s, Journal: batch.JournalOptions{Resume: true}})
	t.Log(sum, err)
}
