package serve

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/inflight-go/inflight"
)

type requestKey struct{}

// RequestID returns the id of the request whose context ctx is, or comes from, "" if
// it is none of a Server. It is that of the header X-Request-Id, where that holds
// one to 64 letters, digits and "-_.:", and otherwise a random one; the answer has it
// in the same header.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

const requestHeader = "X-Request-Id"

func requestID(r *http.Request) string {
	id := r.Header.Get(requestHeader)
	if len(id) == 0 || len(id) > 64 || strings.ContainsFunc(id, notOfID) {
		return rand.Text()
	}
	return id
}

func notOfID(c rune) bool {
	return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune("-_.:", c))
}

// requests is the handler of a listener: it makes each request a task that is known
// by an id.
type requests struct {
	l    *Listener
	next http.Handler
}

func (h *requests) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !h.l.tally.enter() { // it came with the last bytes before the end
		w.Header().Set("Connection", "close")
		http.Error(w, "the server is shutting down", http.StatusServiceUnavailable)
		return
	}
	defer h.l.tally.leave()
	started, id := time.Now(), requestID(r)
	w.Header().Set(requestHeader, id)
	answer := &answer{ResponseWriter: w}
	ctx := context.WithValue(r.Context(), requestKey{}, id)
	failure := h.call(ctx, answer, r)
	h.l.requests.Add(1)
	if failure != nil {
		h.l.failed.Add(1)
		h.l.s.note(failure)
	}
	h.log(ctx, r, answer, failure, time.Since(started))
	if failure != nil {
		if answer.status == 0 {
			w.Header().Set("Connection", "close")
			http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
			return
		}
		panic(http.ErrAbortHandler) // what was written has no right end
	}
}

// call calls the next handler in a scope of its own, and returns its panic.
func (h *requests) call(ctx context.Context, w *answer, r *http.Request) (failure *inflight.PanicError) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case *inflight.PanicError:
			failure = p
		default:
			failure = &inflight.PanicError{Value: p, Stack: debug.Stack()}
		}
		if failure != nil && failure.Value == http.ErrAbortHandler {
			panic(http.ErrAbortHandler)
		}
	}()
	_ = inflight.Run(ctx, func(ctx context.Context, _ *inflight.TaskGroup) error {
		h.next.ServeHTTP(w, r.WithContext(ctx))
		return nil
	}, inflight.Label(label(r)))
	return nil
}

// label names the task of a request: what strangers send is cut.
func label(r *http.Request) string {
	path := r.URL.Path
	if len(path) > 100 {
		path = path[:100] + "…"
	}
	return r.Method + " " + path
}

func (h *requests) log(ctx context.Context, r *http.Request, a *answer, failure *inflight.PanicError, took time.Duration) {
	log := h.l.s.opts.Log
	if failure == nil && h.l.admin {
		return // probes, each second
	}
	args := []any{"listener", h.l.Name, "method", r.Method, "path", r.URL.Path, "status", a.code(), "bytes", a.bytes,
		"took", took, "remote", r.RemoteAddr, "request_id", RequestID(ctx)}
	if failure != nil {
		log.ErrorContext(ctx, "panic", append(args, "panic", fmt.Sprint(failure.Value), "stack", string(failure.Stack))...)
		return
	}
	log.InfoContext(ctx, "request", args...)
}

// An answer is a ResponseWriter that knows what was written.
type answer struct {
	http.ResponseWriter
	status   int
	bytes    int64
	hijacked bool
}

func (a *answer) code() int {
	if a.hijacked {
		return http.StatusSwitchingProtocols
	}
	if a.status == 0 {
		return http.StatusOK
	}
	return a.status
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= 200 || status == http.StatusSwitchingProtocols {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(p []byte) (int, error) {
	a.begin()
	n, err := a.ResponseWriter.Write(p)
	a.bytes += int64(n)
	return n, err
}

// ReadFrom keeps the way by which a file goes to a socket without passing here.
func (a *answer) ReadFrom(r io.Reader) (int64, error) {
	a.begin()
	n, err := io.Copy(a.ResponseWriter, r)
	a.bytes += n
	return n, err
}

func (a *answer) begin() {
	if a.status == 0 {
		a.status = http.StatusOK
	}
}

// Flush sends what was written, for those who ask by type.
func (a *answer) Flush() {
	a.begin()
	_ = http.NewResponseController(a.ResponseWriter).Flush()
}

// Hijack takes the connection over, for those who ask by type.
func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := http.NewResponseController(a.ResponseWriter).Hijack()
	if err == nil {
		a.status, a.hijacked = http.StatusSwitchingProtocols, true
	}
	return c, rw, err
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
