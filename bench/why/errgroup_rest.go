package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/inflight-go/inflight"
)

// Two hundred files, of which the first one can't be written. The function does not look
// at a context, as most that deals with files does not.
func errgroupRest() {
	var calls atomic.Int64
	g, _ := errgroup.WithContext(context.Background())
	g.SetLimit(4)
	for _, file := range files() {
		g.Go(func() error {
			calls.Add(1)
			return write(file)
		})
	}
	fmt.Println(g.Wait())
	tell(calls.Load())
}

var errDisk = errors.New("the disk is full")

// files are numbers, to keep it short.
func files() []int {
	var all []int
	for file := range 200 {
		all = append(all, file)
	}
	return all
}

func write(file int) error {
	if file == 0 {
		return errDisk
	}
	time.Sleep(time.Millisecond)
	return nil
}

// tell says less than it knows: how many were under way is left to chance.
func tell(calls int64) {
	switch {
	case calls == 200:
		fmt.Println("called: 200 times")
	case calls < 100:
		fmt.Println("called: fewer than 100 times")
	default:
		fmt.Println("called:", calls, "times")
	}
}

func oursRest() {
	var calls atomic.Int64
	_, err := inflight.Map(context.Background(), files(), 4, func(_ context.Context, file int) (struct{}, error) {
		calls.Add(1)
		return struct{}{}, write(file)
	})
	fmt.Println(errors.Unwrap(err))
	tell(calls.Load())
}
