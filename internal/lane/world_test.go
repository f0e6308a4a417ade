package lane_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/internal/lane"
	"github.com/inflight-go/inflight/retry"
)

func TestMain(m *testing.M) {
	log.SetOutput(io.Discard) // net/http writes there what a server says unasked
	os.Exit(m.Run())
}

// maxHeader is that of all lanes here.
const maxHeader = 20_000

// A server is behind all connections of a world. It answers the requests in their
// order with what stands in answers, whatever connection they come by, and closes the
// connection after each that is followed by hangUp.
type server struct {
	answers []string
	serve   func(c net.Conn) // instead; nil for none

	mu    sync.Mutex
	dials int
	got   []string // as they came over the line
}

// hangUp at the end of an answer closes the connection.
const hangUp = "\x00"

func (s *server) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, conn := net.Pipe()
	s.mu.Lock()
	s.dials++
	s.mu.Unlock()
	go func() {
		defer conn.Close()
		if s.serve != nil {
			s.serve(conn)
			return
		}
		for s.one(conn) {
		}
	}()
	return client, nil
}

// one answers one request.
func (s *server) one(c net.Conn) (more bool) {
	var text bytes.Buffer
	req, err := http.ReadRequest(bufio.NewReader(io.TeeReader(c, &text)))
	if err != nil {
		return false
	}
	io.Copy(io.Discard, req.Body)
	s.mu.Lock()
	s.got = append(s.got, text.String())
	answer := hangUp
	if len(s.answers) > 0 {
		answer, s.answers = s.answers[0], s.answers[1:]
	}
	s.mu.Unlock()
	last := bytes.HasSuffix([]byte(answer), []byte(hangUp))
	if last {
		answer = answer[:len(answer)-1]
	}
	_, err = io.WriteString(c, answer)
	return err == nil && !last
}

// lanes returns a lane to the server, whose Next is net/http, and that.
func (s *server) lanes() (*lane.Lane, *http.Transport) {
	t := &http.Transport{
		DialContext: s.dial, DisableCompression: true, MaxIdleConnsPerHost: 4, MaxIdleConns: 8,
		IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: maxHeader,
	}
	return &lane.Lane{Next: t, Dial: s.dial, MaxHeader: maxHeader, IdlePerHost: 4, Idle: 8, IdleTimeout: time.Minute}, t
}

// bubble calls test in a bubble, with a server of these answers. It checks that
// nothing is left behind.
func bubble(t *testing.T, answers []string, test func(t *testing.T, s *server, l *lane.Lane)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &server{answers: answers}
		l, _ := s.lanes()
		defer l.CloseIdleConnections()
		test(t, s, l)
	})
}

// get makes an exchange and reads the body.
func get(ctx context.Context, rt http.RoundTripper, method string) (body string, err error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://a.example/", nil)
	if err != nil {
		return "", err
	}
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

// outcome makes an exchange and tells all about it that is to be the same.
func outcome(rt http.RoundTripper, req *http.Request) string {
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return "no answer: " + string(retry.Classify(err))
	}
	if resp.Request != req {
		return "the answer is not to the request"
	}
	body, err := io.ReadAll(resp.Body)
	closed := resp.Body.Close()
	return fmt.Sprintf("%q %d %s %d.%d %v length %d %v close %v trailer %v: %q, %s, %v", resp.Status, resp.StatusCode, resp.Proto,
		resp.ProtoMajor, resp.ProtoMinor, resp.Header, resp.ContentLength, resp.TransferEncoding, resp.Close, resp.Trailer,
		body, retry.Classify(err), closed)
}
