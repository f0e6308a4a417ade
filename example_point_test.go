package inflight_test

import (
	"context"
	"fmt"

	"github.com/inflight-go/inflight"
)

// A write to a database, which a test can interrupt, hold up, or have fail.
func ExamplePoint() {
	save := func(ctx context.Context, row string) error {
		if err := inflight.Point(ctx, "db.write"); err != nil {
			return fmt.Errorf("saving %s: %w", row, err)
		}
		fmt.Println("saved", row)
		return nil
	}
	if err := save(context.Background(), "a"); err != nil {
		fmt.Println(err)
	}
	// Output: saved a
}
