package batch

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A Unit is one piece of the input.
type Unit[T any] struct {
	Index   int64  // its position in the input, from 0
	Key     string // what its owner calls it; may be empty, and need not be unique
	Attempt int    // how many times it was leased, this one included
	Row     T
}

// A Queue hands out the units of a job. Its methods may be called by any number of
// goroutines at once. Cursor is the one that needs nothing but the input; package
// batchtest has the tests that every other has to pass.
type Queue[T any] interface {
	// Lease waits for a unit and hands it to the caller alone. It returns io.EOF
	// when every unit is done, and the cause of ctx when that ends first, or has
	// ended before; any other error is that of the input, which can't be read on.
	Lease(ctx context.Context) (Unit[T], error)
	// Extend makes the lease of a unit last for d from now, where leases end by
	// themselves. For one that the caller does not have it is ErrNotLeased.
	Extend(ctx context.Context, index int64, d time.Duration) error
	// Done says that the unit's line is committed: it is never leased again. For one
	// that is not leased it does nothing.
	Done(ctx context.Context, index int64) error
	// Retry gives a unit back, to be leased again no earlier than after from now.
	// For one that the caller does not have it is ErrNotLeased.
	Retry(ctx context.Context, u Unit[T], after time.Duration) error
}

// A Line is what came of a unit.
type Line struct {
	Index  int64
	Failed bool // "ok":false is in Data
	// Data is a JSON object without a newline that begins with {"index":N, where N
	// is Index.
	Data []byte
}

// A Sink keeps lines. Journal and Writer are sinks; package batchtest has the tests
// that every other has to pass.
type Sink interface {
	// Commit keeps the lines: when it returns nil they are as durable as the sink
	// makes things. To commit a line of a unit that has one does nothing, so that
	// whoever does not know whether a Commit succeeded may repeat it. It does not
	// keep the Data. When ctx ended before, it returns the cause and keeps nothing.
	// A sink that has to refuse one line for what is in it keeps that its unit has
	// failed, and sets Failed of it in lines.
	Commit(ctx context.Context, lines []Line) error
}

// Again is returned by the work for a unit that is to be given back to the queue
// and leased again after a while. The unit has no line then.
func Again(after time.Duration, err error) error { return &againError{after, err} }

type againError struct {
	after time.Duration
	err   error
}

func (e *againError) Error() string { return fmt.Sprintf("again after %v: %v", e.after, e.err) }
func (e *againError) Unwrap() error { return e.err }

func isAgain(err error) (after time.Duration, reason error, again bool) {
	e, again := errors.AsType[*againError](err)
	if !again {
		return 0, nil, false
	}
	return max(e.after, 0), e.err, true
}
