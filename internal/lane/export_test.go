package lane

import (
	"bufio"
	"io"
	"net/http"
)

// ReadResponse is readResponse, with the body that RoundTrip would give the answer.
func ReadResponse(r *bufio.Reader, req *http.Request) (*http.Response, bool, error) {
	resp, reuse, err := readResponse(r, req)
	if err == nil && resp.Body == nil {
		resp.Body = io.NopCloser(readerFunc((&body{c: &conn{br: r}, left: resp.ContentLength}).read))
	}
	return resp, reuse, err
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// AppendRequest is appendRequest.
func AppendRequest(b []byte, req *http.Request) ([]byte, error) { return appendRequest(b, req) }

// Takes reports whether a lane for http makes the exchange itself.
func Takes(l *Lane, req *http.Request) bool { return l.takes(req) }

// Idle returns how many connections are idle.
func Idle(l *Lane) int {
	l.pool.mu.Lock()
	defer l.pool.mu.Unlock()
	n := 0
	for _, s := range l.pool.hosts {
		n += s.n
	}
	if n != l.pool.n {
		panic("the pool has lost count")
	}
	return n
}
