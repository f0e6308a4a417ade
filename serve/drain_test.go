package serve_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/serve"
)

var errStop = errors.New("told to stop")

// slow answers after d, unless its request is cancelled.
func slow(d time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := inflight.Sleep(r.Context(), d); err != nil {
			http.Error(w, "cut: "+err.Error(), http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "done")
	}
}

// ask sends a request in the background, and returns a function that waits for what
// came of it.
func (w *world) ask(address, path string) func() (int, string, error) {
	type result struct {
		status int
		body   string
		err    error
	}
	c := make(chan result, 1)
	go func() {
		status, body, err := w.try(address, path)
		c <- result{status, body, err}
	}()
	synctest.Wait()
	return func() (int, string, error) { r := <-c; return r.status, r.body, r.err }
}

// What is under way ends, nothing new comes in, and who asks is told so until the end.
func TestIO3_drain(t *testing.T) {
	bubble(t, serve.Options{}, func(w *world) {
		w.s.HTTP("api", slow(5*time.Second))
		w.s.Admin("admin", nil)
		w.run()
		if status, body := w.get("admin", "/readyz"); status != 200 || body != "ok\n" {
			t.Errorf("ready: %d %q", status, body)
		}
		answer := w.ask("api", "/")
		began := time.Now()
		w.end(errStop)
		synctest.Wait()
		if status, body := w.get("admin", "/readyz"); status != 503 || body != "failed: server\n" {
			t.Errorf("ready while it drains: %d %q", status, body)
		}
		if status, _ := w.get("admin", "/livez"); status != 200 {
			t.Errorf("alive while it drains: %d", status)
		}
		if _, err := w.dial("api"); !errors.Is(err, net.ErrClosed) {
			t.Errorf("a new connection: %v", err)
		}
		if status, body, err := answer(); status != 200 || body != "done" || err != nil {
			t.Errorf("what was under way: %d %q, %v", status, body, err)
		}
		if err := <-w.err; err != nil {
			t.Errorf("Run: %v", err)
		}
		if took := time.Since(began); took > 6*time.Second {
			t.Errorf("it took %v", took)
		}
		if _, err := w.dial("admin"); err == nil {
			t.Error("the probes are still there")
		}
	})
}

// During the notice it is not ready, and serves all the same.
func TestNotice(t *testing.T) {
	bubble(t, serve.Options{Notice: 10 * time.Second}, func(w *world) {
		w.s.HTTP("api", slow(0))
		w.s.Admin("admin", nil)
		w.run()
		w.end(errStop)
		time.Sleep(9 * time.Second)
		if status, _ := w.get("admin", "/readyz"); status != 503 {
			t.Errorf("ready: %d", status)
		}
		if status, body := w.get("api", "/"); status != 200 || body != "done" {
			t.Errorf("%d %q", status, body)
		}
		time.Sleep(2 * time.Second)
		if _, err := w.dial("api"); err == nil {
			t.Error("it still listens")
		}
		if err := <-w.err; err != nil {
			t.Error(err)
		}
	})
}

// What does not end within the grace is cut off: its context first, its connection a
// moment later.
func TestIO3_IO4_cut_off(t *testing.T) {
	bubble(t, serve.Options{Grace: 3 * time.Second}, func(w *world) {
		w.s.HTTP("api", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/polite" {
				slow(time.Hour)(rw, r)
				return
			}
			<-inflight.Stopping(r.Context())
			time.Sleep(10 * time.Second) // deaf
		}))
		w.run()
		polite, deaf := w.ask("api", "/polite"), w.ask("api", "/deaf")
		began := time.Now()
		w.end(errStop)
		if status, body, err := polite(); status != 503 || !strings.Contains(body, "cut off by the end") || err != nil {
			t.Errorf("polite: %d %q, %v", status, body, err)
		}
		if took := time.Since(began); took < 3*time.Second || took > 4*time.Second {
			t.Errorf("polite was cut off after %v", took)
		}
		if _, _, err := deaf(); err == nil {
			t.Error("the deaf one answered")
		}
		if took := time.Since(began); took < 4*time.Second || took > 5*time.Second {
			t.Errorf("the connection was closed after %v", took)
		}
		if err := <-w.err; !errors.Is(err, serve.ErrCut) {
			t.Errorf("Run: %v", err)
		}
		if took := time.Since(began); took < 10*time.Second {
			t.Errorf("Run returned after %v, and a request was under way", took)
		}
	})
}

// A context that ends while the server drains takes what is left of the grace.
func TestHurry(t *testing.T) {
	bubble(t, serve.Options{Grace: time.Hour, Notice: time.Hour}, func(w *world) {
		w.s.HTTP("api", slow(30*time.Minute))
		stop := make(chan struct{})
		ctx := serve.WithStopping(w.ctx, stop)
		go func() { w.err <- w.s.Run(ctx) }()
		synctest.Wait()
		answer := w.ask("api", "/")
		close(stop)
		time.Sleep(time.Minute)
		w.end(errStop)
		if status, _, err := answer(); status != 503 || err != nil {
			t.Errorf("%d, %v", status, err)
		}
		if err := <-w.err; !errors.Is(err, serve.ErrCut) {
			t.Errorf("Run: %v", err)
		}
	})
}

// A server that was told to end by Main's channel drains as one whose context ended.
func TestStopping(t *testing.T) {
	bubble(t, serve.Options{}, func(w *world) {
		w.s.HTTP("api", slow(5*time.Second))
		stop := make(chan struct{})
		ctx := serve.WithStopping(w.ctx, stop)
		go func() { w.err <- w.s.Run(ctx) }()
		synctest.Wait()
		answer := w.ask("api", "/")
		close(stop)
		if status, _, err := answer(); status != 200 || err != nil {
			t.Errorf("%d, %v", status, err)
		}
		if err := <-w.err; err != nil {
			t.Error(err)
		}
	})
}

// A function of OnDrain is called when nothing comes in any more, and waited for.
func TestOnDrain(t *testing.T) {
	errHub := errors.New("hub failed")
	bubble(t, serve.Options{Grace: 5 * time.Second}, func(w *world) {
		w.s.HTTP("api", slow(0))
		var closed, cut bool
		w.s.OnDrain("jobs", func(ctx context.Context) error {
			time.Sleep(time.Second)
			_, err := w.dial("api")
			closed = err != nil
			return nil
		})
		w.s.OnDrain("hub", func(ctx context.Context) error {
			<-ctx.Done()
			cut = context.Cause(ctx) == serve.ErrCut
			return errHub
		})
		w.run()
		w.end(errStop)
		err := <-w.err
		if !closed || !cut || !errors.Is(err, errHub) || !errors.Is(err, serve.ErrCut) || !strings.Contains(err.Error(), "draining hub") {
			t.Errorf("closed %v, cut %v, %v", closed, cut, err)
		}
	})
}

// A connection's function sees the drain, the end of its grace, and the end of reads,
// after which it may still say good-bye.
func TestIO4_conns_are_cut_off(t *testing.T) {
	bubble(t, serve.Options{Grace: time.Second}, func(w *world) {
		stopped := make(chan bool, 1)
		l := w.s.Conns("chat", func(ctx context.Context, c net.Conn) error {
			go func() { <-inflight.Stopping(ctx); stopped <- true }()
			_, err := c.Read(make([]byte, 1))
			if !errors.Is(err, os.ErrDeadlineExceeded) || context.Cause(ctx) != serve.ErrCut {
				t.Errorf("read: %v, %v", err, context.Cause(ctx))
			}
			_, _ = io.WriteString(c, "bye")
			return context.Cause(ctx)
		})
		w.run()
		c := w.connect("chat")
		synctest.Wait()
		if stats := l.Stats(); stats.Open != 1 || stats.UnderWay != 1 || stats.Accepted != 1 {
			t.Errorf("%+v", stats)
		}
		w.end(errStop)
		if text, err := io.ReadAll(c); string(text) != "bye" || err != nil {
			t.Errorf("%q, %v", text, err)
		}
		if err := <-w.err; !errors.Is(err, serve.ErrCut) || !<-stopped {
			t.Errorf("Run: %v", err)
		}
		if stats := l.Stats(); stats.Open != 0 || stats.UnderWay != 0 || stats.Served != 1 || stats.Failed != 0 {
			t.Errorf("%+v", stats)
		}
	})
}

// Without grace all is cut off at once, and what is said then arrives.
func TestNoGrace(t *testing.T) {
	bubble(t, serve.Options{Grace: -1}, func(w *world) {
		w.s.HTTP("api", slow(time.Hour))
		w.run()
		var answers []func() (int, string, error)
		for range 200 {
			answers = append(answers, w.ask("api", "/"))
		}
		began := time.Now()
		w.end(errStop)
		for _, answer := range answers {
			if status, _, err := answer(); status != 503 || err != nil || time.Since(began) > 0 {
				t.Fatalf("%d, %v, after %v", status, err, time.Since(began))
			}
		}
		if err := <-w.err; !errors.Is(err, serve.ErrCut) {
			t.Errorf("Run: %v", err)
		}
	})
}

// A server runs once.
func TestRunTwice(t *testing.T) {
	bubble(t, serve.Options{}, func(w *world) {
		w.s.HTTP("api", slow(0))
		w.run()
		if err := w.s.Run(w.ctx); err != serve.ErrRunning {
			t.Error(err)
		}
		if err := w.s.Listen(w.ctx); err != serve.ErrRunning {
			t.Error(err)
		}
		w.end(errStop)
		if err := <-w.err; err != nil {
			t.Error(err)
		}
	})
}
