// Command whose is the answer to the exercise of chapter 4.
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
)

var (
	errPage = errors.New("the page took too long")
	errPart = errors.New("this part took too long")
)

func main() {
	page, cancel := context.WithTimeoutCause(context.Background(), 300*time.Millisecond, errPage)
	defer cancel()
	for i, limit := range []time.Duration{100 * time.Millisecond, time.Second} {
		part, cancel := context.WithTimeoutCause(page, limit, errPart)
		err := inflight.Sleep(part, time.Hour)
		cancel()
		fmt.Println("part", i+1, "ends:", err)
	}
}
