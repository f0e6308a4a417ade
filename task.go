package inflight

import (
	"context"
	"fmt"
	"unsafe"

	"github.com/inflight-go/inflight/internal/goroutine"
	"github.com/inflight-go/inflight/internal/park"
)

// A Task is the handle of a function that runs in a group. Any number of
// goroutines may use it at once, also after the group is gone.
//
// Whoever waits does not own: a wait that is given up leaves the task running,
// and an error that nobody looks at still reaches the group.
//
// The function's return happens before every return of Await, Result and Err
// that reports it, and before Done is closed.
type Task[T any] struct {
	child
	value T
	fn    func(context.Context) (T, error) // nil once called
}

// A plainTask is the runner of a Task[struct{}] whose fn is, in truth, a
// func(context.Context) error: so that TaskGroup.Go needs no second function
// around the user's.
type plainTask Task[struct{}]

// A child is a task without its type. It begins with its node, so that the group
// finds it in the list of its children.
type child struct {
	n park.Node // the task's context
	future
}

func childOf(n *park.Node) *child { return (*child)(unsafe.Pointer(n)) }

// group returns the group that has admitted the child.
func (c *child) group() *TaskGroup { return c.n.Parent().Owner().(*TaskGroup) }

// A runner is the task that a worker sees.
type runner interface {
	run()
	core() *child
	forget() // lets go of the function, which will not be called again
	labels() goroutine.Labels
}

func (c *child) core() *child             { return c }
func (c *child) labels() goroutine.Labels { return nil }

// labelled is a runner with profile labels, which most tasks have none of.
type labelled struct {
	runner
	l goroutine.Labels
}

func (t *labelled) labels() goroutine.Labels { return t.l }

// pending is where a task keeps its runner until it is started: in the place of the
// error, which nobody reads before there is a result.
func (c *child) pending() *runner { return (*runner)(unsafe.Pointer(&c.err)) }

func (c *child) awaitable() (*future, *park.Node) { return &c.future, &c.n }

// run calls the function and settles the task.
func (t *Task[T]) run() {
	v, err := t.fn(&t.n)
	t.value, t.fn = v, nil
	t.end(err)
}

func (t *plainTask) run() {
	fn := *(*func(context.Context) error)(unsafe.Pointer(&t.fn))
	err := fn(&t.n)
	t.fn = nil
	t.end(err)
}

func (t *Task[T]) forget()   { t.fn = nil }
func (t *plainTask) forget() { t.fn = nil }

func newPlainTask(fn func(context.Context) error) *Task[struct{}] {
	t := new(Task[struct{}])
	*(*func(context.Context) error)(unsafe.Pointer(&t.fn)) = fn
	return t
}

// Await waits for the task and returns its result. When ctx ends first it
// returns the cause, and the task goes on; when ctx has ended before the call it
// does so even if the result is there (Result has it). A task that awaits itself,
// or one that it is part of, gets ErrSelfAwait at once.
//
// The error is what the function returned; for a cancelled task the cause of the
// cancellation, for a panic a *PanicError, for a refused task ErrGroupClosed.
func (t *Task[T]) Await(ctx context.Context) (T, error) {
	if err := t.await(ctx, park.OpAwait, &t.n.Obj, &t.n); err != nil {
		var zero T
		return zero, err
	}
	return t.value, t.err
}

// Result returns what Await would, without waiting: ErrPending while there is no
// result.
func (t *Task[T]) Result() (T, error) {
	if !t.State().final() {
		var zero T
		return zero, ErrPending
	}
	return t.value, t.err
}

// Cancel asks the task to end: its context is cancelled with the given cause,
// context.Canceled for nil. It reports whether the task was not done. Cancel does
// not wait; and it is a request: a task that returns no error has succeeded. A
// task that was not started yet is called all the same, so that its defers run.
func (c *child) Cancel(cause error) bool {
	if cause == nil {
		cause = context.Canceled
	}
	if c.State().final() {
		return false
	}
	c.n.Cancel(cause)
	park.Point(context.Background(), park.OpCancel, &c.n.Obj)
	return true
}

// State says how far the task has come.
func (c *child) State() State {
	s := c.future.State()
	if s == Pending && c.n.Running() {
		return Running
	}
	return s
}

// Name returns the task's name: the one given by Name, else task-N with a number
// that is unique in the process.
func (c *child) Name() string { return c.n.Name() }

// String returns the task's name and state.
func (c *child) String() string { return fmt.Sprintf("%s [%s]", c.Name(), c.State()) }

// A TaskOption changes how one task is started.
type TaskOption func(*child)

// Name names a task, for String, PanicError and the tree of tasks.
func Name(name string) TaskOption {
	return func(c *child) { c.n.SetName(name) }
}

// entry returns the entry point of the function that fn, which is of a function
// type, points to.
func entry[F any](fn F) uintptr {
	return **(**uintptr)(unsafe.Pointer(&fn))
}
