// Command stream works on an input that never ends, for as long as it wants to.
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
)

func main() {
	pulled := 0
	ids := func(yield func(int) bool) { // 1, 2, 3, … without an end
		for id := 1; yield(id); id++ {
			pulled = id
		}
	}
	for id, user := range inflight.Each(context.Background(), ids, 4, fetch) {
		if user.Err != nil {
			fmt.Println(id, "failed:", user.Err)
			continue
		}
		fmt.Println(id, user.Value)
		if id == 4 {
			break // what is under way is cancelled, and joined
		}
	}
	fmt.Println("few were pulled:", pulled < 20)
}

// fetch stands for a request. User 2 is not there, and user 3 takes longer.
func fetch(ctx context.Context, id int) (string, error) {
	takes := time.Duration(id) * 10 * time.Millisecond
	if id == 3 {
		takes = 200 * time.Millisecond
	}
	if err := inflight.Sleep(ctx, takes); err != nil {
		return "", err
	}
	if id == 2 {
		return "", fmt.Errorf("no user %d", id)
	}
	return fmt.Sprint("user ", id), nil
}
