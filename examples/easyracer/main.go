// Easyracer runs an obstacle course for structured concurrency: eleven scenarios
// in which requests race, lose, time out and clean up, and two more in which many
// a solution hangs. They are those of https://github.com/jamesward/easyracer, and
// client.go is the solution.
//
//	go run ./examples/easyracer
//
// The scenario server is its own and runs on loopback; -url names another, such
// as the original.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/inflight-go/inflight"
)

// A course is what to run, and where.
type course struct {
	url    string        // of a scenario server; empty: start one
	second time.Duration // how long a second of the course is
	racers int           // of scenario 3
}

func main() {
	var c course
	flag.StringVar(&c.url, "url", "", "scenario server to race at (default: one that is started for it)")
	flag.DurationVar(&c.second, "second", time.Second, "how long a second of the course is")
	flag.IntVar(&c.racers, "racers", 10_000, "requests that race in scenario 3")
	flag.Parse()
	inflight.Main(func(ctx context.Context) error { return c.run(ctx, os.Stdout) })
}

// A scenario is a line of the table.
type scenario struct {
	name  string
	about string
	want  string
	run   func(*client, context.Context) (string, error)
}

var scenarios = []scenario{
	{"1", "two requests", "right", (*client).scenario1},
	{"2", "two, one connection breaks", "right", (*client).scenario2},
	{"3", "ten thousand", "right", (*client).scenario3},
	{"4", "two, one with a timeout", "right", (*client).scenario4},
	{"5", "two, one fails", "right", (*client).scenario5},
	{"6", "three, one fails", "right", (*client).scenario6},
	{"7", "another one after three seconds", "right", (*client).scenario7},
	{"8", "two that open, use and close", "right", (*client).scenario8},
	{"9", "ten, five letters in order", "right", (*client).scenario9},
	{"10", "compute while a request blocks", "right", (*client).scenario10},
	{"11", "one against a race of two", "right", (*client).scenario11},
}

// variants are scenarios that the original server does not have.
var variants = []scenario{
	{"12", "two that win at once", "right", (*client).bothWin},
	{"13", "two that fail", "no winner", (*client).noneWins},
}

var errCourse = errors.New("not every answer was right")

// run runs the course and writes the table.
func (c course) run(ctx context.Context, w io.Writer) error {
	if c.url != "" {
		return c.race(ctx, w, c.url, scenarios)
	}
	if racers := min(c.racers, (fileLimit()-100)/2); racers < c.racers {
		fmt.Fprintf(w, "The limit of open files (ulimit -n) leaves room for %d of %d racers in scenario 3.\n\n", racers, c.racers)
		c.racers = racers
	}
	return c.host(ctx, w, newReferee(c.second, c.racers))
}

// host runs the course at a server that it starts and stops.
func (c course) host(ctx context.Context, w io.Writer, server *referee) error {
	return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		defer g.Cancel() // the server
		url, err := inflight.Start(g, server.serve, inflight.Name("server"))
		if err != nil {
			return err
		}
		return c.race(ctx, w, url, append(scenarios, variants...))
	})
}

// race runs the scenarios one after the other.
func (c course) race(ctx context.Context, w io.Writer, url string, list []scenario) error {
	cl := &client{http: newHTTP(), url: url, second: c.second, racers: c.racers}
	var failed error
	fmt.Fprintf(w, "%2s  %-32s %-10s %7s\n", "", "scenario", "answer", "time")
	for _, s := range list {
		cl.limited(ctx, cl.get("/")) // until the losers before have gone
		start := time.Now()
		answer, err := cl.limited(ctx, func(ctx context.Context) (string, error) { return s.run(cl, ctx) })
		took := time.Since(start).Round(time.Millisecond)
		mark := ""
		if err != nil || answer != s.want {
			mark = fmt.Sprintf("  WRONG, not %q: %v", s.want, err)
			failed = errCourse
		}
		fmt.Fprintf(w, "%2s  %-32s %-10s %7v%s\n", s.name, s.about, answer, took, mark)
		if err := context.Cause(ctx); err != nil {
			return err
		}
	}
	return failed
}

// limited makes a request, or what consists of them, but does not wait for ever.
func (c *client) limited(ctx context.Context, r request) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, 30*c.second+10*time.Second, errors.New("no answer in time"))
	defer cancel()
	return r(ctx)
}
