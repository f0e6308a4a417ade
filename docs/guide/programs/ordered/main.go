// Command ordered is the answer to the exercise of chapter 7.
package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/inflight-go/inflight"
)

func main() {
	ids := slices.Values([]int{1, 2, 3, 4})
	for id, user := range inflight.Each(context.Background(), ids, 4, fetch, inflight.Ordered()) {
		fmt.Println(id, user.Value)
	}
}

// fetch stands for a request: the later the user, the sooner the answer.
func fetch(ctx context.Context, id int) (string, error) {
	return fmt.Sprint("user ", id), inflight.Sleep(ctx, time.Duration(100-20*id)*time.Millisecond)
}
