// Command forgood is the answer to the exercise of chapter 6.
package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/inflight-go/inflight/retry"
)

var errNoCity = errors.New("there is no such city")

func main() {
	attempts := 0
	_, err := retry.Do(context.Background(), retry.Policy{}, func(context.Context, int) (int, error) {
		attempts++
		return 0, retry.Permanent(errNoCity)
	})
	fmt.Println(err, "after", attempts, "attempt")
	fmt.Println("as it is:", err == errNoCity)
}
