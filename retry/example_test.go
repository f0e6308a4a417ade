package retry_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/inflight-go/inflight/retry"
)

func ExampleDo() {
	policy := retry.Policy{Retries: 3, Base: time.Millisecond}
	v, err := retry.Do(context.Background(), policy, func(ctx context.Context, attempt int) (string, error) {
		if attempt < 3 {
			return "", errors.New("busy")
		}
		return fmt.Sprintf("done by attempt %d", attempt), nil
	})
	fmt.Println(v, err)
	// Output: done by attempt 3 <nil>
}

func ExamplePermanent() {
	_, err := retry.Do(context.Background(), retry.Policy{}, func(ctx context.Context, attempt int) (int, error) {
		return 0, retry.Permanent(errors.New("no such user"))
	})
	fmt.Println(err)
	// Output: no such user
}

func ExampleLater() {
	policy := retry.Policy{Retries: 1, Base: time.Nanosecond}
	began := time.Now()
	retry.Do(context.Background(), policy, func(ctx context.Context, attempt int) (int, error) {
		return 0, retry.Later(errors.New("busy"), 10*time.Millisecond)
	})
	fmt.Println(time.Since(began) >= 10*time.Millisecond)
	// Output: true
}

func ExampleAfter() {
	h := http.Header{"Retry-After": {"120"}}
	wait, over, ok := retry.After(h, time.Now(), time.Minute)
	fmt.Println(wait, over, ok)
	// Output: 1m0s true true
}

func ExampleClassify() {
	fmt.Println(retry.Classify(fmt.Errorf("read: %w", context.DeadlineExceeded)))
	// Output: timeout
}

func ExamplePolicy_Ceiling() {
	p := retry.Policy{Base: time.Second, Max: 10 * time.Second}
	for i := range 5 {
		fmt.Print(p.Ceiling(i+1), " ")
	}
	// Output: 1s 2s 4s 8s 10s
}

func ExamplePolicy_Pause() {
	p := retry.Policy{Retries: 2, Base: time.Millisecond}
	retries, ok := 0, true
	for ok {
		retries, ok = p.Pause(context.Background(), retries, 0)
		fmt.Println(retries, ok)
	}
	// Output:
	// 1 true
	// 2 true
	// 2 false
}

func ExampleBudget() {
	b := &retry.Budget{Share: 0.5, Floor: -1}
	for range 4 {
		b.Request()
	}
	fmt.Println(b.Take(), b.Take(), b.Take())
	// Output: true true false
}
