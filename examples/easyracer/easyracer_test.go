package main

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
)

const (
	testSecond = 100 * time.Millisecond
	testRacers = 200
)

// Every scenario gets its right answer, and nothing is left behind: no request
// at the server, no resource that is open, no goroutine, no task.
func TestCourse(t *testing.T) {
	before := runtime.NumGoroutine()
	var table bytes.Buffer
	ref := newReferee(testSecond, testRacers)
	err := course{second: testSecond, racers: testRacers}.host(t.Context(), &table, ref)
	t.Logf("\n%s", &table)
	if err != nil {
		t.Error(err)
	}
	if lines := strings.Count(table.String(), "\n"); lines != 14 {
		t.Errorf("the table has %d lines, want 14", lines)
	}
	if n := ref.running.Load(); n != 0 {
		t.Errorf("%d requests run on", n)
	}
	if n := len(ref.resources); n != 0 {
		t.Errorf("%d resources are open", n)
	}
	if tasks := inflight.Tasks(); len(tasks) != 0 {
		t.Errorf("tasks run on: %v", tasks)
	}
	// Connections that were dialled for a request that was cancelled are closed
	// by package net/http when it gets to it.
	for wait := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(wait) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

// A course that is interrupted says so, and leaves nothing running.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*testSecond)
	defer cancel()
	var table bytes.Buffer
	if err := (course{second: testSecond, racers: testRacers}).run(ctx, &table); err != context.DeadlineExceeded {
		t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
	}
	if tasks := inflight.Tasks(); len(tasks) != 0 {
		t.Errorf("tasks run on: %v", tasks)
	}
}

// visit runs fn with a client at a server of its own.
func visit(t *testing.T, fn func(ctx context.Context, c *client)) {
	t.Helper()
	err := inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
		defer g.Cancel()
		url, err := inflight.Start(g, newReferee(testSecond, testRacers).serve)
		if err == nil {
			fn(ctx, &client{http: newHTTP(), url: url, second: testSecond})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The server tells those who break the rules.
func TestCheats(t *testing.T) {
	for _, cheat := range []struct {
		name string
		run  func(ctx context.Context, c *client) (string, error)
		err  error
	}{
		{"hedges at once", func(ctx context.Context, c *client) (string, error) {
			return inflight.Any(ctx, c.times(2, "/7")...)
		}, nil},
		{"does not compute", func(ctx context.Context, c *client) (string, error) {
			_, answer, err := inflight.Gather2(ctx, c.get("/10?lazy"), func(ctx context.Context) (string, error) {
				return c.reportLoad(ctx, "lazy")
			})
			return answer, err
		}, status(400)},
		{"uses what it has not opened", func(ctx context.Context, c *client) (string, error) {
			return inflight.Any(ctx, c.get("/8?use=a"), c.get("/8?use=b"))
		}, status(500)},
	} {
		t.Run(cheat.name, func(t *testing.T) {
			visit(t, func(ctx context.Context, c *client) {
				answer, err := cheat.run(ctx, c)
				if answer == "right" || !errors.Is(err, cheat.err) {
					t.Errorf("got %q, %v", answer, err)
				}
			})
		})
	}
}
