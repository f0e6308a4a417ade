package serve_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/serve"
)

// What stands here is the whole of a service's function main. A signal drains it: its
// probe for readiness says no for five seconds, and requests that are under way have
// twenty more.
func Example() {
	inflight.Main(func(ctx context.Context) error {
		s := serve.New(serve.Options{Notice: 5 * time.Second, Log: slog.Default()})
		s.HTTP(":8080", http.FileServer(http.Dir("public")))
		s.Admin("127.0.0.1:9090", nil) // /livez, /readyz, /startupz
		s.Health.Add(serve.Readiness, "database", pingDatabase)
		return s.Run(ctx)
	}, inflight.Drain(time.Minute))
}

func pingDatabase(context.Context) error { return nil }

// Each connection of a server of lines is a task, and ends with the server.
func ExampleServer_Conns() {
	s := serve.New(serve.Options{Grace: 10 * time.Millisecond})
	echo := s.Conns("127.0.0.1:0", func(_ context.Context, c net.Conn) error {
		_, err := io.Copy(c, c)
		return err
	})
	echo.MaxConns = 1000
	if err := s.Listen(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()

	c, err := net.Dial("tcp", echo.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	fmt.Fprintln(c, "hello")
	line, _ := bufio.NewReader(c).ReadString('\n')
	fmt.Print(line)

	stop()
	fmt.Println(<-done) // the client stays for as long as it may
	// Output:
	// hello
	// inflight/serve: cut off by the end of the server
}

// Health is an http.Handler by itself, for programs that have a server already.
func ExampleHealth() {
	var health serve.Health
	health.Add(serve.Readiness, "cache", func(context.Context) error { return nil })
	health.Add(serve.Readiness, "database", func(context.Context) error { return errors.New("connection refused") })

	w := httptest.NewRecorder()
	health.ServeHTTP(w, httptest.NewRequest("GET", "/readyz", nil))
	fmt.Print(w.Code, " ", w.Body)
	// Output:
	// 503 failed: database
}

func ExampleHealth_Ask() {
	var health serve.Health
	health.Add(serve.Liveness, "queue", func(context.Context) error { return nil })
	findings, yes := health.Ask(context.Background(), serve.Liveness)
	fmt.Println(findings[0].Name, findings[0].Err, yes)
	// Output:
	// queue <nil> true
}

// A logger that knows the task in which it is called.
func ExampleLogHandler() {
	plain := slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})
	log := slog.New(serve.LogHandler(plain))
	_ = inflight.Run(context.Background(), func(ctx context.Context, _ *inflight.TaskGroup) error {
		log.InfoContext(ctx, "started")
		return nil
	}, inflight.Label("nightly import"))
	// Output:
	// level=INFO msg=started task="nightly import"
}

func ExampleRequestID() {
	s := serve.New(serve.Options{})
	s.HTTP(":8080", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "your request was", serve.RequestID(r.Context()))
	}))
}

// What the server can't see ends by a function of OnDrain.
func ExampleServer_OnDrain() {
	jobs := make(chan struct{})
	s := serve.New(serve.Options{})
	s.OnDrain("jobs", func(ctx context.Context) error {
		select {
		case <-jobs: // all are done
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
}
