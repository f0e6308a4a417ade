package inflight

import (
	"context"

	"github.com/inflight-go/inflight/internal/park"
)

// Start starts fn in g, as Go does, and returns when fn has called ready, with
// the value given to it: for servers and the like, which are of use from some
// moment on and run much longer.
//
// What goes wrong before ready is the caller's: Start returns the error, and the
// group does not hear of it. If fn returns nil without having called ready, the
// error is ErrNotReady. A panic before ready is both: Start returns it, and Run
// raises it again. After ready, fn is a task like any other. To call ready twice
// is a panic. A group that takes no more tasks refuses, as with Go.
//
// Start takes no context: it waits until fn calls ready or returns, and the end of
// the group ends fn's context.
func Start[T any](g *TaskGroup, fn func(ctx context.Context, ready func(T)) error, opts ...TaskOption) (T, error) {
	if fn == nil {
		panic("inflight: Start called with a nil function")
	}
	s := new(starting[T])
	var t *Task[struct{}]
	t = newPlainTask(func(ctx context.Context) error {
		returned := false
		defer func() {
			if returned {
				return
			}
			if v := recover(); v != nil {
				panic(v)
			}
			if s.settle(Failed, ErrGoexit) { // before ready: the caller's alone
				t.settleAlone(Failed, ErrGoexit)
			}
		}()
		err := s.returned(fn(ctx, s.ready))
		returned = true
		return err
	})
	g.start((*plainTask)(t), entry(fn), 0, opts)
	t.OnDone(func() { s.settle(Failed, t.err) }) // refused, panicked
	if err := s.await(context.Background(), park.OpAwait, &t.n.Obj, nil); err != nil {
		return s.value, err
	}
	if s.err != nil {
		var zero T
		return zero, s.err
	}
	return s.value, nil
}

// starting is the result of Start to come.
type starting[T any] struct {
	future
	value T
}

func (s *starting[T]) ready(v T) {
	c := s.lock()
	defer c.mu.Unlock()
	if s.State().final() {
		panic("inflight: ready called twice, or after its function has returned")
	}
	s.value = v
	s.settleLocked(c, Succeeded, nil)
}

// returned takes the error of a function that has not called ready away from
// the group.
func (s *starting[T]) returned(err error) error {
	if err == nil {
		s.settle(Failed, ErrNotReady)
		return nil
	}
	if s.settle(Failed, err) {
		return nil
	}
	return err
}
