// Shutdown serves a report that takes a while, and is told to end by SIGTERM in the middle
// of it. In asyncio that is add_signal_handler, cancel for all tasks, gather to wait for
// them, and a handler for health checks that knows of it. Here Main hears the signal, and
// the server does the rest: its probe says no, so that nothing new is sent; what is under
// way is finished; then the program ends, with exit code 0.
//
//	go run ./examples/shutdown
//
// Output:
//
//	readyz: 200 ok
//	SIGTERM, while a report is under way
//	readyz: 503 failed: server
//	report: 200 it is whole
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/retry"
	"github.com/inflight-go/inflight/serve"
	"github.com/inflight-go/inflight/session"
)

// A report is made when somebody asks for it.
type report struct {
	asked  chan struct{}
	finish chan struct{}
}

func (r *report) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	close(r.asked)
	select {
	case <-r.finish:
		fmt.Fprint(w, "it is whole")
	case <-req.Context().Done(): // the client has gone, or the server's grace is over
	}
}

func main() { inflight.Main(run, inflight.Drain(30*time.Second)) }

func run(ctx context.Context) error {
	r := &report{asked: make(chan struct{}), finish: make(chan struct{})}
	s := serve.New(serve.Options{Grace: 20 * time.Second})
	public := s.HTTP("127.0.0.1:0", r)
	admin := s.Admin("127.0.0.1:0", nil) // /livez, /readyz, /startupz
	s.Health.Add(serve.Readiness, "database", func(context.Context) error { return nil })
	if err := s.Listen(ctx); err != nil {
		return err
	}
	return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(s.Run)
		return visit(ctx, g, "http://"+public.Addr().String(), "http://"+admin.Addr().String(), r)
	})
}

// visit is the rest of the world: who asks for a report, and who ends programs.
func visit(ctx context.Context, g *inflight.TaskGroup, public, admin string, r *report) error {
	client, err := session.New(session.Options{Backoff: retry.Policy{Retries: -1}})
	if err != nil {
		return err
	}
	defer client.Close()
	get := func(ctx context.Context, url string) (string, error) {
		r, err := client.Get(ctx, url)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%d %s", r.Status, strings.TrimSpace(string(r.Body))), nil
	}

	ready, err := get(ctx, admin+"/readyz")
	if err != nil {
		return err
	}
	fmt.Println("readyz:", ready)

	answer := inflight.Go(g, func(ctx context.Context) (string, error) { return get(ctx, public) })
	<-r.asked
	fmt.Println("SIGTERM, while a report is under way")
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		return err
	}
	if err := self.Signal(syscall.SIGTERM); err != nil { // there is none on Windows
		return err
	}
	for was := ready; ready == was; {
		if ready, err = get(ctx, admin+"/readyz"); err != nil {
			return err
		}
	}
	fmt.Println("readyz:", ready)
	close(r.finish)
	said, err := answer.Await(ctx)
	fmt.Println("report:", said)
	return err
}
