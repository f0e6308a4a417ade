package inflight

import (
	"context"

	"github.com/inflight-go/inflight/internal/park"
)

// A Result is the outcome of one function: a value, or an error.
type Result[T any] struct {
	Value T
	Err   error
}

// mustFuncs panics, before anything is started, if one of fns is nil.
func mustFuncs[T any](who string, fns []func(context.Context) (T, error)) {
	for _, fn := range fns {
		if fn == nil {
			panic("inflight: " + who + " called with a nil function")
		}
	}
}

// place returns the entry of the first function, for the tree.
func place[T any](fns []func(context.Context) (T, error)) uintptr {
	if len(fns) == 0 {
		return 0
	}
	return entry(fns[0])
}

// Gather calls all fns at once and returns their values in the order of fns.
//
// It returns when every one of them has returned. The first failure cancels the
// others, and is returned as Run returns failures; then there are no values.
// (asyncio's gather returns at once and leaves the others running.) Each function
// is called exactly once, also if another has failed before it began. A panic is
// raised again as a *PanicError.
//
// To await tasks together, pass their Await methods. If ctx ends first, all are
// cancelled and joined, and the cause is returned; if it ended before the call,
// nothing is called. Without fns the result is empty.
//
// There is no limit to how many run at once: it is the number of fns. Map has
// one.
func Gather[T any](ctx context.Context, fns ...func(context.Context) (T, error)) ([]T, error) {
	mustFuncs("Gather", fns)
	values := make([]T, len(fns))
	f := fan{every: true}
	f.do = func(ctx context.Context, i int) (err error) {
		values[i], err = fns[i](ctx)
		return err
	}
	if err := f.run(ctx, park.KindGather, len(fns), Unlimited, place(fns)); err != nil {
		return nil, err
	}
	return values, nil
}

// Settle calls all fns at once and returns how each of them ended, in the order
// of fns. A failure cancels nobody. The error is nil unless ctx ended and
// something was cut short by that: then it is the cause, and the results are
// there all the same (nil if ctx ended before the call). Otherwise Settle is like
// Gather, also in that a panic is raised again.
func Settle[T any](ctx context.Context, fns ...func(context.Context) (T, error)) ([]Result[T], error) {
	mustFuncs("Settle", fns)
	if ctx.Err() != nil {
		return nil, park.Cause(ctx)
	}
	results := make([]Result[T], len(fns))
	f := fan{every: true}
	f.ended = func(i int, err error) error {
		results[i].Err = err // also that of runtime.Goexit
		return nil
	}
	f.do = func(ctx context.Context, i int) (err error) {
		results[i].Value, err = fns[i](ctx)
		results[i].Err = err
		return err
	}
	err := f.run(ctx, park.KindSettle, len(fns), Unlimited, place(fns))
	return results, err
}

// Gather2 is Gather for two functions of different types.
func Gather2[A, B any](ctx context.Context,
	fa func(context.Context) (A, error),
	fb func(context.Context) (B, error),
) (a A, b B, err error) {
	var v struct {
		a A
		b B
	}
	err = gatherParts(ctx, "Gather2", part(&v.a, fa), part(&v.b, fb))
	if err == nil {
		a, b = v.a, v.b
	}
	return
}

// Gather3 is Gather for three functions of different types.
func Gather3[A, B, C any](ctx context.Context,
	fa func(context.Context) (A, error),
	fb func(context.Context) (B, error),
	fc func(context.Context) (C, error),
) (a A, b B, c C, err error) {
	var v struct {
		a A
		b B
		c C
	}
	err = gatherParts(ctx, "Gather3", part(&v.a, fa), part(&v.b, fb), part(&v.c, fc))
	if err == nil {
		a, b, c = v.a, v.b, v.c
	}
	return
}

// Gather4 is Gather for four functions of different types.
func Gather4[A, B, C, D any](ctx context.Context,
	fa func(context.Context) (A, error),
	fb func(context.Context) (B, error),
	fc func(context.Context) (C, error),
	fd func(context.Context) (D, error),
) (a A, b B, c C, d D, err error) {
	var v struct {
		a A
		b B
		c C
		d D
	}
	err = gatherParts(ctx, "Gather4", part(&v.a, fa), part(&v.b, fb), part(&v.c, fc), part(&v.d, fd))
	if err == nil {
		a, b, c, d = v.a, v.b, v.c, v.d
	}
	return
}

// A typed function and the place for its value.
type gatherPart struct {
	call func(context.Context) error // nil if the function is
	pc   uintptr
}

func part[T any](to *T, fn func(context.Context) (T, error)) gatherPart {
	if fn == nil {
		return gatherPart{}
	}
	return gatherPart{pc: entry(fn), call: func(ctx context.Context) error {
		v, err := fn(ctx)
		if err == nil {
			*to = v
		}
		return err
	}}
}

func gatherParts(ctx context.Context, who string, parts ...gatherPart) error {
	for _, p := range parts {
		if p.call == nil {
			panic("inflight: " + who + " called with a nil function")
		}
	}
	f := fan{every: true}
	f.do = func(ctx context.Context, i int) error { return parts[i].call(ctx) }
	return f.run(ctx, park.KindGather, len(parts), Unlimited, parts[0].pc)
}
