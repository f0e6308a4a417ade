package main

import (
	"context"
	"fmt"
	"time"

	"github.com/sourcegraph/conc/pool"

	"github.com/inflight-go/inflight"
)

// The results of a pool come in the order in which they are ready.
func concOrder() {
	price := prices()
	p := pool.NewWithResults[int]().WithErrors()
	for _, item := range []string{"tea", "bread"} {
		p.Go(func() (int, error) { return price(item) })
	}
	got, _ := p.Wait()
	fmt.Println("tea, bread:", got)
}

// prices returns a function that knows the price of tea a while after it has been asked
// that of bread.
func prices() func(item string) (int, error) {
	bread := make(chan struct{})
	return func(item string) (int, error) {
		if item == "bread" {
			close(bread)
			return 7, nil
		}
		<-bread
		time.Sleep(200 * time.Millisecond)
		return 3, nil
	}
}

func oursOrder() {
	price := prices()
	got, _ := inflight.Map(context.Background(), []string{"tea", "bread"}, 2, func(_ context.Context, item string) (int, error) {
		return price(item)
	})
	fmt.Println("tea, bread:", got)
}
