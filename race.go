package inflight

import (
	"context"
	"errors"
	"time"

	"github.com/inflight-go/inflight/internal/park"
)

// Any calls all fns at once and returns the first value that one of them
// returns without an error. The others are cancelled and joined before it
// returns. If all fail, the error is all their errors, by errors.Join if there
// are several, the first failure first. If ctx ends first the cause is among
// them. Without fns it returns ErrNoTasks; a panic is raised again.
func Any[T any](ctx context.Context, fns ...func(context.Context) (T, error)) (T, error) {
	mustFuncs("Any", fns)
	return first(ctx, park.KindAny, fns, false)
}

// Race calls all fns at once and returns what the first of them returns that
// ends, be it an error. The others are cancelled and joined before it returns.
// If ctx ends first, it returns the cause. Without fns it returns ErrNoTasks; a
// panic is raised again.
func Race[T any](ctx context.Context, fns ...func(context.Context) (T, error)) (T, error) {
	mustFuncs("Race", fns)
	return first(ctx, park.KindRace, fns, true)
}

func first[T any](ctx context.Context, kind park.Kind, fns []func(context.Context) (T, error), errorWins bool) (value T, err error) {
	if len(fns) == 0 {
		return value, ErrNoTasks
	}
	winner := -1
	results := make([]Result[T], len(fns))
	f := fan{every: true}
	f.do = func(ctx context.Context, i int) (err error) {
		results[i].Value, err = fns[i](ctx)
		return err
	}
	f.ended = func(i int, err error) error {
		switch {
		case winner >= 0:
			return nil
		case err == nil, errorWins:
			winner, results[i].Err = i, err
			return errDone
		}
		f.out.fail(err)
		return nil
	}
	err = f.run(ctx, kind, len(fns), Unlimited, place(fns))
	if winner >= 0 {
		return results[winner].Value, results[winner].Err
	}
	return value, err
}

// Hedge calls the first of fns and, whenever delay has passed or the last one
// started has failed, the next; it returns the first value that one of them
// returns without an error. Those that are still running then are cancelled and
// joined; those that were not started never are. A delay of zero or less starts
// all at once.
//
// If all fail, the error is all their errors, by errors.Join if there are
// several, in the order in which they were started. If ctx ends first, it returns
// the cause. Without fns it returns ErrNoTasks; a panic is raised again.
func Hedge[T any](ctx context.Context, delay time.Duration, fns ...func(context.Context) (T, error)) (value T, err error) {
	mustFuncs("Hedge", fns)
	if len(fns) == 0 {
		return value, ErrNoTasks
	}
	if ctx.Err() != nil {
		return value, park.Cause(ctx)
	}
	h := hedge[T]{fns: fns, delay: max(delay, 0)}
	err = Run(ctx, h.body, Supervise(), func(o *options) { o.kind = park.KindHedge })
	for _, t := range h.tasks { // one that succeeded all the same, when ctx ended
		if h.winner == nil && t.State() == Succeeded {
			h.winner = t
		}
	}
	if h.winner != nil {
		return h.winner.Result()
	}
	var errs []error
	for _, t := range h.tasks { // in the order of starting, not of failing
		if t.State() == Failed {
			errs = append(errs, t.Err())
		}
	}
	if cause := park.Cause(ctx); cause != nil && contains(err, cause) {
		errs = append(errs, cause)
	}
	if len(errs) == 1 {
		return value, errs[0]
	}
	return value, errors.Join(errs...)
}

type hedge[T any] struct {
	fns    []func(context.Context) (T, error)
	delay  time.Duration
	tasks  []*Task[T] // those that were started
	winner *Task[T]
}

func (h *hedge[T]) body(ctx context.Context, g *TaskGroup) error {
	defer g.Cancel()
	var running []Awaitable
	for len(h.tasks) < len(h.fns) {
		t := Go(g, h.fns[len(h.tasks)])
		h.tasks = append(h.tasks, t)
		left, err := h.turn(ctx, append(running, t))
		if h.winner != nil || err != nil {
			return err
		}
		running = left
	}
	return nil
}

// turn waits until one has succeeded, or it is time for the next: after the
// last one there is none, and turn waits for all. It returns those that still
// run.
func (h *hedge[T]) turn(ctx context.Context, running []Awaitable) ([]Awaitable, error) {
	newest := h.tasks[len(h.tasks)-1]
	last := len(h.tasks) == len(h.fns)
	delay := h.delay
	if last {
		delay = Never
	}
	turn, d := WithDeadline(ctx, delay)
	defer d.Stop()
	for {
		done, pending, err := Wait(turn, FirstDone, running...)
		if err != nil {
			return nil, err
		}
		for _, a := range done {
			if a.State() == Succeeded {
				h.winner = a.(*Task[T])
				return nil, nil
			}
		}
		if ctx.Err() != nil {
			return nil, park.Cause(ctx)
		}
		running = pending
		next := !last && (len(done) == 0 || newest.State().final())
		if next || len(running) == 0 {
			return running, nil
		}
	}
}
