// Command sequential asks for the weather in three cities, one after the other.
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
	for _, city := range []string{"Lima", "Oslo", "Cairo"} {
		degrees, err := ask(ctx, city)
		fmt.Println(city, degrees, err)
	}
	fmt.Println("it took", time.Since(start).Round(100*time.Millisecond))
}

// ask stands for a request to a service that takes a second to answer.
func ask(ctx context.Context, city string) (int, error) {
	if err := inflight.Sleep(ctx, time.Second); err != nil {
		return 0, err
	}
	return map[string]int{"Lima": 19, "Oslo": 4, "Cairo": 31}[city], nil
}
