package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/queue"
)

var errDatabase = errors.New("the database is gone")

// store fails for everything but the first jobs.
func store(job int) error {
	if job > 5 {
		return errDatabase
	}
	return nil
}

// Workers that return at the first error, and a producer that does not know of it.
func goPipeline() {
	jobs, failed := make(chan int), make(chan error, 2)
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for job := range jobs {
				if err := store(job); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	for job := range 100 {
		jobs <- job
	}
	close(jobs)
	workers.Wait()
	fmt.Println(<-failed)
}

func oursPipeline() {
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		jobs := queue.New[int](0)
		for range 2 {
			g.Go(func(ctx context.Context) error {
				for job := range jobs.All(ctx) {
					if err := store(job); err != nil {
						return err
					}
				}
				return ctx.Err()
			})
		}
		for job := range 100 {
			if err := jobs.Put(ctx, job); err != nil {
				return err
			}
		}
		jobs.Shutdown()
		return nil
	})
	fmt.Println(err)
}
