// Command twoatatime is the answer to the exercise of chapter 1.
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
	cities := []string{"Lima", "Oslo", "Cairo", "Quito", "Turin", "Kyoto"}
	letters, err := inflight.Map(ctx, cities, 2, ask)
	fmt.Println(letters, err)
	fmt.Println("it took", time.Since(start).Round(100*time.Millisecond))
}

// ask stands for a request to a service that takes a second to answer.
func ask(ctx context.Context, city string) (int, error) {
	return len(city), inflight.Sleep(ctx, time.Second)
}
