package hub_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	gobwas "github.com/gobwas/ws"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/hub"
)

// A world is a hub that runs behind real sockets, over WebSocket and over TCP. Its
// handler is echo unless the test sets another one.
type world struct {
	*testing.T
	hub  *hub.Hub
	web  *httptest.Server
	tcp  net.Addr
	ran  chan any // gets what Run has panicked with, nil for nothing
	end  func()   // ends Run
	stop func()   // ends Run, and waits for it
}

// echo sends what it gets to all.
func echo(h **hub.Hub) hub.Handler {
	return func(ctx context.Context, c *hub.Client) error {
		for m := range c.Messages(ctx) {
			if err := (*h).Broadcast(ctx, m); err != nil {
				return err
			}
		}
		return nil
	}
}

func newWorld(t *testing.T, opts hub.Options, fn hub.Handler) *world {
	t.Helper()
	h := hub.New(opts)
	if fn == nil {
		fn = echo(&h)
	}
	w := newWorldOf(t, h, fn)
	t.Cleanup(w.stop)
	return w
}

// newWorldOf is newWorld for a hub of which Run may return, or panic with, anything.
func newWorldOf(t *testing.T, h *hub.Hub, fn hub.Handler) *world {
	t.Helper()
	w := &world{T: t, hub: h, ran: make(chan any, 1)}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.tcp = l.Addr()
	w.web = httptest.NewServer(h.WebSocket(fn))
	t.Cleanup(w.web.Close)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	w.end = cancel
	go func() {
		defer func() { w.ran <- recover() }()
		err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Go(h.Run)
			g.Go(func(ctx context.Context) error { return h.Lines(ctx, l, fn) })
			return nil
		})
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("Run returned %v", err)
		}
	}()
	w.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case v := <-w.ran:
			if v != nil {
				t.Errorf("Run panicked with %v", v)
			}
		case <-time.After(20 * time.Second):
			panic("Run does not end")
		}
	})
	started, over := context.WithTimeout(t.Context(), 20*time.Second)
	defer over()
	if err := h.Started(started); err != nil {
		t.Fatalf("the hub does not run: %v", err)
	}
	return w
}

// until waits until something is so.
func (w *world) until(what string, so func() bool) {
	w.Helper()
	for end := time.Now().Add(20 * time.Second); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			w.Fatalf("it has not come to pass that %s: %+v", what, w.hub.Stats())
		}
	}
}

func (w *world) clients(n int) {
	w.Helper()
	w.until(fmt.Sprint("there are ", n, " clients"), func() bool { return w.hub.Len() == n })
}

// dial returns a client over WebSocket by another library.
func (w *world) dial(opts *websocket.DialOptions) *websocket.Conn {
	w.Helper()
	c, _, err := websocket.Dial(w.Context(), w.web.URL, opts)
	if err != nil {
		w.Fatal(err)
	}
	c.SetReadLimit(1 << 24)
	w.Cleanup(func() { c.CloseNow() })
	return c
}

// A wire is a client whose frames the test makes by itself.
type wire struct {
	net.Conn
	r *bufio.Reader
	t *testing.T
}

// raw returns one over WebSocket, behind the handshake.
func (w *world) raw(header ...string) *wire {
	w.Helper()
	c := w.open(header...)
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		w.Fatal(resp, err)
	}
	return c
}

// open sends the request for a WebSocket.
func (w *world) open(header ...string) *wire {
	w.Helper()
	c := w.connect(w.web.Listener.Addr())
	header = append(header, "Host: example.com", "Connection: Upgrade", "Upgrade: websocket",
		"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", "")
	io.WriteString(c, "GET / HTTP/1.1\r\n"+strings.Join(header, "\r\n"))
	return c
}

// line returns a client over TCP.
func (w *world) line() *wire { return w.connect(w.tcp) }

func (w *world) connect(to net.Addr) *wire {
	w.Helper()
	c, err := net.Dial(to.Network(), to.String())
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { c.Close() })
	c.SetReadDeadline(time.Now().Add(20 * time.Second))
	return &wire{c, bufio.NewReader(c), w.T}
}

// frame returns the next frame that the server sends.
func (c *wire) frame() (op gobwas.OpCode, data string, err error) {
	h, payload, err := c.next()
	return h.OpCode, string(payload), err
}

func (c *wire) next() (h gobwas.Header, payload []byte, err error) {
	if h, err = gobwas.ReadHeader(c.r); err == nil {
		payload = make([]byte, h.Length)
		_, err = io.ReadFull(c.r, payload)
	}
	return h, payload, err
}

// want fails the test unless the next frames are texts.
func (c *wire) want(texts ...string) {
	c.t.Helper()
	for _, text := range texts {
		if op, got, err := c.frame(); err != nil || got != text || op == gobwas.OpClose {
			c.t.Fatalf("got %v %.50q, %v, want %.50q", op, got, err, text)
		}
	}
}

// wantClose fails the test unless the next frame is a close with that code, and then
// the connection is at its end. What comes before it is skipped.
func (c *wire) wantClose(code int) {
	c.t.Helper()
	for {
		op, data, err := c.frame()
		if err != nil {
			c.t.Fatalf("%v, want a close with %d", err, code)
		}
		if op != gobwas.OpClose {
			continue
		}
		if got, _ := gobwas.ParseCloseFrameData([]byte(data)); int(got) != code && code != hub.NoCode || code == hub.NoCode && data != "" {
			c.t.Errorf("a close with %q, want %d", data, code)
		}
		return
	}
}

// wantEnd fails the test unless the server has closed the connection.
func (c *wire) wantEnd() {
	c.t.Helper()
	if n, err := io.Copy(io.Discard, c.r); n > 0 || isTimeout(err) {
		c.t.Errorf("%d bytes, %v, want the end", n, err)
	}
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

func (c *wire) wantLine(text string) {
	c.t.Helper()
	if got, err := c.r.ReadString('\n'); got != text+"\n" {
		c.t.Fatalf("got the line %q, %v, want %q", got, err, text)
	}
}
