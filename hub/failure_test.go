package hub_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/hub"
	"github.com/inflight-go/inflight/internal/memnet"
	"github.com/inflight-go/inflight/internal/ws/wstest"
)

// A logBuffer is what was logged.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// clumsy does what it is told to, and otherwise sends what it hears to all.
func clumsy(h **hub.Hub) hub.Handler {
	return func(ctx context.Context, c *hub.Client) error {
		for m := range c.Messages(ctx) {
			switch m.String() {
			case "panic":
				panic("boom")
			case "panic below":
				return inflight.Run(ctx, func(_ context.Context, g *inflight.TaskGroup) error {
					g.Go(func(context.Context) error { panic("boom below") })
					return nil
				})
			case "fail":
				return errors.New("bad luck")
			case "exit":
				runtime.Goexit()
			}
			if err := (*h).Broadcast(ctx, m); err != nil {
				return err
			}
		}
		return errors.New("it has gone")
	}
}

// A panic of a handler, and an error, close its client with 1011 and not a word. Nobody
// else notices, and the log is told; of those who go by themselves it is not.
func TestIO5_handlers_that_fail(t *testing.T) {
	var log logBuffer
	h := hub.New(hub.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	w := newWorldOf(t, h, clumsy(&h))
	good, line := w.raw(), w.line()
	for _, say := range []string{"panic", "panic below", "fail"} {
		c := w.raw()
		c.Write(wstest.Frame(0x81, say))
		for {
			op, data, err := c.frame()
			if err != nil {
				t.Fatalf("%s: %v", say, err)
			}
			if op == 8 {
				if data != "\x03\xf3" {
					t.Errorf("%s: a close with %q", say, data)
				}
				break
			}
		}
		c.Close()
		l := w.line()
		io.WriteString(l, say+"\n")
		l.wantEnd()
		l.Close()
		w.raw().Close()
		good.isThere()
		line.lineIsThere()
	}
	w.closed(hub.Failed, 6)
	w.closed(hub.Abnormal, 3)
	if s := h.Stats(); s.Failed != 6 || s.Clients != 2 {
		t.Errorf("%+v", s)
	}
	good.Close()
	line.Close()
	w.stop()
	said := log.String()
	if strings.Count(said, "msg=panic") != 4 || strings.Count(said, `error="bad luck"`) != 2 || strings.Contains(said, "it has gone") ||
		strings.Count(said, `panic="boom below"`) != 2 || !strings.Contains(said, "failure_test.go") || !strings.Contains(said, "remote=127.0.0.1:") {
		t.Errorf("the log:\n%s", said)
	}
}

// Where there is no log a panic is not lost: it comes out of Run, at the end of all.
func TestIO5_panic_without_a_log(t *testing.T) {
	h := hub.New(hub.Options{})
	w := newWorldOf(t, h, clumsy(&h))
	good := w.raw()
	for range 2 {
		c := w.raw()
		c.Write(wstest.Frame(0x81, "panic"))
		c.wantClose(hub.Failed)
		c.Close()
	}
	w.closed(hub.Failed, 2)
	good.isThere()
	w.end()
	good.wantClose(hub.GoingAway)
	good.Close()
	p, ok := (<-w.ran).(*inflight.PanicError)
	if !ok || p.Value != "boom" || !strings.Contains(string(p.Stack), "clumsy") {
		t.Errorf("Run panics with %v", p)
	}
	if s := h.Stats(); s.Clients != 0 || s.Closed[hub.GoingAway] != 1 {
		t.Errorf("%+v", s)
	}
}

// A handler that ends its goroutine ends its client, and Run says so in the end.
func TestIO5_goexit_of_a_handler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hub.New(hub.Options{})
		ctx, end := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- h.Run(ctx) }()
		l := memnet.Listen("lines")
		go h.Lines(ctx, l, clumsy(&h))
		synctest.Wait()
		var all []*wire
		for range 2 {
			c, err := l.Dial(ctx, "client", "hub", memnet.Link{})
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, &wire{c, bufio.NewReader(c), t})
		}
		io.WriteString(all[0], "exit\n")
		all[0].wantEnd()
		all[0].Close()
		synctest.Wait() // until its task has ended
		io.WriteString(all[1], "still here\n")
		all[1].wantLine("still here")
		all[1].Close()
		synctest.Wait()
		if s := h.Stats(); s.Failed != 1 || s.Closed[hub.Failed] != 1 || s.Closed[hub.Normal] != 1 {
			t.Errorf("%+v", s)
		}
		end()
		if err := <-ended; !errors.Is(err, inflight.ErrGoexit) {
			t.Errorf("Run: %v", err)
		}
	})
}

// A shortage is a listener whose system is short of files for a while.
type shortage struct {
	*memnet.Listener
	left int
}

func (l *shortage) Accept() (net.Conn, error) {
	if l.left > 0 {
		l.left--
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return l.Listener.Accept()
}

// A listener of lines that fails for a while is asked again, after waits that grow.
func TestIO6_lines_back_off(t *testing.T) {
	var log logBuffer
	inBubble(t, hub.Options{Log: slog.New(slog.NewTextHandler(&log, nil))}, nil, func(b *bubble) {
		l := &shortage{memnet.Listen("short"), 12}
		began := time.Now()
		ctx, cancel := context.WithCancelCause(b.ctx)
		why := errors.New("enough")
		ended := make(chan error, 1)
		go func() { ended <- b.hub.Lines(ctx, l, echo(&b.hub)) }()
		c := b.dial(l.Listener)
		io.WriteString(c, "at last\n")
		c.wantLine("at last")
		// 5, 10, 20 … 640 ms, and four times a second
		if took := time.Since(began); took != 5275*time.Millisecond || b.hub.Stats().AcceptErrors != 12 {
			t.Errorf("after %v: %+v", took, b.hub.Stats())
		}
		c.Close()
		l.left = 1 << 30
		b.dial(l.Listener).Close()
		time.Sleep(10 * time.Second)
		cancel(why)
		if err := <-ended; err != why {
			t.Errorf("Lines: %v", err)
		}
		// The end of the hub is heard of while the listener fails.
		go func() { ended <- b.hub.Lines(b.ctx, &shortage{memnet.Listen("short, too"), 1 << 30}, echo(&b.hub)) }()
		time.Sleep(10 * time.Second)
		b.run.Cancel(errors.New("over"))
		if err := <-ended; err != nil {
			t.Errorf("Lines: %v", err)
		}
	})
	if said := log.String(); strings.Count(said, "msg=accept") < 12 || !strings.Contains(said, "listener=short") {
		t.Errorf("the log:\n%s", said)
	}
}
