package main

import (
	"context"
	"fmt"

	"github.com/alitto/pond/v2"

	"github.com/inflight-go/inflight"
)

// A pool that refuses what does not fit, and a part of it for one kind of work. The
// part accepts a task that the pool has no room for.
func pondSubpool() {
	pool := pond.NewPool(1, pond.WithQueueSize(1), pond.WithNonBlocking(true))
	mails := pool.NewSubpool(1)
	release := make(chan struct{})
	pool.Submit(func() { <-release })
	pool.Submit(func() {}) // the queue is full
	mail, accepted := mails.TrySubmit(func() { fmt.Println("the mail is sent") })
	fmt.Println("accepted:", accepted)
	close(release)
	fmt.Println("sent:", mail.Wait())
}

func oursSublimit() {
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		release := make(chan struct{})
		g.Go(func(context.Context) error { <-release; return nil })
		mail, accepted := g.TryGo(func(context.Context) error { fmt.Println("the mail is sent"); return nil })
		fmt.Println("accepted:", accepted)
		close(release)
		_, err := mail.Await(ctx)
		fmt.Println("sent:", err)
		return nil
	}, inflight.Limit(1))
	fmt.Println(err)
}
