package files

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/inflight-go/inflight"
)

// errGone is what is returned to nobody: who would have got it has gone.
var errGone = errors.New("inflight/files: nobody waits for it")

// decide runs fn on the pool. Before its result is to count, such as before a file gets
// its name, fn calls begin: if that returns false, ctx has ended and nobody waits for fn
// any more; it then has to undo what it has done. When it returned true fn is waited for
// to the end, whatever becomes of ctx. So an error that is ErrAbandoned always means that
// nothing came of it.
func decide[T any](ctx context.Context, fn func(begin func() bool) (T, error)) (T, error) {
	var decided atomic.Bool
	outcome := inflight.NewPromise[inflight.Result[T]](ctx)
	v, err := inflight.Offload(ctx, func() (T, error) {
		v, err := fn(func() bool { return !decided.Swap(true) })
		outcome.Resolve(inflight.Result[T]{Value: v, Err: err})
		return v, err
	})
	if errors.Is(err, inflight.ErrAbandoned) && decided.Swap(true) {
		r, _ := outcome.Await(context.WithoutCancel(ctx)) // which never ends
		return r.Value, r.Err
	}
	return v, err
}
