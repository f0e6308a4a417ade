// Command concurrent asks for the weather in three cities at the same time.
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
)

func main() {
	ctx := context.Background()
	start := time.Now()
	cities := []string{"Lima", "Oslo", "Cairo"}
	degrees, err := inflight.Map(ctx, cities, 10, ask)
	fmt.Println(degrees, err)
	fmt.Println("it took", time.Since(start).Round(100*time.Millisecond))
}

// ask stands for a request to a service that takes a second to answer.
func ask(ctx context.Context, city string) (int, error) {
	if err := inflight.Sleep(ctx, time.Second); err != nil {
		return 0, err
	}
	return map[string]int{"Lima": 19, "Oslo": 4, "Cairo": 31}[city], nil
}
