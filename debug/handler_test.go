package debug_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/debug"
	"github.com/inflight-go/inflight/inflighttest"
)

func TestWhoIsAnswered(t *testing.T) {
	open, locked := debug.Handler(), debug.Handler(debug.Token("secret"))
	for name, c := range map[string]struct {
		h      http.Handler
		change func(r *http.Request)
		code   int
	}{
		"loopback":                {open, func(*http.Request) {}, 200},
		"IPv6":                    {open, func(r *http.Request) { r.RemoteAddr, r.Host = "[::1]:9", "[::1]:80" }, 200},
		"localhost":               {open, func(r *http.Request) { r.Host = "LOCALHOST:6060" }, 200},
		"own origin":              {open, func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:6060") }, 200},
		"another machine":         {open, func(r *http.Request) { r.RemoteAddr = "192.0.2.1:9" }, 403},
		"a name that points here": {open, func(r *http.Request) { r.Host = "evil.example.com" }, 403},
		"a name like localhost":   {open, func(r *http.Request) { r.Host = "localhost.example.com:80" }, 403},
		"no Host":                 {open, func(r *http.Request) { r.Host = "" }, 403},
		"another site":            {open, func(r *http.Request) { r.Header.Set("Origin", "http://evil.example.com") }, 403},
		"an opaque site":          {open, func(r *http.Request) { r.Header.Set("Origin", "null") }, 403},
		"unknown address":         {open, func(r *http.Request) { r.RemoteAddr = "@" }, 403},
		"no change":               {open, func(r *http.Request) { r.Method = "POST" }, 405},
		"no level":                {open, func(r *http.Request) { r.Method, r.URL.Path = "POST", "/level" }, 404},
		"no such path":            {open, func(r *http.Request) { r.URL.Path = "/etc/passwd" }, 404},
		"without the token":       {locked, func(*http.Request) {}, 403},
		"another token":           {locked, func(r *http.Request) { r.Header.Set("Authorization", "Bearer secre") }, 403},
		"an empty token":          {locked, func(r *http.Request) { r.Header.Set("Authorization", "Bearer ") }, 403},
		"the token":               {locked, func(r *http.Request) { r.Header.Set("Authorization", "Bearer secret") }, 200},
		"the token from elsewhere": {locked, func(r *http.Request) {
			r.RemoteAddr, r.Host = "192.0.2.1:9", "box.example.com"
			r.Header.Set("Authorization", "Bearer secret")
		}, 200},
		"the token in a cookie": {locked, func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "inflight-token", Value: "secret"}) }, 200},
		"the token, another site": {locked, func(r *http.Request) {
			r.Header.Set("Authorization", "Bearer secret")
			r.Header.Set("Origin", "http://evil.example.com")
		}, 403},
	} {
		r := httptest.NewRequest("GET", "/tree", nil)
		r.RemoteAddr, r.Host = "127.0.0.1:1234", "127.0.0.1:6060"
		c.change(r)
		w := httptest.NewRecorder()
		c.h.ServeHTTP(w, r)
		if w.Code != c.code {
			t.Errorf("%s: %d %s, want %d", name, w.Code, w.Body, c.code)
		}
		if csp := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; script-src 'self';") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: the policy is %q", name, csp)
		}
	}
}

// get asks the handler as the machine's own user would.
func get(h http.Handler, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	r.RemoteAddr, r.Host = "127.0.0.1:1234", "127.0.0.1:6060"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// A token in the address becomes a cookie that no script and no other site gets.
func TestTokenBecomesACookie(t *testing.T) {
	w := get(debug.Handler(debug.Token("secret")), "/?token=secret")
	c := w.Result().Cookies()
	if w.Code != 303 || w.Header().Get("Location") != "./" || len(c) != 1 || c[0].Value != "secret" || !c[0].HttpOnly || c[0].SameSite != http.SameSiteStrictMode {
		t.Errorf("%d %v %v", w.Code, w.Header(), c)
	}
	if w := get(debug.Handler(debug.Token("secret")), "/?token=other"); w.Code != 403 || len(w.Result().Cookies()) != 0 {
		t.Errorf("another token: %d %v", w.Code, w.Header())
	}
}

// waiting runs tasks that wait until the test is over, and look meanwhile.
func waiting(t *testing.T, n int, look func(parent uint64)) {
	t.Helper()
	err := inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
		scope, _ := inflight.Current(ctx)
		for range n {
			g.Go(func(ctx context.Context) error { <-ctx.Done(); return nil }, inflight.Name(t.Name()))
		}
		for waits := 0; waits < n; time.Sleep(time.Millisecond) {
			waits = 0
			for _, task := range debug.Tasks() {
				if task.Parent == scope.ID && task.State == "running" {
					waits++
				}
			}
		}
		look(scope.ID)
		g.Cancel()
		return nil
	}, inflight.Label(t.Name()+" scope"))
	if err != nil {
		t.Error(err)
	}
}

func TestSnapshotThereAndBack(t *testing.T) {
	waiting(t, 10, func(uint64) {
		w := get(debug.Handler(), "/tasks")
		s, err := debug.Read(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, task := range s.Tasks {
			if task.Name == t.Name() {
				n++
				if s.Find(task.ID).Name != task.Name || s.Find(task.Parent) == nil || task.Where() == "" {
					t.Errorf("%+v", task)
				}
			}
		}
		if n != 10 || s.PID == 0 || s.Go == "" || s.Goroutines < 10 {
			t.Errorf("%d tasks: %+v", n, s)
		}
		var again bytes.Buffer
		if err := s.WriteJSON(&again); err != nil || !json.Valid(again.Bytes()) {
			t.Errorf("%v: %s", err, again.String())
		}
	})
	if _, err := debug.Read(strings.NewReader(`{"tasks":7}`)); err == nil {
		t.Error("no error for what is no snapshot")
	}
}

func TestDetailsAndMembers(t *testing.T) {
	waiting(t, 600, func(parent uint64) {
		h := debug.Handler()
		var key string
		var ids []uint64
		debug.Tree().Lines(func(_ string, b *debug.Branch) bool {
			if b.Parent == parent {
				key, ids = b.Key, b.IDs
			}
			return true
		})
		var members struct {
			Count int
			Tasks []debug.Task
		}
		if err := json.Unmarshal(get(h, "/group?key="+key).Body.Bytes(), &members); err != nil || members.Count != 600 || len(members.Tasks) != 500 || members.Tasks[0].ID != ids[0] {
			t.Errorf("%v: %d members, %d listed", err, members.Count, len(members.Tasks))
		}
		var detail debug.Detail
		if err := json.Unmarshal(get(h, "/task?id="+string(json.RawMessage(jsonNumber(ids[7])))).Body.Bytes(), &detail); err != nil ||
			detail.ID != ids[7] || detail.Doing != "running" || !strings.Contains(detail.Stack, "600 goroutines [chan receive]") || detail.Own {
			t.Errorf("%v: %+v", err, detail)
		}
		for path, code := range map[string]int{"/task?id=x": 400, "/task?id=18446744073709551615": 404, "/group?key=": 404} {
			if w := get(h, path); w.Code != code {
				t.Errorf("%s: %d", path, w.Code)
			}
		}
		if text := get(h, "/tree?filter=DetailsAnd").Body.String(); !strings.Contains(text, "×600") {
			t.Errorf("the tree says %s", text)
		}
	})
}

func jsonNumber(n uint64) []byte { text, _ := json.Marshal(n); return text }

// At level 2 a task's stack is its own.
func TestStackAtLevel2(t *testing.T) {
	inflight.SetDebug(2)
	defer inflight.SetDebug(0)
	waiting(t, 5, func(parent uint64) {
		for _, task := range debug.Tasks() {
			if task.Parent != parent {
				continue
			}
			if text, own := debug.Stack(&task); !own || !strings.Contains(text, "debug_test.waiting.func1.1\n    ") {
				t.Errorf("own %v: %s", own, text)
			}
		}
	})
}

// Events come at once, then each second, for a bounded number of viewers.
func TestEvents(t *testing.T) {
	server := httptest.NewServer(debug.Handler(debug.Show(func() debug.Panel { return debug.Panel{Title: "mine"} })))
	defer server.Close()
	waiting(t, 3, func(uint64) {
		open := func() *http.Response {
			r, err := http.Get(server.URL + "/events?filter=testevents")
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		first := open()
		defer first.Body.Close()
		line, err := bufio.NewReader(first.Body).ReadString('\n')
		var event struct {
			Tree []struct {
				L string
				N int
			}
			Panel struct{ Title string }
		}
		data, ok := strings.CutPrefix(line, "data: ")
		if err != nil || !ok || json.Unmarshal([]byte(data), &event) != nil || len(event.Tree) != 2 || event.Tree[1].L != t.Name() || event.Tree[1].N != 3 || event.Panel.Title != "mine" {
			t.Errorf("%v: %q", err, line)
		}
		for i := range 16 {
			r := open()
			defer r.Body.Close()
			if want := map[bool]int{true: 503, false: 200}[i == 15]; r.StatusCode != want {
				t.Errorf("viewer %d: %d", i+2, r.StatusCode)
			}
		}
	})
}

// What the page gets is bounded, also with 10 000 tasks of which no two are alike.
func TestEventsAreBounded(t *testing.T) {
	err := inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
		for i := range 10_000 {
			g.Go(func(ctx context.Context) error { <-ctx.Done(); return nil }, inflight.Name(strings.Repeat("x", i%97)+strings.Repeat("y", i/97)))
		}
		server := httptest.NewServer(debug.Handler())
		defer server.Close()
		r, err := http.Get(server.URL + "/events")
		if err != nil {
			return err
		}
		defer r.Body.Close()
		line, err := bufio.NewReaderSize(r.Body, 1<<20).ReadString('\n')
		if err != nil || len(line) > 200_000 || !strings.Contains(line, `"m":`) {
			t.Errorf("%v: %d bytes", err, len(line))
		}
		g.Cancel()
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestPageIsStatic(t *testing.T) {
	for path, kind := range map[string]string{"/": "text/html", "/page.js": "text/javascript", "/page.css": "text/css"} {
		w := get(debug.Handler(), path)
		text, _ := io.ReadAll(w.Body)
		if !strings.HasPrefix(w.Header().Get("Content-Type"), kind) || w.Code != 200 {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
		for _, bad := range []string{"http://", "https://", "innerHTML", "eval(", " style=", "onclick", "<script>"} {
			if strings.Contains(strings.ReplaceAll(string(text), "http://www.w3.org/2000/svg", ""), bad) {
				t.Errorf("%s has %q", path, bad)
			}
		}
	}
}

// Who does not read what he has asked for is let go.
func TestHandlerLetsGoWhoDoesNotRead(t *testing.T) {
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		over := make(chan struct{})
		handler := debug.Handler(debug.Token("secret"))
		o := inflighttest.NewOrigin(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer close(over)
			handler.ServeHTTP(w, r)
		}))
		for range 2000 { // so many that the answer is more than a connection holds
			g.Service(func(ctx context.Context) error { <-ctx.Done(); return nil }, inflight.Name(strings.Repeat("x", 500)))
		}
		conn, err := o.Dial(ctx, "tcp", "any.example:80")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprint(conn, "GET /tasks?token=secret HTTP/1.1\r\nHost: any.example\r\n\r\n")
		inflighttest.Advance(time.Second)
		select {
		case <-over:
			t.Fatal("the answer fits into the connection")
		default:
		}
		inflighttest.Advance(2 * time.Minute)
		select {
		case <-over:
		default:
			t.Error("it still waits for a reader")
		}
	})
}
