package corpus

import (
	"context"
	"fmt"
	"slices"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/park"
)

// A Program runs once, under ctx, and says what went wrong.
type Program func(ctx context.Context) error

// A Bug is a program that is wrong, and the same one put right.
type Bug struct {
	Name         string
	About        string // what happens, in a line
	Wrong, Right Program
}

// All returns the bugs, in the order of the table.
func All() []Bug {
	return slices.Concat(shared, waking, deadlocks, cancelled, primitives, endings, timed, deep, late)
}

// Jitter reports whether it takes a clock that moves on while somebody could go on.
func (b Bug) Jitter() bool {
	return slices.ContainsFunc(late, func(l Bug) bool { return l.Name == b.Name })
}

// together runs all of them at once, as tasks, and waits for them.
func together(ctx context.Context, fns ...func(context.Context) error) error {
	return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		for i, fn := range fns {
			g.Go(fn, inflight.Name(fmt.Sprintf("t%d", i+1)))
		}
		return nil
	})
}

// twice is fn, at once with itself.
func twice(ctx context.Context, fn func(context.Context) error) error { return together(ctx, fn, fn) }

// step stands for an operation that could wait and does not have to: a lock that
// is free, a queue that has an item. In production that is a few nanoseconds.
func step(ctx context.Context) error {
	park.Point(ctx, park.OpNone, nil)
	return context.Cause(ctx)
}

// yield gives the others a turn.
func yield(ctx context.Context) error { return inflight.Sleep(ctx, 0) }

// steps is step n times.
func steps(ctx context.Context, n int) error {
	for range n {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}
