package serve_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/serve"
)

// An id that is fit to be one is kept, another is replaced.
func TestRequestID(t *testing.T) {
	bubble(t, serve.Options{}, func(w *world) {
		w.s.HTTP("api", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(rw, serve.RequestID(r.Context()))
		}))
		w.run()
		for given, kept := range map[string]bool{
			"abc-1.2:3_Z": true, strings.Repeat("x", 64): true,
			"": false, "a b": false, "a\"b": false, "é": false, strings.Repeat("x", 65): false,
		} {
			_, id, err := exchange(w.connect("api"), "/", http.Header{"X-Request-Id": {given}})
			if err != nil || (id == given) != kept || len(id) < 10 {
				t.Errorf("%q: %q, %v", given, id, err)
			}
			if log := w.log.String(); !strings.Contains(log, "request_id="+id) {
				t.Errorf("the log has no %q:\n%s", id, log)
			}
		}
		w.end(errStop)
		<-w.err
	})
}

// A panic costs its own request alone, and tells whoever runs the server.
func TestIO5_panics_of_handlers(t *testing.T) {
	bubble(t, serve.Options{}, func(w *world) {
		l := w.s.HTTP("api", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/late":
				_, _ = io.WriteString(rw, "half of ")
				_ = http.NewResponseController(rw).Flush()
				panic("late trouble")
			case "/early":
				panic("early trouble")
			case "/abort":
				panic(http.ErrAbortHandler)
			}
		}))
		w.run()
		if status, body := w.get("api", "/early"); status != 500 || strings.Contains(body, "trouble") {
			t.Errorf("early: %d %q", status, body)
		}
		if status, body, err := w.try("api", "/late"); err == nil || body != "half of " {
			t.Errorf("late: %d %q, %v", status, body, err)
		}
		if _, _, err := w.try("api", "/abort"); err == nil {
			t.Error("what was aborted has an answer")
		}
		if status, _ := w.get("api", "/fine"); status != 200 {
			t.Errorf("after all that: %d", status)
		}
		log := w.log.String()
		if strings.Count(log, "msg=panic") != 2 || !strings.Contains(log, "early trouble") || !strings.Contains(log, "request_test.go") {
			t.Errorf("the log:\n%s", log)
		}
		if stats := l.Stats(); stats.Failed != 2 || stats.UnderWay != 0 {
			t.Errorf("%+v", stats)
		}
		w.end(errStop)
		<-w.err
	})
}

// Where there is no log a panic is not lost: it comes out of Run, when all has ended.
func TestIO5_panics_without_a_log(t *testing.T) {
	bubble(t, serve.Options{}, func(w *world) {
		w.s = serve.New(serve.Options{Listen: w.listen})
		l := w.s.HTTP("api", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { panic(r.URL.Path) }))
		w.s.Conns("chat", func(context.Context, net.Conn) error { panic(context.Canceled) })
		raised := make(chan any, 1)
		go func() {
			defer func() { raised <- recover() }()
			w.err <- w.s.Run(w.ctx)
		}()
		synctest.Wait()
		c := w.connect("chat")
		if _, err := io.ReadAll(c); err != nil {
			t.Error(err)
		}
		for _, path := range []string{"/first", "/second"} {
			if status, _ := w.get("api", path); status != 500 {
				t.Errorf("%s: %d", path, status)
			}
		}
		w.end(errStop)
		if p, ok := (<-raised).(*inflight.PanicError); !ok || p.Value != context.Canceled || len(p.Stack) == 0 {
			t.Errorf("Run panics with %v", p)
		}
		if stats := l.Stats(); stats.Open != 0 || stats.Failed != 2 {
			t.Errorf("%+v", stats)
		}
	})
}

// A request is a task: it is in the tree, and what it starts has ended with it.
func TestARequestIsATask(t *testing.T) {
	bubble(t, serve.Options{}, func(w *world) {
		w.s.HTTP("api", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			_ = inflight.Sleep(r.Context(), time.Second)
		}))
		w.run()
		answer := w.ask("api", "/users/7?token=secret")
		var found inflight.Info
		for _, task := range inflight.Tasks() {
			if task.Name == "GET /users/7" {
				found = task
			}
		}
		if found.Waiting != "sleep" {
			t.Errorf("in the tree: %+v", found)
		}
		if _, _, err := answer(); err != nil {
			t.Error(err)
		}
		if log := w.log.String(); !strings.Contains(log, "status=200") || strings.Contains(log, "secret") || !strings.Contains(log, "took=1s") {
			t.Errorf("the log:\n%s", log)
		}
		w.end(errStop)
		<-w.err
	})
}

// A connection that is taken over is not net/http's any more, and is closed with the
// others.
func TestHijacked(t *testing.T) {
	bubble(t, serve.Options{Grace: time.Second}, func(w *world) {
		l := w.s.HTTP("api", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			c, _, err := rw.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.WriteString(c, "hello\n")
		}))
		w.run()
		c := w.connect("api")
		if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		r := bufio.NewReader(c)
		if line, err := r.ReadString('\n'); line != "hello\n" || err != nil {
			t.Errorf("%q, %v", line, err)
		}
		synctest.Wait() // until the handler has returned
		if stats := l.Stats(); stats.Open != 1 || stats.UnderWay != 0 {
			t.Errorf("%+v", stats)
		}
		w.end(errStop)
		if err := <-w.err; err != nil {
			t.Error(err)
		}
		if _, err := r.ReadByte(); err != io.EOF {
			t.Errorf("after the end: %v", err)
		}
		if log := w.log.String(); !strings.Contains(log, "status=101") {
			t.Errorf("the log:\n%s", log)
		}
	})
}
