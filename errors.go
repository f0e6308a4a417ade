package inflight

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// The errors that this package makes. Test for them with errors.Is.
var (
	// ErrPending is returned by Result and Err of a task or promise that has no
	// result yet.
	ErrPending = errors.New("inflight: no result yet")
	// ErrNoRoom is the error of a task that TryGo did not start because it would
	// have had to wait for its turn.
	ErrNoRoom = errors.New("inflight: no room under the limit")
	// ErrGroupClosed is the error of a task that its group refused, because the
	// group is finished or was cancelled; the function was not called and never
	// will be. Where there is a cause for the cancellation, the error wraps it too.
	ErrGroupClosed = errors.New("inflight: the group takes no more tasks")
	// ErrGoexit is the error of a task whose function ended its goroutine with
	// runtime.Goexit (as t.FailNow does) instead of returning.
	ErrGoexit = errors.New("inflight: the task called runtime.Goexit")
	// ErrNoTasks is returned where something must be waited for and nothing was
	// given: Any, Race, Hedge, Wait.
	ErrNoTasks = errors.New("inflight: nothing to wait for")
	// ErrSelfAwait is returned to a task that awaits itself, or a task that it is
	// a part of: that wait could never end.
	ErrSelfAwait = errors.New("inflight: a task awaits itself")
	// ErrNotReady is returned by Start when the function returned nil without
	// having called ready.
	ErrNotReady = errors.New("inflight: the function returned before it was ready")
	// ErrAbandoned is wrapped by the error of Offload when ctx ended while the
	// function was running, and by the error of Main when tasks outlived the grace
	// period: something is still running.
	ErrAbandoned = errors.New("inflight: still running, left behind")
	// ErrBadWait is returned by Wait for an unknown condition.
	ErrBadWait = errors.New("inflight: unknown condition to wait for")
	// ErrCut is wrapped, with the cause, by the error of the last pair of Each when
	// ctx ended before the input did.
	ErrCut = errors.New("inflight: cut short")
	// ErrConcurrentUse ends a sequence of Each that is ranged over by two
	// goroutines at once.
	ErrConcurrentUse = errors.New("inflight: the sequence is in use")
)

// errDone is the cause of the context of a service whose work is over, and of
// the others once one of them has won.
var errDone = errors.New("inflight: no longer needed")

// A PanicError is what a panic in a task becomes: the scope that the task
// belongs to is cancelled, joined, and panics with it in the goroutine that
// opened it. As an error it is the result of the task.
type PanicError struct {
	Value any    // what the function panicked with
	Stack []byte // the goroutine's stack at the panic, as by debug.Stack
	Task  string // the name of the task; "" for the body of a scope
	// Also holds what else went wrong in the scope: the other panics, as
	// *PanicError, and the errors.
	Also []error
}

// Error returns the value, the task's name, and the stack where it happened.
func (e *PanicError) Error() string {
	var b strings.Builder
	b.WriteString("panic")
	if e.Task != "" {
		fmt.Fprintf(&b, " in %q", e.Task)
	}
	fmt.Fprintf(&b, ": %v\n\n%s", e.Value, e.Stack)
	for _, err := range e.Also {
		fmt.Fprintf(&b, "\nalso: %v", err)
	}
	return b.String()
}

// Unwrap returns the value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// An ItemError says which item of the input an error of Map belongs to.
type ItemError struct {
	Index int // of the item in the input, from 0
	Err   error
}

// Error returns the error's text with the index before it.
func (e *ItemError) Error() string { return fmt.Sprintf("item %d: %v", e.Index, e.Err) }

// Unwrap returns Err.
func (e *ItemError) Unwrap() error { return e.Err }

// siblingError is the cause of a scope that was cancelled because something in
// it failed. It is a type of its own, so that what a child makes of its
// cancellation is told from a failure of its own with the same sentinel.
type siblingError struct{ err error }

func (e *siblingError) Error() string { return "cancelled by a failure beside it: " + e.err.Error() }
func (e *siblingError) Unwrap() error { return e.err }

// Is makes it a context.Canceled, for those who ask whether they were cancelled.
func (e *siblingError) Is(target error) bool { return target == context.Canceled }

// refusedError is ErrGroupClosed with its cause.
type refusedError struct{ cause error }

func (e *refusedError) Error() string        { return ErrGroupClosed.Error() + ": " + e.cause.Error() }
func (e *refusedError) Unwrap() error        { return e.cause }
func (e *refusedError) Is(target error) bool { return target == ErrGroupClosed }

// cutError is ErrCut with its cause.
type cutError struct{ cause error }

func (e *cutError) Error() string        { return ErrCut.Error() + ": " + e.cause.Error() }
func (e *cutError) Unwrap() error        { return e.cause }
func (e *cutError) Is(target error) bool { return target == ErrCut }

// onlyCancelled reports whether err says nothing but that a context ended whose
// error was ctxErr, for the given cause: every leaf of its tree is one of them.
func onlyCancelled(err, ctxErr, cause error) bool {
	if sameError(err, ctxErr) || sameError(err, cause) || err == ErrGroupClosed {
		return true // a refusal by a cancelled group is its cancellation
	}
	switch x := err.(type) {
	case interface{ Unwrap() error }:
		if inner := x.Unwrap(); inner != nil {
			return onlyCancelled(inner, ctxErr, cause)
		}
	case interface{ Unwrap() []error }:
		inner := x.Unwrap()
		for _, e := range inner {
			if !onlyCancelled(e, ctxErr, cause) {
				return false
			}
		}
		return len(inner) > 0
	}
	return errors.Is(err, ctxErr) // an error of another type that says so
}

// contains reports whether target itself is in the tree of err.
func contains(err, target error) bool {
	if sameError(err, target) {
		return true
	}
	switch x := err.(type) {
	case interface{ Unwrap() error }:
		if inner := x.Unwrap(); inner != nil {
			return contains(inner, target)
		}
	case interface{ Unwrap() []error }:
		for _, e := range x.Unwrap() {
			if contains(e, target) {
				return true
			}
		}
	}
	return false
}

// sameError is a == b for errors that may not be comparable.
func sameError(a, b error) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	if wordsOf(a) == wordsOf(b) {
		return true
	}
	return reflect.TypeOf(a) == reflect.TypeOf(b) && reflect.ValueOf(a).Comparable() && reflect.ValueOf(b).Comparable() && a == b
}
