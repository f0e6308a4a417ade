// Command quickstart is a whole program in the shape of the one that the README shows.
package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/inflight-go/inflight"
)

func main() {
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		user := inflight.Go(g, fetch("gopher", 30*time.Millisecond)) // runs from here on
		pages, err := inflight.Gather(ctx,
			fetch("inbox", 20*time.Millisecond),
			fetch("calendar", 10*time.Millisecond))
		if err != nil {
			return err // the user is cancelled and joined
		}
		name, err := user.Await(ctx)
		fmt.Println(name, "has", pages)
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
}

// fetch stands for a request that takes a while.
func fetch(what string, d time.Duration) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		return what, inflight.Sleep(ctx, d)
	}
}
