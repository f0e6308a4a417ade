package inflight_test

import (
	"context"
	"fmt"

	"github.com/inflight-go/inflight"
)

// A page is put together from things that are fetched at the same time. If one
// of them fails the others are cancelled, and nothing runs on when Run returns.
func Example() {
	ctx := context.Background()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		user := inflight.Go(g, func(ctx context.Context) (string, error) {
			return fetchUser(ctx, 7)
		})
		prices, err := inflight.Map(ctx, []string{"tea", "bread"}, 10, fetchPrice)
		if err != nil {
			return err
		}
		name, err := user.Await(ctx)
		if err != nil {
			return err
		}
		fmt.Println(name, "pays", prices)
		return nil
	})
	fmt.Println(err)
	// Output:
	// user 7 pays [300 250]
	// <nil>
}
