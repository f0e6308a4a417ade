package inflight

import (
	"context"
	"fmt"

	"github.com/inflight-go/inflight/internal/park"
)

// Map calls fn for each item of in, at most limit at once, and returns the values
// in the order of in. A limit below 1 panics; Unlimited has to be spelled.
//
// The first failure cancels the others; it is an *ItemError, which names the
// index. Items that no goroutine had begun by then are not called. If ctx ends
// first, the cause is returned. A panic is raised again as a *PanicError. Map
// returns when all calls have returned; with an error there are no values.
//
// Without items nothing is called, and the result is empty.
//
// For inputs that are no slice, for the failures of some, and for results as they
// come, there is Each.
func Map[I, O any](ctx context.Context, in []I, limit int, fn func(context.Context, I) (O, error)) ([]O, error) {
	mustLimit("Map", limit)
	if fn == nil {
		panic("inflight: Map called with a nil function")
	}
	out := make([]O, len(in))
	f := fan{wrap: true}
	f.do = func(ctx context.Context, i int) (err error) {
		out[i], err = fn(ctx, in[i])
		return err
	}
	if err := f.run(ctx, park.KindMap, len(in), limit, entry(fn)); err != nil {
		return nil, err
	}
	return out, nil
}

func mustLimit(who string, limit int) {
	if limit < 1 {
		panic(fmt.Sprintf("inflight: %s with a limit of %d: at least one must be able to run (inflight.Unlimited for no limit)", who, limit))
	}
}
