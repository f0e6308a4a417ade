package inflight_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/inflight-go/inflight"
)

// Three users at a time, and the names in the order of the IDs.
func ExampleMap() {
	ctx := context.Background()
	ids := []int{5, 3, 8, 1, 9}
	names, err := inflight.Map(ctx, ids, 3, fetchUser)
	fmt.Println(names, err)
	// Output: [user 5 user 3 user 8 user 1 user 9] <nil>
}

func ExampleItemError() {
	ctx := context.Background()
	ids := []int{5, -3, 8}
	_, err := inflight.Map(ctx, ids, 3, fetchUser)
	if item, ok := errors.AsType[*inflight.ItemError](err); ok {
		fmt.Println("failed for ID", ids[item.Index])
	}
	// Output: failed for ID -3
}

func ExampleItemError_Error() {
	_, err := inflight.Map(context.Background(), []int{5, -3, 8}, 3, fetchUser)
	fmt.Println(err)
	// Output: item 1: user -3: no such user
}

func ExampleItemError_Unwrap() {
	_, err := inflight.Map(context.Background(), []int{5, -3, 8}, 3, fetchUser)
	fmt.Println(errors.Is(err, errNoUser))
	// Output: true
}

// Prices come as they are found; one that is not does not stop the others.
func ExampleEach() {
	ctx := context.Background()
	items := slices.Values([]string{"tea", "gold", "milk"})
	for item, price := range inflight.Each(ctx, items, 2, fetchPrice) {
		fmt.Println(item, price.Value, price.Err)
	}
	fmt.Println(context.Cause(ctx)) // tells a loop that was cut short
	// Unordered output:
	// tea 300 <nil>
	// gold 0 gold: no such item
	// milk 120 <nil>
	// <nil>
}

// The input has no end. It is pulled as far as the loop goes, and a little
// further; what is still under way after the break is cancelled and joined.
func ExampleEach_endless() {
	ctx := context.Background()
	var ids iter.Seq[int] = func(yield func(int) bool) {
		for id := 1; yield(id); id++ {
		}
	}
	for id, user := range inflight.Each(ctx, ids, 4, fetchUser, inflight.Ordered()) {
		fmt.Println(user.Value)
		if id == 3 {
			break
		}
	}
	// Output:
	// user 1
	// user 2
	// user 3
}

func ExampleEachOption() {
	ctx := context.Background()
	options := []inflight.EachOption{inflight.Ordered()}
	for id, user := range inflight.Each(ctx, slices.Values([]int{2, 1}), 2, fetchUser, options...) {
		fmt.Println(id, user.Value)
	}
	// Output:
	// 2 user 2
	// 1 user 1
}

func ExampleOrdered() {
	ctx := context.Background()
	ids := slices.Values([]int{30, 10, 20})
	for id, user := range inflight.Each(ctx, ids, 3, fetchUser, inflight.Ordered()) {
		fmt.Println(id, user.Value)
	}
	// Output:
	// 30 user 30
	// 10 user 10
	// 20 user 20
}
