// Command whichone is the answer to the exercise of chapter 3.
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
)

var errNoCity = errors.New("there is no such city")

func main() {
	cities := []string{"Lima", "Atlantis", "Oslo"}
	_, err := inflight.Map(context.Background(), cities, 10, ask)
	if item, ok := errors.AsType[*inflight.ItemError](err); ok {
		fmt.Println("without", cities[item.Index], "because", item.Err)
	}
	fmt.Println(errors.Is(err, errNoCity))
}

// ask stands for a request.
func ask(ctx context.Context, city string) (int, error) {
	if city == "Atlantis" {
		return 0, errNoCity
	}
	return len(city), inflight.Sleep(ctx, 100*time.Millisecond)
}
