package inflighttest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"syscall"
)

// A Fault makes a handler one whose requests go wrong. Reset, HalfClose and Hang are
// faults, and ResetAfter, Truncate and ContentLength make some; any function that
// wraps a handler will do too. What these make works under an Origin only, and
// panics elsewhere.
//
// What was sent before the end of a connection is read by the client before it gets
// to that end, so that it sees the same each time.
type Fault func(http.Handler) http.Handler

// Reset resets the connection instead of an answer. The handler is not called.
func Reset(http.Handler) http.Handler {
	return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		connOf(r).End(syscall.ECONNRESET)
	})
}

// Hang gives no answer until the client goes. The handler is not called.
func Hang(http.Handler) http.Handler {
	return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // else the server does not see the client go
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	})
}

// HalfClose answers, and then closes the direction of the connection that leads to
// the client, which has kept the connection for its next request perhaps.
func HalfClose(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connOf(r).half.Store(true)
		h.ServeHTTP(w, r)
	})
}

// ResetAfter sends the header of the answer and up to n bytes of its body, and then
// resets the connection.
func ResetAfter(n int64) Fault { return cut("ResetAfter", n, syscall.ECONNRESET) }

// Truncate sends the header of the answer and up to n bytes of its body, and then
// closes the connection. A body without a Content-Length that is not longer lacks
// its end.
func Truncate(n int64) Fault { return cut("Truncate", n, io.EOF) }

// cut is what ends an answer after n bytes of the body, by an error for the client.
func cut(name string, n int64, end error) Fault {
	if n < 0 {
		panic(fmt.Sprintf("inflight/inflighttest: %s(%d): negative length", name, n))
	}
	return func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c := &cutter{ResponseWriter: w, conn: connOf(r), left: n, end: end}
			h.ServeHTTP(c, r)
			c.cut()
		})
	}
}

// A cutter cuts an answer.
type cutter struct {
	http.ResponseWriter
	conn *conn
	left int64 // how much of the body is still sent
	end  error // what the client gets then
	over bool
}

func (c *cutter) Write(p []byte) (int, error) {
	if c.over {
		return 0, syscall.EPIPE
	}
	if int64(len(p)) <= c.left {
		n, err := c.ResponseWriter.Write(p)
		c.left -= int64(n)
		return n, err
	}
	n, _ := c.ResponseWriter.Write(p[:c.left])
	c.cut()
	return n, syscall.EPIPE
}

// Flush is for handlers that ask for an http.Flusher.
func (c *cutter) Flush() { _ = http.NewResponseController(c.ResponseWriter).Flush() }

// Unwrap is for http.ResponseController.
func (c *cutter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *cutter) cut() {
	if c.over {
		return
	}
	c.over = true
	c.Flush()
	c.conn.End(c.end)
}

// ContentLength gives the answer a header Content-Length of n that has nothing to do
// with its body. Where that is shorter, the rest does not come, however long the
// client waits; what is beyond n is sent all the same, and then the connection is
// closed. (A client of net/http logs that.)
func ContentLength(n int64) Fault {
	if n < 0 {
		panic(fmt.Sprintf("inflight/inflighttest: ContentLength(%d): negative length", n))
	}
	return func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			answer := httptest.NewRecorder()
			h.ServeHTTP(answer, r)
			_, _ = io.Copy(io.Discard, r.Body)
			body := answer.Body.Bytes()
			header := answer.Result().Header
			header.Set("Content-Length", strconv.FormatInt(n, 10))
			c := connOf(r) // the server would not say what is not so
			fmt.Fprintf(c, "HTTP/1.1 %d %s\r\n", answer.Code, http.StatusText(answer.Code))
			_ = header.Write(c)
			fmt.Fprint(c, "\r\n")
			if r.Method == http.MethodHead {
				panic(http.ErrAbortHandler)
			}
			_, _ = c.Write(body)
			if n > int64(len(body)) {
				<-r.Context().Done()
			}
			panic(http.ErrAbortHandler)
		})
	}
}

func connOf(r *http.Request) *conn {
	c, ok := r.Context().Value(connKey{}).(*conn)
	if !ok {
		panic("inflight/inflighttest: a Fault in a handler that no Origin serves")
	}
	return c
}
