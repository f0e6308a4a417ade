// Package stopping carries the channel that is closed when a program, or a server
// in it, begins to drain.
package stopping

import "context"

type key struct{}

// With returns a context whose channel is c.
func With(ctx context.Context, c <-chan struct{}) context.Context {
	return context.WithValue(ctx, key{}, c)
}

// Channel returns the channel of ctx, nil if it has none.
func Channel(ctx context.Context) <-chan struct{} {
	c, _ := ctx.Value(key{}).(<-chan struct{})
	return c
}
