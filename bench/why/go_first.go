package main

import (
	"context"
	"fmt"
	"runtime"

	"github.com/inflight-go/inflight"
)

// The first of three mirrors that answers. The others want to say something too, and
// nobody listens any more.
func goFirst() {
	before := runtime.NumGoroutine()
	for range 1000 {
		answers := make(chan string)
		for _, mirror := range []string{"north", "east", "south"} {
			go func() { answers <- ask(mirror) }()
		}
		<-answers
	}
	fmt.Println("goroutines left behind:", left(before))
}

func ask(mirror string) string { return mirror + " is here" }

func oursFirst() {
	before := runtime.NumGoroutine()
	for range 1000 {
		mirror := func(name string) func(context.Context) (string, error) {
			return func(context.Context) (string, error) { return ask(name), nil }
		}
		inflight.Race(context.Background(), mirror("north"), mirror("east"), mirror("south"))
	}
	fmt.Println("goroutines left behind:", left(before))
}
