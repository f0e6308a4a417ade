package serve_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/inflight-go/inflight/internal/memnet"
	"github.com/inflight-go/inflight/serve"
)

// A world is a server in a bubble, and those who use it.
type world struct {
	t         *testing.T
	ctx       context.Context
	end       context.CancelCauseFunc // of the context of Run
	s         *serve.Server
	log       *logBuffer
	mu        sync.Mutex
	listeners map[string]*memnet.Listener
	err       chan error // of Run
}

// bubble calls test with a world in a bubble; what the server leaves behind fails it.
func bubble(t *testing.T, opts serve.Options, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, log: new(logBuffer), listeners: map[string]*memnet.Listener{}, err: make(chan error, 1)}
		w.ctx, w.end = context.WithCancelCause(t.Context())
		defer w.end(nil)
		opts.Listen = w.listen
		opts.Log = slog.New(serve.LogHandler(slog.NewTextHandler(w.log, nil)))
		w.s = serve.New(opts)
		test(w)
	})
}

func (w *world) listen(_ context.Context, _, address string) (net.Listener, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.listeners[address] = memnet.Listen(memnet.Addr(address))
	return w.listeners[address], nil
}

// run starts the server.
func (w *world) run() {
	go func() { w.err <- w.s.Run(w.ctx) }()
	synctest.Wait()
}

func (w *world) dial(address string) (net.Conn, error) {
	w.mu.Lock()
	l := w.listeners[address]
	w.mu.Unlock()
	return l.Dial(context.Background(), "client", memnet.Addr(address), memnet.Link{})
}

// connect dials, and closes with the test.
func (w *world) connect(address string) net.Conn {
	w.t.Helper()
	c, err := w.dial(address)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = c.Close() })
	return c
}

// get asks for a path, over a connection of its own, and returns status and body.
func (w *world) get(address, path string) (int, string) {
	w.t.Helper()
	status, body, err := w.try(address, path)
	if err != nil {
		w.t.Fatalf("%s: %v", path, err)
	}
	return status, body
}

func (w *world) try(address, path string) (int, string, error) {
	c, err := w.dial(address)
	if err != nil {
		return 0, "", err
	}
	defer c.Close()
	return exchange(c, path, nil)
}

// exchange sends a request on a connection, and reads the whole answer.
func exchange(c net.Conn, path string, header http.Header) (int, string, error) {
	r, err := http.NewRequest("GET", "http://example.com"+path, nil)
	if err != nil {
		return 0, "", err
	}
	if header != nil {
		r.Header = header
	}
	if err := r.Write(c); err != nil {
		return 0, "", err
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}

// logBuffer is what was logged.
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
