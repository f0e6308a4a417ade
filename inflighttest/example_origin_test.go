package inflighttest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/inflighttest"
	"github.com/inflight-go/inflight/session"
)

// A session gets its answer in spite of a server that refuses the first
// connection, resets the second, and then stops in the middle of a body.
func ExampleOrigin() {
	TestRetries := func(t *testing.T) {
		inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
			o := inflighttest.NewOrigin(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprintf(w, "this is %s of %s", r.URL.Path, r.Host)
			}))
			o.Refuse(1)
			o.Next(inflighttest.Reset, inflighttest.Truncate(4))

			s, _ := session.New(session.Options{Dial: o.Dial})
			defer s.Close()
			resp, err := s.Get(ctx, "http://shop.example/item/7")
			if err != nil {
				t.Fatal(err)
			}
			fmt.Println(string(resp.Body), "after", o.Dials(), "dials and", o.Requests(), "requests")
		})
	}
	runTest(TestRetries)
	// Output: this is /item/7 of shop.example after 4 dials and 3 requests
}

// The client and the server of net/http, a second apart.
func ExampleNewOrigin() {
	TestLatency := func(t *testing.T) {
		inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
			o := inflighttest.NewOrigin(t, http.NotFoundHandler())
			o.SetLink(inflighttest.Link{Latency: 500 * time.Millisecond})
			for range 2 {
				begin := time.Now()
				resp, err := o.Client().Get(o.URL() + "/")
				if err != nil {
					t.Fatal(err)
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				fmt.Println(resp.Status, "after", time.Since(begin))
			}
		})
	}
	runTest(TestLatency)
	// Output:
	// 404 Not Found after 2s
	// 404 Not Found after 1s
}

// A handler, one path of which never gets through.
func ExampleFault() {
	TestPages := func(t *testing.T) {
		inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
			page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "a page") })
			mux := http.NewServeMux()
			mux.Handle("/whole", page)
			mux.Handle("/cut", inflighttest.ResetAfter(2)(page))
			o := inflighttest.NewOrigin(t, mux)
			for _, path := range []string{"/whole", "/cut"} {
				resp, err := o.Client().Get(o.URL() + path)
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				fmt.Printf("%q, reset: %v\n", body, errors.Is(err, syscall.ECONNRESET))
			}
		})
	}
	runTest(TestPages)
	// Output:
	// "a page", reset: false
	// "a ", reset: true
}

// A client with a timeout is done with a server that never answers, and with one
// whose body is shorter than its length.
func ExampleHang() {
	TestTimeout := func(t *testing.T) {
		inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
			o := inflighttest.NewOrigin(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				io.WriteString(w, "short")
			}))
			o.Next(inflighttest.Hang, inflighttest.ContentLength(100))
			o.Client().Timeout = 10 * time.Second
			for range 2 {
				begin := time.Now()
				resp, err := o.Client().Get(o.URL())
				if err == nil {
					_, err = io.ReadAll(resp.Body)
				}
				fmt.Println(errors.Is(err, context.DeadlineExceeded), time.Since(begin))
			}
		})
	}
	runTest(TestTimeout)
	// Output:
	// true 10s
	// true 10s
}
