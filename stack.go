package inflight

import (
	"context"
	"errors"
	"sync"
	"time"
)

// CleanupGrace is how long the cleanups of a Stack have, all together, from the
// call of Close.
const CleanupGrace = 10 * time.Second

// A Stack is a pile of cleanups that are run in the reverse of the order in which
// they were pushed: the defer statement as a value, which can be handed on. The
// zero Stack is empty and ready. Its methods may be called by any goroutine.
//
//	func serve(ctx context.Context) (err error) {
//		var s inflight.Stack
//		defer s.Close(ctx, &err)
//		db, err := inflight.Enter(ctx, &s, openDB)
//		...
//	}
type Stack struct {
	mu   sync.Mutex
	pile []func(ctx context.Context, err error) error
}

// Push puts a cleanup on the stack that sees how the work has ended: err is what
// Close was given, and what it returns takes the place of that, for those below
// it and for the caller.
func (s *Stack) Push(f func(ctx context.Context, err error) error) {
	if f == nil {
		panic("inflight: Stack.Push called with a nil function")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pile = append(s.pile, f)
}

// Defer puts a cleanup on the stack. Its error is joined to that of the work.
func (s *Stack) Defer(f func(ctx context.Context) error) {
	if f == nil {
		panic("inflight: Stack.Defer called with a nil function")
	}
	s.Push(func(ctx context.Context, err error) error { return join(err, f(ctx)) })
}

// Enter opens something and puts its cleanup on the stack: that is the function
// that open returns beside the value, nil for none. If open fails, nothing is put
// on the stack.
func Enter[T any](ctx context.Context, s *Stack, open func(context.Context) (T, func(context.Context) error, error)) (T, error) {
	if open == nil {
		panic("inflight: Enter called with a nil function")
	}
	v, cleanup, err := open(ctx)
	if err == nil && cleanup != nil {
		s.Defer(cleanup)
	}
	return v, err
}

// Move takes all cleanups over into a new stack and leaves this one empty: what
// was opened is to outlive the function that opened it.
func (s *Stack) Move() *Stack {
	s.mu.Lock()
	defer s.mu.Unlock()
	moved := &Stack{pile: s.pile}
	s.pile = nil
	return moved
}

// Close runs the cleanups, the last pushed first, each exactly once, whatever the
// others do. It reads the error of the work from *err, and writes back what came
// of it; err may be nil. Errors are joined, that of the work first.
//
// Cleanups get a context with the values of ctx that a cancellation of ctx does
// not end, so that it can't make them skip their work; all together they have
// CleanupGrace. A panic of one is raised again when all have run. To close again
// does nothing.
func (s *Stack) Close(ctx context.Context, err *error) {
	if err == nil {
		err = new(error)
	}
	ctx, cancel := Shield(ctx, CleanupGrace)
	defer cancel()
	c := closing{s: s, err: err}
	c.run(ctx)
}

// closing is one Close.
type closing struct {
	s   *Stack
	err *error
	out outcome // the panics
}

func (c *closing) run(ctx context.Context) {
	for f := c.s.pop(); f != nil; f = c.s.pop() {
		c.cleanUp(ctx, f)
	}
	if c.out.hasPanicked() {
		panic(c.out.panic())
	}
}

// cleanUp runs one cleanup. If that ends its goroutine, the rest is run all the
// same.
func (c *closing) cleanUp(ctx context.Context, f func(context.Context, error) error) {
	returned := false
	defer func() {
		if returned {
			return
		}
		if v := recover(); v != nil {
			c.out.panics(newPanic(v, "cleanup"))
			return
		}
		c.run(ctx) // runtime.Goexit
	}()
	*c.err = f(ctx, *c.err)
	returned = true
}

func (s *Stack) pop() func(context.Context, error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pile) == 0 {
		return nil
	}
	last := len(s.pile) - 1
	f := s.pile[last]
	s.pile[last] = nil
	s.pile = s.pile[:last]
	return f
}

// join is errors.Join without a wrapper where there is one error.
func join(a, b error) error {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return errors.Join(a, b)
}
