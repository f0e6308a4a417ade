package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"

	"github.com/destel/rill"

	"github.com/inflight-go/inflight"
)

// A file is closed when ForEach has returned. Of three writers one has failed.
func rillReturn() {
	var writing atomic.Int64
	end := make(chan struct{})
	err := rill.ForEach(rill.FromSlice([]int{1, 2, 3}, nil), 3, func(part int) error {
		return writePart(&writing, part, end)
	})
	fmt.Println(err)
	fmt.Println("still writing:", writing.Load())
	close(end)
}

// writePart fails for part 1, as soon as the others are at work, which takes them until
// end.
func writePart(writing *atomic.Int64, part int, end <-chan struct{}) error {
	if part == 1 {
		for writing.Load() < 2 {
			runtime.Gosched()
		}
		return errDisk
	}
	writing.Add(1)
	defer writing.Add(-1)
	<-end
	return nil
}

func oursMapReturns() {
	var writing atomic.Int64
	_, err := inflight.Map(context.Background(), []int{1, 2, 3}, 3, func(ctx context.Context, part int) (struct{}, error) {
		return struct{}{}, writePart(&writing, part, ctx.Done())
	})
	fmt.Println(errors.Unwrap(err))
	fmt.Println("still writing:", writing.Load())
}
