package flow_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/flow"
	"github.com/inflight-go/inflight/internal/origin"
	"github.com/inflight-go/inflight/session"
)

// served is a session whose URLs demo://… are answered by a handler.
func served(h http.Handler) session.Options {
	o := session.Options{Schemes: map[string]http.RoundTripper{"demo": handled{h}}}
	o.Backoff.Retries = -1
	return o
}

// handled answers requests by calling a handler.
type handled struct{ http.Handler }

func (h handled) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result(), nil
}

// answers is a handler of texts by paths.
func answers(texts map[string]string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := texts[r.URL.RequestURI()]
		if !ok {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, text)
	})
}

func parse(t testing.TB, text string) *flow.Flow {
	t.Helper()
	f, err := flow.Parse("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// in is a flow that writes a file in a new folder, and the name of the file.
func in(t testing.TB, text string) (*flow.Flow, string) {
	out := filepath.Join(t.TempDir(), "out.jsonl")
	return parse(t, text+"\noutput: {file: '"+out+"', order: input}\n"), out
}

// lines reads the lines of an output, by their index.
func lines(t testing.TB, path string) map[int64]map[string]any {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[int64]map[string]any)
	for line := range strings.Lines(string(text)) {
		var row map[string]any
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		index := int64(row["index"].(float64))
		if all[index] != nil {
			t.Errorf("%d has two lines", index)
		}
		delete(row, "index")
		all[index] = row
	}
	return all
}

// show is a value as JSON.
func show(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
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

// Each item has its row, of what all steps got for it, and nothing is asked for twice.
func TestUsers(t *testing.T) {
	f, out := in(t, users)
	o := origin.New(origin.Options{Users: 50})
	sum, err := f.Run(t.Context(), flow.Options{Session: served(o)})
	if err != nil || sum.Done != 50 || sum.Failed != 0 || !sum.Complete {
		t.Fatalf("%+v, %v", sum, err)
	}
	rows := lines(t, out)
	for i := range int64(50) {
		if row := rows[i]; row["id"] != float64(i+1) || row["name"] == nil || row["posts"] != float64(len(row["titles"].([]any))) {
			t.Errorf("row %d: %v", i, row)
		}
	}
	if n := o.Stats().Requests; len(rows) != 50 || n != 3+2*50 {
		t.Errorf("%d rows by %d requests", len(rows), n)
	}
	if s := sum.Stats; s.Listed != 50 || !s.All || len(s.Steps) != 3 || s.Steps[1].Requests != 50 {
		t.Errorf("stats %+v", s)
	}
}

// A run that is there is not written over, and resumed it asks for nothing.
func TestOutputIsThere(t *testing.T) {
	f, out := in(t, users)
	o := origin.New(origin.Options{Users: 50})
	run := func(j batch.JournalOptions) (flow.Summary, error) {
		return f.Run(t.Context(), flow.Options{Session: served(o), Journal: j})
	}
	if _, err := run(batch.JournalOptions{}); err != nil {
		t.Fatal(err)
	}
	before := o.Stats().Requests
	if _, err := run(batch.JournalOptions{}); !errors.Is(err, batch.ErrExists) {
		t.Errorf("again: %v", err)
	}
	if sum, err := run(batch.JournalOptions{Resume: true}); err != nil || sum.Skipped != 50 || sum.Done != 0 {
		t.Errorf("resumed: %+v, %v", sum, err)
	}
	if n := o.Stats().Requests; n != before {
		t.Errorf("%d requests for nothing", n-before)
	}
	other := strings.Replace(users, "posts: (.posts", "n: (.posts", 1)
	changed := parse(t, other+"output: {file: '"+out+"'}")
	_, err := changed.Run(t.Context(), flow.Options{Session: served(o), Journal: batch.JournalOptions{Resume: true}})
	if !errors.Is(err, batch.ErrOtherJob) || !strings.Contains(err.Error(), "option select") {
		t.Errorf("another flow: %v", err)
	}
	if sum, err := run(batch.JournalOptions{Force: true}); err != nil || sum.Done != 50 {
		t.Errorf("forced: %+v, %v", sum, err)
	}
}

// Another output is of the same kind, as far as its name tells.
func TestAnotherOutput(t *testing.T) {
	list := filepath.Join(t.TempDir(), "in.jsonl")
	if err := os.WriteFile(list, []byte(`{"id":1}`), 0o666); err != nil {
		t.Fatal(err)
	}
	for own, fits := range map[string]map[string]bool{
		"file: a.jsonl":                    {"b.jsonl": true, "b.ndjson.gz": true, "b": true, "b.csv": false, "b.db": false},
		"file: a.csv":                      {"b.csv": true, "b.csv.zst": true, "b.jsonl": false},
		"sqlite: a.db, table: t, key: id":  {"b.db": true, "b": true, "b.jsonl": false, "b.csv.gz": false},
		"postgres: 'x', table: t, key: id": {"b.db": false},
	} {
		f := parse(t, "version: 1\nsteps: {a: {file: '"+list+"'}}\noutput: {"+own+"}")
		for name, fit := range fits {
			name = filepath.Join(t.TempDir(), name)
			_, err := f.Run(t.Context(), flow.Options{Output: name, Drivers: drivers})
			if fit && err != nil || !fit && !errors.Is(err, flow.ErrOutput) {
				t.Errorf("%s for %s: %v", name, own, err)
			}
			if _, e := os.Stat(name); (e == nil) != fit {
				t.Errorf("%s for %s: %v", name, own, e)
			}
		}
		if _, err := f.Run(t.Context(), flow.Options{Output: "-", Drivers: drivers}); !errors.Is(err, flow.ErrOutput) || !strings.Contains(err.Error(), "stdout") {
			t.Errorf("- for %s: %v", own, err)
		}
	}
}

// What a step does when it fails is its own affair: fail, skip and null.
func TestOnError(t *testing.T) {
	texts := map[string]string{"/list": `[{"id":1},{"id":2}]`, "/a/1": `{"x":1}`, "/b/1": `[1,2]`, "/a/2": `{"x":2}`}
	for _, row := range []struct{ policy, want string }{
		{"fail", `{"error":{"class":"http","message":"GET demo://o/b/2: 404 Not Found: \"404 page not found\"","status":404,"step":"b"},"key":"2","ok":false}`},
		{"skip", `{"skipped":"b: GET demo://o/b/2: 404 Not Found: \"404 page not found\""}`},
		{"null", `{"a":{"x":2},"b":[],"id":2}`},
	} {
		f, out := in(t, `
version: 1
steps:
  list: {get: demo://o/list, each: ".[]", key: .id}
  a: {for: list, get: "demo://o/a/{{.id}}"}
  b: {for: list, get: "demo://o/b/{{.id}}", each: ".[]", on_error: `+row.policy+`}`)
		sum, err := f.Run(t.Context(), flow.Options{Session: served(answers(texts))})
		if err != nil {
			t.Fatal(err)
		}
		rows := lines(t, out)
		if got := show(rows[1]); got != row.want {
			t.Errorf("%s: %s", row.policy, got)
		}
		if got := show(rows[0]); got != `{"a":{"x":1},"b":[1,2],"id":1}` {
			t.Errorf("%s: the other item has %s", row.policy, got)
		}
		failed, left := map[string]int64{"fail": 1}[row.policy], map[string]int64{"skip": 1}[row.policy]
		if sum.Failed != failed || sum.Stats.LeftOut != left || sum.Stats.Steps[2].Failed != 1 {
			t.Errorf("%s: %+v", row.policy, sum)
		}
		why := []flow.Failure{{Where: "b", Count: 1, First: `GET demo://o/b/2: 404 Not Found: "404 page not found"`}}
		if !slices.Equal(sum.Stats.Failures, why) {
			t.Errorf("%s: why: %+v", row.policy, sum.Stats.Failures)
		}
		if row.policy != "fail" {
			continue
		}
		texts["/b/2"] = "[3]"
		sum, err = f.Run(t.Context(), flow.Options{Session: served(answers(texts)), Journal: batch.JournalOptions{RetryFailed: true}})
		if err != nil || sum.Done != 1 || sum.Failed != 0 {
			t.Errorf("the failed ones again: %+v, %v", sum, err)
		}
		if rows := lines(t, out); len(rows) != 2 || show(rows[1]) != `{"a":{"x":2},"b":[3],"id":2}` { // one line each
			t.Errorf("the failed ones again: %s", show(rows))
		}
		delete(texts, "/b/2")
	}
}

// The steps of one item run at the same time, and items do: it takes as long as the
// longest chain.
func TestAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			if r.URL.Path == "/list" {
				fmt.Fprint(w, `[1,2,3,4,5,6,7,8]`)
				return
			}
			fmt.Fprint(w, `{}`)
		})
		text := `
version: 1
steps:
  list: {get: demo://o/list, each: ".[]"}
  a: {for: list, get: "demo://o/a/{{.item}}"}
  b: {for: list, get: "demo://o/b/{{.item}}"}
  c: {for: b, get: "demo://o/c"}`
		f, _ := in(t, text)
		began := time.Now()
		progress := &flow.Progress{}
		if _, err := f.Run(t.Context(), flow.Options{Session: served(slow), Concurrency: 4, Progress: progress}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 1*time.Second+2*2*time.Second {
			t.Errorf("took %v, want the list, and twice two requests", took)
		}
		if s := progress.Stats(); s.Steps[1].Peak != 4 || s.Steps[2].Peak != 4 {
			t.Errorf("%+v", s.Steps)
		}
	})
}

// The first failure of an item cancels what else is asked for it, and waits for that.
func TestFailureCancelsSiblings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cancelled atomic.Int64
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/list":
				fmt.Fprint(w, `[{"id":1}]`)
			case "/bad":
				time.Sleep(time.Second)
				http.Error(w, "no", http.StatusBadRequest)
			default:
				select {
				case <-r.Context().Done():
					cancelled.Add(1)
				case <-time.After(20 * time.Second):
				}
			}
		})
		f, out := in(t, `
version: 1
steps:
  list: {get: demo://o/list, each: ".[]"}
  slow: {for: list, get: demo://o/slow}
  bad: {for: list, get: demo://o/bad}`)
		began := time.Now()
		if _, err := f.Run(t.Context(), flow.Options{Session: served(h)}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != time.Second || cancelled.Load() != 1 {
			t.Errorf("took %v, %d cancelled", took, cancelled.Load())
		}
		if got := show(lines(t, out)[0]["error"]); !strings.Contains(got, `"step":"bad"`) {
			t.Errorf("%s", got)
		}
	})
}

// A limit holds for all steps that name it, together.
func TestLimitsAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var now, top int
		var starts []time.Time
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			now++
			top = max(top, now)
			starts = append(starts, time.Now())
			mu.Unlock()
			time.Sleep(100 * time.Millisecond)
			mu.Lock()
			now--
			mu.Unlock()
			fmt.Fprint(w, `[{"id":1},{"id":2},{"id":3},{"id":4}]`)
		})
		f, _ := in(t, `
version: 1
limits: {api: {concurrency: 3, rate: 100/s}}
steps:
  list: {get: demo://o/list, each: ".[]", limit: api}
  a: {for: list, get: demo://o/a, limit: api}
  b: {for: list, get: demo://o/b, limit: api}`)
		if _, err := f.Run(t.Context(), flow.Options{Session: served(h)}); err != nil {
			t.Fatal(err)
		}
		if top != 3 || len(starts) != 9 {
			t.Errorf("%d at once, %d requests", top, len(starts))
		}
		for i := 1; i < len(starts); i++ {
			if d := starts[i].Sub(starts[i-1]); d < 10*time.Millisecond {
				t.Errorf("request %d came %v behind the one before", i, d)
			}
		}
	})
}

// A host that has answered 429 is left alone, by all steps that share the limit,
// until the moment that it has named.
func TestTooManyHoldsTheHostForAllSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var refused time.Time
		early := 0
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			switch since := time.Since(refused); {
			case r.URL.Path == "/list":
				fmt.Fprint(w, `[{"id":1},{"id":2},{"id":3},{"id":4},{"id":5},{"id":6}]`)
			case refused.IsZero():
				refused = time.Now()
				w.Header().Set("Retry-After", "60")
				w.WriteHeader(http.StatusTooManyRequests)
			default:
				if since > 0 && since < time.Minute {
					early++
				}
				time.Sleep(10 * time.Millisecond)
				fmt.Fprint(w, `{"ok":true}`)
			}
		})
		f, out := in(t, `
version: 1
limits: {api: {concurrency: 2, retries: 3}}
steps:
  list: {get: demo://o/list, each: ".[]", limit: api}
  a: {for: list, get: "demo://o/a/{{path .id}}", limit: api}
  b: {for: list, get: "demo://o/b/{{path .id}}", limit: api}`)
		if _, err := f.Run(t.Context(), flow.Options{Session: served(h)}); err != nil {
			t.Fatal(err)
		}
		if early > 1 { // the other one of two was under way
			t.Errorf("%d requests within the minute", early)
		}
		if n := len(lines(t, out)); n != 6 {
			t.Errorf("%d lines, want 6", n)
		}
	})
}

// Steps of steps are joined where they belong, and templates see all that is above.
func TestNested(t *testing.T) {
	texts := map[string]string{
		"/list": `[{"id":1}]`, "/posts/1": `{"items":[{"id":10,"title":"x"},{"id":11,"title":"y"}]}`,
		"/comments/1/10": `["a"]`, "/comments/1/11": `[]`, "/who/7": `{"name":"N"}`, "/user/1": `{"boss":7}`,
	}
	f, out := in(t, `
version: 1
vars: {base: demo://o}
steps:
  list: {get: "{{.base}}/list", each: ".[]"}
  user: {for: list, get: "{{.base}}/user/{{.id}}"}
  boss: {for: user, get: "{{.base}}/who/{{.boss}}"}
  posts: {for: list, get: "{{.base}}/posts/{{.id}}", each: ".items[]"}
  comments: {for: posts, get: "{{.base}}/comments/{{.list.id}}/{{.posts.id}}", each: ".[]"}`)
	if _, err := f.Run(t.Context(), flow.Options{Session: served(answers(texts))}); err != nil {
		t.Fatal(err)
	}
	want := `{"id":1,"posts":[{"comments":["a"],"id":10,"title":"x"},{"comments":[],"id":11,"title":"y"}],"user":{"boss":{"name":"N"}}}`
	if got := show(lines(t, out)[0]); got != want {
		t.Errorf("%s", got)
	}
}

// The templates of a flow have no key and no index but those that it names itself: they were
// those of no row, and 0.
func TestNoIndexOfItsOwn(t *testing.T) {
	texts := map[string]string{"/list": `[{"id":1}]`, "/a/x": `1`}
	for vars, want := range map[string]string{
		"{}":                 `no field \"key\"; there are: id, item, list`,
		"{key: x}":           `no field \"index\"; there are: id, item, key, list`,
		"{key: x, index: y}": `{"a":1,"b":1,"id":1}`,
	} {
		f, out := in(t, `
version: 1
vars: `+vars+`
steps:
  list: {get: demo://o/list, each: ".[]"}
  a: {for: list, get: "demo://o/a/{{.key}}"}
  b: {for: list, post: "demo://o/a/x", json: {n: "{{.key}} {{.index}}"}}`)
		if _, err := f.Run(t.Context(), flow.Options{Session: served(answers(texts))}); err != nil {
			t.Fatal(err)
		}
		if got := show(lines(t, out)[0]); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", vars, got, want)
		}
	}
}

// What a server sends can't take the place of a variable.
func TestVariablesGoFirst(t *testing.T) {
	texts := map[string]string{"/list": `[{"id":1,"base":"demo://evil"}]`, "/a/1": `1`}
	f, out := in(t, `
version: 1
vars: {base: demo://o}
steps:
  list: {get: "{{.base}}/list", each: ".[]"}
  a: {for: list, get: "{{.base}}/a/{{.id}}", headers: {X: "{{.item.base}}"}}`)
	var hosts []string
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hosts = append(hosts, r.URL.Host+r.Header.Get("X"))
		answers(texts).ServeHTTP(w, r)
	})
	if _, err := f.Run(t.Context(), flow.Options{Session: served(h)}); err != nil {
		t.Fatal(err)
	}
	if strings.Join(hosts, " ") != "o odemo://evil" {
		t.Errorf("hosts %v: %v", hosts, lines(t, out))
	}
	if _, err := f.Run(t.Context(), flow.Options{Vars: map[string]string{"bas": "x"}}); !errors.Is(err, flow.ErrVar) || !strings.Contains(err.Error(), `did you mean "base"`) {
		t.Errorf("a variable that there is not: %v", err)
	}
}

// Bodies of JSON are filled in without breaking out of their texts.
func TestBodies(t *testing.T) {
	var mu sync.Mutex
	var got []string
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := make([]byte, r.ContentLength)
		_, _ = r.Body.Read(body)
		mu.Lock()
		got = append(got, r.Method+" "+string(body)+" "+strings.Join(r.Header["Content-Type"], " and ")+r.Header.Get("Idempotency-Key"))
		mu.Unlock()
		fmt.Fprint(w, `[{"id":1,"name":"a \"b\"","tags":[1,2]}]`)
	})
	f, _ := in(t, `
version: 1
steps:
  list: {post: demo://o/list, json: {n: 5, deep: [true, null, 1e3, "1e3"]}, each: ".[]"}
  a: {for: list, put: demo://o/a, json: {name: "{{.name}}!", tags: "{{json .tags}}", id: "{{.id}}"}, idempotency_key: "k-{{.id}}"}
  b: {for: a, put: demo://o/b, json: '{"all": {{json .list.tags}}}', each: "1"}
  c: {for: b, patch: demo://o/c, json: {n: 1}, headers: {content-type: application/merge-patch+json}}`)
	if sum, err := f.Run(t.Context(), flow.Options{Session: served(h)}); err != nil || sum.Failed > 0 {
		t.Fatal(sum, err)
	}
	want := []string{`POST {"deep":[true,null,1e3,"1e3"],"n":5} application/json`, `PUT {"id":"1","name":"a \"b\"!","tags":[1,2]} application/jsonk-1`, `PUT {"all": [1,2]} application/json`, `PATCH {"n":1} application/merge-patch+json`}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

// Values from the environment are used, and never shown.
func TestSecrets(t *testing.T) {
	t.Setenv("FLOW_TEST_TOKEN", "s3cr3t value")
	var seen string
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/a" {
			http.Error(w, "the key "+r.URL.Query().Get("key")+" is unknown", http.StatusForbidden)
			return
		}
		seen = r.Header.Get("Authorization") + r.Header.Get("X-Key") + r.URL.Query().Get("key")
		if r.URL.Query().Get("p") == "" {
			w.Header().Set("Link", fmt.Sprintf("<demo://o/list?%s&p=2>; rel=next", r.URL.RawQuery))
		}
		fmt.Fprint(w, `[{"id":1}]`+strings.Repeat(" ", len(r.URL.Query().Get("p"))))
	})
	f, out := in(t, `
version: 1
vars: {token: env:FLOW_TEST_TOKEN}
steps:
  list: {get: "demo://o/list?key={{query .token}}", headers: {Authorization: "Bearer {{.token}}", X-Key: '{{env "FLOW_TEST_TOKEN"}}'}, each: ".[]", paginate: {next: link}}
  a: {for: list, get: "demo://o/a?key={{query .token}}"}`)
	if _, err := f.Run(t.Context(), flow.Options{Session: served(h)}); err != nil {
		t.Fatal(err)
	}
	if seen != "Bearer s3cr3t values3cr3t values3cr3t value" {
		t.Errorf("sent %q", seen)
	}
	var dry strings.Builder
	if err := f.DryRun(&dry, nil); err != nil {
		t.Fatal(err)
	}
	all := dry.String()
	for _, path := range []string{out, out + ".job", out + ".flow/list.jsonl", out + ".flow/list.jsonl.job"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all += string(text)
	}
	if strings.Contains(all, "s3cr3t") || !strings.Contains(all, "REDACTED") {
		t.Errorf("the secret is shown in\n%s", all)
	}
	t.Setenv("FLOW_TEST_TOKEN", "")
	if _, err := f.Run(t.Context(), flow.Options{}); !errors.Is(err, flow.ErrVar) {
		t.Errorf("a variable of nothing: %v", err)
	}
}

// A secret is not shown however it is written: in a URL, in JSON, in a command, in the answer
// of a server that sends it back, cut in its middle, and in the error of the run.
func TestSecretsHoweverWritten(t *testing.T) {
	t.Setenv("FLOW_TEST_TOKEN", `s3cr3t'"<&\ü`)
	var status atomic.Int64
	var sent atomic.Value
	status.Store(http.StatusOK)
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/list" {
			w.WriteHeader(int(status.Load()))
			fmt.Fprint(w, "[1,2]")
			return
		}
		sent.Store(string(body))
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, "%s%s and again %s", strings.Repeat("x", 170-len(body)), body, body)
	})
	text := `
version: 1
vars: {token: env:FLOW_TEST_TOKEN}
steps:
  list: {post: "demo://o/list?x={{query .token}}", headers: {X-Key: "{{.token}}"}, json: {k: "{{.token}}"}, each: ".[]"}
  a: {for: list, post: "demo://o/a", json: {k: "{{.token}}", e: '{{env "FLOW_TEST_TOKEN"}}'}}
  b: {for: list, post: "demo://o/b/{{path .token}}", body: "{{.token}}", on_error: skip}`
	f, out := in(t, text)
	if _, err := f.Run(t.Context(), flow.Options{Session: served(h)}); err != nil {
		t.Fatal(err)
	}
	if got, _ := sent.Load().(string); !strings.Contains(got, "s3cr3t") {
		t.Errorf("sent %q", got)
	}
	written, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	if err := f.DryRun(&all, nil); err != nil {
		t.Fatal(err)
	}
	status.Store(http.StatusForbidden)
	f, _ = in(t, text)
	_, err = f.Run(t.Context(), flow.Options{Session: served(h)})
	if !errors.Is(err, flow.ErrList) {
		t.Errorf("%v", err)
	}
	fmt.Fprintf(&all, "%s%v", written, err)
	if strings.Contains(all.String(), "s3c") || strings.Count(all.String(), "REDACTED") < 5 {
		t.Errorf("the secret is shown in\n%s", all.String())
	}
}

// A run that is stopped in the middle goes on with the same list, also if the server has
// another one by then.
func TestGoesOnWithTheSameList(t *testing.T) {
	f, out := in(t, users)
	var asked atomic.Int64
	o := origin.New(origin.Options{Users: 50})
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(2 * time.Millisecond) // so that some are done by then
		if asked.Add(1) == 60 {
			cancel(enough)
		}
		o.ServeHTTP(w, r)
	})
	if _, err := f.Run(ctx, flow.Options{Session: served(h), Concurrency: 4}); !errors.Is(err, enough) {
		t.Fatalf("%v", err)
	}
	first := len(lines(t, out))
	if first == 0 || first == 50 {
		t.Fatalf("%d lines", first)
	}
	shifted := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/users" && r.URL.Query().Get("page") == "" {
			t.Error("the list is asked for again")
		}
		o.ServeHTTP(w, r)
	})
	sum, err := f.Run(t.Context(), flow.Options{Session: served(shifted), Journal: batch.JournalOptions{Resume: true}})
	if err != nil || !sum.Complete || sum.Skipped != int64(first) {
		t.Fatalf("%+v, %v", sum, err)
	}
	rows := lines(t, out)
	for i := range int64(50) {
		if rows[i]["id"] != float64(i+1) {
			t.Errorf("row %d: %v", i, rows[i])
		}
	}
	if err := os.RemoveAll(out + ".flow"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Run(t.Context(), flow.Options{Session: served(o), Journal: batch.JournalOptions{Resume: true}}); !errors.Is(err, flow.ErrState) {
		t.Errorf("without its state: %v", err)
	}
}

// Items that the server has on two pages are taken once.
func TestKeysAreTakenOnce(t *testing.T) {
	texts := map[string]string{"/list": `{"items":[{"id":1},{"id":2}],"next":"c"}`, "/list?cursor=c": `{"items":[{"id":2},{"id":3},{},{"id":"3"},{}]}`}
	f, out := in(t, `
version: 1
steps:
  list: {get: demo://o/list, each: ".items[]", key: .id, paginate: {cursor: .next}}`)
	if _, err := f.Run(t.Context(), flow.Options{Session: served(answers(texts))}); err != nil {
		t.Fatal(err)
	}
	if got := show(lines(t, out)); got != `{"0":{"id":1},"1":{"id":2},"2":{"id":3},"3":{},"4":{"id":"3"},"5":{}}` {
		t.Errorf("%s", got)
	}
	texts = map[string]string{"/list": `[{"a":1,"b":1},{"a":1,"b":2},{"a":1,"b":1},{"a":true},{"a":true},{"c":1},{"c":2},{"a":"1","b":1}]`}
	f, out = in(t, `
version: 1
steps:
  list: {get: demo://o/list, each: ".[]", key: "[.a, .b]"}`)
	if _, err := f.Run(t.Context(), flow.Options{Session: served(answers(texts))}); err != nil {
		t.Fatal(err)
	}
	if got := show(lines(t, out)); got != `{"0":{"a":1,"b":1},"1":{"a":1,"b":2},"2":{"a":true},"3":{"c":1},"4":{"c":2},"5":{"a":"1","b":1}}` {
		t.Errorf("a key of two: %s", got)
	}
}

// A sample is shown, and nothing is written.
func TestSample(t *testing.T) {
	f, out := in(t, users)
	var rows strings.Builder
	o := origin.New(origin.Options{Users: 50})
	sum, err := f.Run(t.Context(), flow.Options{Session: served(o), Sample: 3, Rows: &rows})
	if err != nil || sum.Done != 3 || strings.Count(rows.String(), "\n") != 3 {
		t.Errorf("%+v, %v: %s", sum, err, rows.String())
	}
	if entries, err := os.ReadDir(filepath.Dir(out)); err != nil || len(entries) != 0 {
		t.Errorf("%v, %v", entries, err)
	}
	file := filepath.Join(t.TempDir(), "list.txt")
	if err := os.WriteFile(file, []byte("a\nb\nc\nd\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	f, _ = in(t, "version: 1\nsteps: {l: {file: '"+file+"', format: lines}}")
	rows.Reset()
	if _, err := f.Run(t.Context(), flow.Options{Sample: 2, Rows: &rows}); err != nil || strings.Count(rows.String(), "\n") != 2 {
		t.Errorf("of a file: %v: %s", err, rows.String())
	}
}

// since asks for what is new since the last whole run.
func TestSince(t *testing.T) {
	var mu sync.Mutex
	var asked []string
	fail := true
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.URL.Path == "/list" {
			asked = append(asked, r.URL.Query().Get("after"))
			fmt.Fprint(w, `[{"id":1,"at":"2026-01-02"},{"id":2,"at":"2026-01-09"},{"id":3,"at":"2026-01-05"}]`)
			return
		}
		if fail {
			http.Error(w, "", http.StatusBadRequest)
			return
		}
		fmt.Fprint(w, `{}`)
	})
	f, _ := in(t, `
version: 1
steps:
  list: {get: "demo://o/list?after={{query .since}}", each: ".[]", since: {max: .at, start: "2026-01-01"}}
  a: {for: list, get: "demo://o/a"}`)
	for range 3 {
		if _, err := f.Run(t.Context(), flow.Options{Session: served(h), Journal: batch.JournalOptions{Force: true}}); err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		fail = false
		mu.Unlock()
	}
	if got := strings.Join(asked, " "); got != "2026-01-01 2026-01-01 2026-01-09" {
		t.Errorf("asked for what came after %s: what has failed must come again", got)
	}
}

// What failed before a run was gone on with has to come again, too.
func TestSinceAfterFailures(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		bad, asked := true, ""
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Path == "/list":
				asked = r.URL.Query().Get("after")
				fmt.Fprint(w, `[{"id":1,"at":7},{"id":2,"at":9}]`)
			case r.URL.Path == "/a/1" && bad:
				http.NotFound(w, r)
			}
		})
		f := parse(t, `
version: 1
steps:
  list: {get: "demo://o/list?after={{query .since}}", each: ".[]", since: {max: .at, start: 5}}
  a: {for: list, get: "demo://o/a/{{.id}}"}
output: {`+p.String()+`, table: t, key: id}`)
		state := filepath.Join(t.TempDir(), "state")
		run := func(j batch.JournalOptions, most int64) (flow.Summary, error) {
			return f.Run(t.Context(), flow.Options{Session: served(h), Drivers: drivers, State: state, Journal: j, Concurrency: 1, MaxErrors: most})
		}
		if sum, err := run(batch.JournalOptions{}, 1); err == nil || sum.Failed != 1 || sum.Complete {
			t.Fatalf("%+v, %v", sum, err)
		}
		for range 2 { // also of one that is gone on with when it is complete
			if sum, err := run(batch.JournalOptions{Resume: true}, 0); err != nil || sum.Failed != 0 || sum.FailedBefore != 1 || !sum.Complete {
				t.Fatalf("%+v, %v", sum, err)
			}
		}
		if _, err := os.Stat(filepath.Join(state, "since.json")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("since has moved on, and item 1 has failed: %v", err)
		}
		bad = false
		if sum, err := run(batch.JournalOptions{RetryFailed: true}, 0); err != nil || sum.Done != 1 || sum.Failed+sum.FailedBefore != 0 {
			t.Fatalf("%+v, %v", sum, err)
		}
		if _, err := run(batch.JournalOptions{}, 0); err != nil || asked != "9" {
			t.Errorf("asked for what comes after %s, %v", asked, err)
		}
	})
}

// Of a number and a text neither is larger: the next run would begin behind everything.
func TestSinceOfTwoKinds(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `[{"id":1,"at":null},{"id":2,"at":7},{"id":3,"at":"never"}]`)
	})
	f := parse(t, `{version: 1, steps: {list: {get: "demo://o/list?after={{.since}}", each: ".[]", since: {max: .at, start: 5}}}, output: {file: out.jsonl}}`)
	dir := t.TempDir()
	_, err := f.Run(t.Context(), flow.Options{Session: served(h), Output: filepath.Join(dir, "out.jsonl")})
	if want := `since .at: "never" is a string, and 7 before it is a number`; !errors.Is(err, flow.ErrList) || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}

// An error is one line.
func TestNoRoomForTheState(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	f, _ := in(t, users)
	_, err := f.Run(t.Context(), flow.Options{State: filepath.Join(file, "state")})
	if !errors.Is(err, flow.ErrOutput) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%q", err)
	}
}

// The list is not written over, whatever it is called.
func TestListIsNotTheOutput(t *testing.T) {
	dir := t.TempDir()
	list := filepath.Join(dir, "in.jsonl")
	if err := os.WriteFile(list, []byte("{\"id\":1}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	f := parse(t, "version: 1\nsteps: {list: {file: '"+list+"'}}\noutput: {file: '"+filepath.Join(dir, "out.jsonl")+"'}")
	_, err := f.Run(t.Context(), flow.Options{Output: dir + "/./in.jsonl", Journal: batch.JournalOptions{Force: true}})
	if !errors.Is(err, flow.ErrOutput) {
		t.Errorf("%v", err)
	}
	if text, err := os.ReadFile(list); err != nil || string(text) != "{\"id\":1}\n" {
		t.Errorf("%q, %v", text, err)
	}
}

// A table of CSV has all fields that rows have, and a field that lines have themselves is
// told.
func TestFieldsOfCSV(t *testing.T) {
	dir := t.TempDir()
	list, out := filepath.Join(dir, "in.jsonl"), filepath.Join(dir, "out.csv")
	if err := os.WriteFile(list, []byte(`{"b":1}
{"c":"x","a":null}
{"skipped":1}
`), 0o666); err != nil {
		t.Fatal(err)
	}
	f := parse(t, "version: 1\nsteps: {list: {file: '"+list+"'}}\noutput: {file: '"+out+"', order: input}")
	if sum, err := f.Run(t.Context(), flow.Options{}); err != nil || sum.Failed != 1 {
		t.Fatalf("%+v, %v", sum, err)
	}
	if text, err := os.ReadFile(out); err != nil || string(text) != "a,b,c\n,1,\n,,x\n" {
		t.Errorf("%q, %v", text, err)
	}
}

// A row whose one field is empty is one for who reads the table.
func TestEmptyCSV(t *testing.T) {
	dir := t.TempDir()
	list, out := filepath.Join(dir, "in.jsonl"), filepath.Join(dir, "out.csv")
	if err := os.WriteFile(list, []byte("\"x\"\n\"\"\nnull\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	f := parse(t, "version: 1\nsteps: {list: {file: '"+list+"'}}\noutput: {file: '"+out+"', order: input}")
	if _, err := f.Run(t.Context(), flow.Options{}); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(out); err != nil || string(text) != "value\nx\n\"\"\n\"\"\n" {
		t.Errorf("%q, %v", text, err)
	}
}

// Files are lists too, and CSV an output.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	list, out := filepath.Join(dir, "in.csv"), filepath.Join(dir, "out.csv")
	if err := os.WriteFile(list, []byte("id,who\n1,x\n2,y\n3,\"z,\"\"q\"\"\"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	f := parse(t, `
version: 1
steps:
  rows: {file: '`+list+`'}
  a: {for: rows, get: "demo://o/{{.id}}", on_error: skip}
select: "{id, who, n: .a.n, l: [1]}"
output: {file: '`+out+`', order: input, columns: [id, who, n, l]}`)
	texts := map[string]string{"/1": `{"n":1.50}`, "/3": `{}`}
	if err := os.WriteFile(out, []byte("somebody's"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, resume := range []bool{false, true} {
		if _, err := f.Run(t.Context(), flow.Options{Journal: batch.JournalOptions{Resume: resume}}); !errors.Is(err, batch.ErrExists) {
			t.Errorf("a table that is somebody else's: %v", err)
		}
	}
	if err := os.Remove(out); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Run(t.Context(), flow.Options{Session: served(answers(texts))}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(out)
	if want := "id,who,n,l\n1,x,1.50,[1]\n3,\"z,\"\"q\"\"\",,[1]\n"; err != nil || string(text) != want {
		t.Errorf("%s, %v", text, err)
	}
	if err := os.WriteFile(list, []byte("id,who\n1,x\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Run(t.Context(), flow.Options{Journal: batch.JournalOptions{Resume: true}}); !errors.Is(err, batch.ErrOtherJob) {
		t.Errorf("another file: %v", err)
	}
	if err := os.Remove(list); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Run(t.Context(), flow.Options{}); !errors.Is(err, flow.ErrList) {
		t.Errorf("no file: %v", err)
	}
}

// A row of a file may be an array, and is an item as any other one.
func TestRowsThatAreArrays(t *testing.T) {
	list := filepath.Join(t.TempDir(), "in.jsonl")
	if err := os.WriteFile(list, []byte("[1,\"x\"]\n[]\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	f, out := in(t, `
version: 1
steps:
  rows: {file: '`+list+`'}
select: "{first: .[0]}"`)
	sum, err := f.Run(t.Context(), flow.Options{})
	if got := lines(t, out); err != nil || len(got) != 2 || got[0]["first"] != 1.0 || got[1]["first"] != nil {
		t.Errorf("%+v, %v: %v", sum, err, got)
	}
}

// The list of another run, of which the state folder is too, is not taken for that of a run.
func TestOneStateForTwoOutputs(t *testing.T) {
	dir := t.TempDir()
	list := "[1,2,3,4,5,6,7,8,9]"
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/list" {
			fmt.Fprint(w, list)
			return
		}
		http.NotFound(w, r)
	})
	f, _ := in(t, "\nversion: 1\nsteps: {list: {get: demo://o/list, each: '.[]'}, a: {for: list, get: demo://o/a}}")
	run := func(name string, o flow.Options) error {
		o.Session, o.Output, o.State, o.Concurrency = served(h), filepath.Join(dir, name), filepath.Join(dir, "state"), 1
		_, err := f.Run(t.Context(), o)
		return err
	}
	if err := run("a.jsonl", flow.Options{FailFast: true}); !errors.Is(err, batch.ErrFailFast) {
		t.Fatal(err)
	}
	resume := flow.Options{Journal: batch.JournalOptions{Resume: true}}
	if list = "[0,1,2,3,4,5,6,7,8,9]"; run("b.jsonl", flow.Options{}) != nil {
		t.Error("another output is refused")
	}
	if err := run("a.jsonl", resume); !errors.Is(err, batch.ErrOtherJob) || !strings.Contains(err.Error(), "output") {
		t.Errorf("with the list of another run: %v", err)
	}
	if err := run("b.jsonl", resume); err != nil {
		t.Error(err)
	}
}

// Nothing says that a pipe has the same items again: a run is not gone on with.
func TestListFromAPipe(t *testing.T) {
	pipe := func(text string) string {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		fmt.Fprint(w, text)
		w.Close()
		name := fmt.Sprintf("/dev/fd/%d", r.Fd())
		if _, err := os.Stat(name); err != nil {
			t.Skipf("%s is not there: this system has no name for a pipe that can be opened by it", name)
		}
		return name
	}
	dir := t.TempDir()
	run := func(file string, resume bool) error {
		name := filepath.Join(dir, "list")
		if err := errors.Join(os.RemoveAll(name), os.Symlink(file, name)); err != nil {
			t.Fatal(err)
		}
		f := parse(t, "version: 1\nsteps: {list: {file: '"+name+"', format: jsonl}}\noutput: {file: '"+filepath.Join(dir, "out.jsonl")+"'}")
		_, err := f.Run(t.Context(), flow.Options{Journal: batch.JournalOptions{Resume: resume}})
		return err
	}
	var cut bytes.Buffer
	z := gzip.NewWriter(&cut)
	fmt.Fprintln(z, "1\n2")
	z.Flush()
	if err := run(pipe(cut.String()), false); !errors.Is(err, flow.ErrList) {
		t.Errorf("%v", err)
	}
	if err := run(pipe("7\n8\n9\n"), true); !errors.Is(err, flow.ErrState) || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("%v", err)
	}
}

// An item that emit can make nothing of has failed, also when the run goes on, and costs no
// other.
func TestBadItemsOfAList(t *testing.T) {
	var open atomic.Bool
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Query().Get("page") == "1":
			fmt.Fprint(w, `[{"id":1,"who":{"name":"Ann"}},{"id":2,"who":"Bo"},{"id":3,"who":{"name":"Cy"}}]`)
		case r.URL.Query().Get("page") == "2" && !open.Load():
			w.WriteHeader(http.StatusForbidden)
		default:
			fmt.Fprint(w, `[]`)
		}
	})
	f, out := in(t, `
version: 1
steps: {list: {get: demo://o/list, each: ".[]", emit: "{id, name: .who.name}", key: .id, paginate: {page: page}}}`)
	o := flow.Options{Session: served(h)}
	if _, err := f.Run(t.Context(), o); !errors.Is(err, flow.ErrList) {
		t.Fatal(err)
	}
	open.Store(true)
	o = flow.Options{Session: served(h), Journal: batch.JournalOptions{Resume: true, RetryFailed: true}}
	sum, err := f.Run(t.Context(), o)
	if err != nil || !sum.Complete || sum.Failed != 1 {
		t.Fatalf("%+v, %v", sum, err)
	}
	rows := lines(t, out)
	if got := fmt.Sprint(rows[1]["error"]); len(rows) != 3 || rows[0]["name"] != "Ann" || rows[2]["name"] != "Cy" || rows[1]["key"] != "2" || !strings.Contains(got, "emit {id, name: .who.name}: ") {
		t.Errorf("%v", rows)
	}
}

// Answers that are of no use fail their item, and say why.
func TestBadAnswers(t *testing.T) {
	for _, row := range []struct{ answer, step, want string }{
		{`<html>`, ``, "the answer is no JSON but"},
		{`{} {}`, ``, "something follows"},
		{`{"items":5}`, `each: ".items[]"`, "each .items[]"},
		{`{"items":[5],"total":1}`, `each: ".item[]"`, "each .item[]: cannot iterate over: null; there are: items, total"},
		{`{"items":[5,6]}`, `each: .items`, `each .items is an array of 2: write each: \".items[]\" to take its items`},
		{`[1,2]`, `each: ".[]", collect: one`, "it got 2 items, and collect: one wants one"},
		{`[1]`, `each: ".[]", emit: ".x"`, "emit .x"},
		{"[\"Jos\xe9\"]", ``, "the answer is not in UTF-8"},
	} {
		f, out := in(t, `
version: 1
steps:
  list: {get: demo://o/list, each: ".[]"}
  a: {for: list, get: "demo://o/a", `+row.step+`}`)
		texts := map[string]string{"/list": "[1]", "/a": row.answer}
		if _, err := f.Run(t.Context(), flow.Options{Session: served(answers(texts))}); err != nil {
			t.Fatal(err)
		}
		if got := lines(t, out)[0]; got["ok"] != false || !strings.Contains(show(got["error"]), row.want) {
			t.Errorf("%s: %s, want %s", row.answer, show(got), row.want)
		}
	}
	f, out := in(t, "\nversion: 1\nsteps: {list: {get: demo://o/list, each: '.[]'}}\nselect: '{ok: .}'")
	if _, err := f.Run(t.Context(), flow.Options{Session: served(answers(map[string]string{"/list": "[1]"}))}); err != nil {
		t.Fatal(err)
	}
	if got := show(lines(t, out)[0]); !strings.Contains(got, `a field \"ok\"`) {
		t.Errorf("a field of the line: %s", got)
	}
}

// Only an answer of success is one: what a redirect says that leads nowhere is none.
func TestStatuses(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		if err != nil {
			fmt.Fprint(w, "\uFEFF[200,204,300,302,304,404]")
			return
		}
		w.WriteHeader(status)
	})
	f, out := in(t, `
version: 1
steps:
  list: {get: demo://o/list, each: ".[]"}
  a: {for: list, get: "demo://o/{{.item}}"}`)
	if _, err := f.Run(t.Context(), flow.Options{Session: served(h)}); err != nil {
		t.Fatal(err)
	}
	for index, row := range lines(t, out) {
		if failed := row["ok"] == false; failed != (index > 1) {
			t.Errorf("%s", show(row))
		}
	}
}

// A cursor and a next page that have a secret from the environment are gone on with, also where
// a template names it that was not asked for yet; and a server can't get one by writing what
// stands for it in the state.
func TestSecretsInCursors(t *testing.T) {
	t.Setenv("FLOW_TEST_TOKEN", "s3cr3t/value")
	var broken atomic.Bool
	var mu sync.Mutex
	var sent []string
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		cursor := r.URL.Query().Get("cursor")
		sent = append(sent, cursor)
		switch {
		case cursor == "":
			fmt.Fprintf(w, `{"items":[1],"next":%q}`, r.Header.Get("X-Next"))
		case broken.Load():
			w.WriteHeader(http.StatusForbidden)
		default:
			fmt.Fprint(w, `{"items":[2]}`)
		}
	})
	for header, want := range map[string]string{
		`"a {{env \"FLOW_TEST_TOKEN\"}} z"`:                                "a s3cr3t/value z",
		`"a {{env \"FLOW_TEST_TOKEN\" | query}} z"`:                        "a s3cr3t%2Fvalue z",
		`"{{json \"{{0 FLOW_TEST_TOKEN}} {{open}} {{\"}}"`:                 `"{{0 FLOW_TEST_TOKEN}} {{open}} {{"`,
		`"{{json \"{{0 FLOW_TEST_TOKEN}}\"}} {{env \"FLOW_TEST_TOKEN\"}}"`: `"{{0 FLOW_TEST_TOKEN}}" s3cr3t/value`,
	} {
		sent = nil
		text := `
version: 1
steps: {list: {get: "demo://o/list", headers: {X-Next: ` + header + `}, each: ".items[]", paginate: {cursor: .next}}}`
		broken.Store(true)
		f, out := in(t, text)
		if _, err := f.Run(t.Context(), flow.Options{Session: served(h)}); !errors.Is(err, flow.ErrList) {
			t.Fatal(err)
		}
		broken.Store(false)
		f = parse(t, text+"\noutput: {file: '"+out+"'}")
		if _, err := f.Run(t.Context(), flow.Options{Session: served(h), Journal: batch.JournalOptions{Resume: true}}); err != nil {
			t.Fatal(err)
		}
		if len(sent) != 3 || sent[1] != want || sent[2] != want {
			t.Errorf("%s: sent %q, want %q twice", header, sent, want)
		}
	}
}

// A list that can't be had whole ends the run, which can be resumed.
func TestListFails(t *testing.T) {
	texts := map[string]string{"/list": `{"items":[1,2],"next":"c"}`}
	f, out := in(t, `
version: 1
steps: {list: {get: demo://o/list, each: ".items[]", paginate: {cursor: .next}}}`)
	_, err := f.Run(t.Context(), flow.Options{Session: served(answers(texts))})
	if !errors.Is(err, flow.ErrList) || !strings.Contains(err.Error(), "list: ") || !strings.Contains(err.Error(), "page 2: GET") {
		t.Errorf("%v", err)
	}
	texts["/list?cursor=c"] = `{"items":[3]}`
	sum, err := f.Run(t.Context(), flow.Options{Session: served(answers(texts)), Journal: batch.JournalOptions{Resume: true}})
	if err != nil || len(lines(t, out)) != 3 {
		t.Errorf("%+v, %v: %v", sum, err, lines(t, out))
	}
}

// A ctx that has ended asks for nothing, and makes nothing.
func TestEnded(t *testing.T) {
	f, out := in(t, users)
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("enough")
	cancel(cause)
	if _, err := f.Run(ctx, flow.Options{}); err != cause {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("there is an output")
	}
}
