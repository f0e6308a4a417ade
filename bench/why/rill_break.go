package main

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/destel/rill"

	"github.com/inflight-go/inflight"
)

// The first answer is enough. The other 199 questions are asked all the same, in the
// background.
func rillBreak() {
	var asked atomic.Int64
	ctx, cancel := context.WithCancel(context.Background())
	answers := rill.Map(rill.FromSlice(files(), nil), 4, func(n int) (int, error) {
		asked.Add(1)
		return n, ctx.Err()
	})
	for range rill.ToSeq2(answers) {
		break
	}
	cancel()
	for range 200 { // as long as it takes, if it is not for ever
		if asked.Load() == 200 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	tell(asked.Load())
}

func oursBreak() {
	var asked atomic.Int64
	for range inflight.Each(context.Background(), slices.Values(files()), 4, func(ctx context.Context, n int) (int, error) {
		asked.Add(1)
		return n, ctx.Err()
	}) {
		break
	}
	time.Sleep(50 * time.Millisecond)
	tell(asked.Load())
}
