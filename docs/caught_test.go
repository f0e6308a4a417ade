package docs_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/inflighttest"
	"github.com/inflight-go/inflight/locks"
	"github.com/inflight-go/inflight/queue"
)

// The tests of this file that have a bug, and fail; TestCaught runs them in a process of
// their own, and looks at what they say.
const failing = "INFLIGHT_PITFALLS"

func mustFail(t *testing.T) {
	if os.Getenv(failing) == "" {
		t.Skip("fails, and is run by TestCaught")
	}
}

func TestCaught(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestFails", "-test.v")
	cmd.Env = append(os.Environ(), failing+"=1")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err == nil {
		t.Error("the tests that have a bug have passed")
	}
	for _, want := range []struct{ test, says string }{
		{"TestFailsGo", "goroutine"},
		{"TestFailsGo", "caught_test.go"},
		{"TestFailsQueue", "deadlock: everything in TestFailsQueue is blocked"},
		{"TestFailsQueue", "queue.get"},
		{"TestFailsLocks", "deadlock"},
		{"TestFailsLocks", "mutex.lock"},
		{"TestFailsTwice", "deadlock"},
		{"TestFailsTwice", "mutex.lock"},
		{"TestFailsLostUpdate", "there are"},
		{"TestFailsLostUpdate", "INFLIGHT_SEED="},
		{"TestFailsDeafLoop", "steps"},
	} {
		if text := told(out.String(), want.test); !strings.Contains(text, want.says) {
			t.Errorf("%s does not say %q, but\n%s", want.test, want.says, text)
		}
	}
	if race {
		if text := told(out.String(), "TestFailsRace"); !strings.Contains(text, "DATA RACE") {
			t.Errorf("the race detector has found nothing:\n%s", text)
		}
	}
}

// told is what a test has said in the output of go test -v.
func told(out, test string) string {
	_, text, _ := strings.Cut(out, "=== RUN   "+test+"\n")
	text, _, _ = strings.Cut(text, "=== RUN   ")
	return text
}

// A goroutine that no scope knows is left behind.
func TestFailsGo(t *testing.T) {
	mustFail(t)
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		go func() { <-make(chan int) }()
	})
}

// A queue that nobody ends keeps its consumers.
func TestFailsQueue(t *testing.T) {
	mustFail(t)
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		q := queue.New[int](10)
		g.Go(func(ctx context.Context) error {
			for range q.All(ctx) {
			}
			return ctx.Err()
		})
		q.Put(ctx, 1)
	})
}

// Two locks, in the one order and in the other.
func TestFailsLocks(t *testing.T) {
	mustFail(t)
	inflighttest.Explore(t, inflighttest.Plan{}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		var a, b locks.Mutex
		both := func(first, second *locks.Mutex) func(context.Context) error {
			return func(ctx context.Context) error {
				return first.Do(ctx, func(ctx context.Context) error {
					return second.Do(ctx, func(context.Context) error { return nil })
				})
			}
		}
		g.Go(both(&a, &b))
		g.Go(both(&b, &a))
	})
}

// A mutex that is locked by who has it already.
func TestFailsTwice(t *testing.T) {
	mustFail(t)
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		var mu locks.Mutex
		mu.Lock(ctx)
		mu.Lock(ctx)
	})
}

// What was read before a wait is not so any more after it.
func TestFailsLostUpdate(t *testing.T) {
	mustFail(t)
	inflighttest.Explore(t, inflighttest.Plan{}, lostUpdate(func(ctx context.Context) { inflight.Point(ctx, "bank.ask") }))
}

// Without a place at which an exploration can go on with another task it finds nothing:
// the same bug passes.
func TestNoPoint(t *testing.T) {
	inflighttest.Explore(t, inflighttest.Plan{Runs: 200}, lostUpdate(func(context.Context) {}))
}

func lostUpdate(ask func(context.Context)) inflighttest.Body {
	return func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		var balance atomic.Int64
		balance.Store(100)
		withdraw := func(ctx context.Context) error {
			was := balance.Load()
			ask(ctx)
			balance.Store(was - 10)
			return nil
		}
		inflight.Wait(ctx, inflight.AllDone, g.Go(withdraw), g.Go(withdraw))
		if left := balance.Load(); left != 80 {
			t.Errorf("there are %d, want 80", left)
		}
	}
}

// A loop that does not look at its errors, and so does not hear that it should end.
func TestFailsDeafLoop(t *testing.T) {
	mustFail(t)
	inflighttest.Explore(t, inflighttest.Plan{Steps: 1000}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		task := g.Go(func(ctx context.Context) error {
			for {
				inflight.Sleep(ctx, time.Second)
			}
		})
		task.Cancel(nil)
	})
}

// Two tasks write one variable. A plain run may have the second one in the goroutine of
// the first, in which case nothing is written at the same time; an exploration has them
// in any order, and none of them counts as one.
func TestFailsRace(t *testing.T) {
	mustFail(t)
	if !race {
		t.Skip("only go test -race finds it")
	}
	inflighttest.Explore(t, inflighttest.Plan{}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		total := 0
		g.Go(func(context.Context) error { total += 3; return nil })
		g.Go(func(context.Context) error { total += 7; return nil })
	})
}

// pitfalls.md names each Example and test of this folder that is about a pitfall, and
// none that there is not.
func TestPitfallsAreShown(t *testing.T) {
	page, err := os.ReadFile("pitfalls.md")
	if err != nil {
		t.Fatal(err)
	}
	there := make(map[string]bool)
	for _, file := range []string{"pitfalls_test.go", "caught_test.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^func (Example_\w+|Test\w+)\(`).FindAllStringSubmatch(string(source), -1) {
			there[m[1]] = true
		}
	}
	delete(there, "TestCaught")
	delete(there, "TestPitfallsAreShown")
	named := make(map[string]bool)
	for _, m := range regexp.MustCompile("`(Example_\\w+|Test\\w+)`").FindAllStringSubmatch(string(page), -1) {
		named[m[1]] = true
	}
	for name := range named {
		if !there[name] {
			t.Errorf("pitfalls.md names %s, and there is none", name)
		}
	}
	for name := range there {
		if !named[name] {
			t.Errorf("pitfalls.md does not name %s", name)
		}
	}
	if sections := strings.Count(string(page), "\n### "); strings.Count(string(page), "*Found by*") != sections {
		t.Errorf("not all of the %d pitfalls say by whom they are found", sections)
	}
}
