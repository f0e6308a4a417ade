package files

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/inflight-go/inflight"
)

// errGone is what is returned to nobody: who would have got it has gone.
var errGone = errors.New("inflight/files: nobody waits for it")

// grace is how long an operation that is to be undone may take for that until nobody
// waits for it any more.
const grace = time.Second

// decide runs fn on the pool. Before its result is to count, such as before a file gets
// its name, fn calls begin: if that returns false, ctx has ended, and fn has to undo what
// it has done. When it returned true fn is waited for to the end, whatever becomes of ctx.
// So the cause of ctx, and an error that is ErrAbandoned, always mean that nothing came of
// it; with the second, fn is still running.
func decide[T any](ctx context.Context, fn func(begin func() bool) (T, error)) (T, error) {
	var decided atomic.Bool
	outcome := inflight.NewPromise[inflight.Result[T]](ctx)
	v, err := inflight.Offload(ctx, func() (T, error) {
		v, err := fn(func() bool { return !decided.Swap(true) })
		outcome.Resolve(inflight.Result[T]{Value: v, Err: err})
		return v, err
	})
	if !errors.Is(err, inflight.ErrAbandoned) {
		return v, err
	}
	if decided.Swap(true) {
		r, _ := outcome.Await(context.WithoutCancel(ctx)) // which never ends
		return r.Value, r.Err
	}
	short, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if _, late := outcome.Await(short); late == nil {
		err = context.Cause(ctx)
	}
	return v, err
}
