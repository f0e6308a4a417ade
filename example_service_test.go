package inflight_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
)

// The examples call a service that is made up here, with functions that look
// like those of any client: they take a context, and return an error when it
// ends. Put your own in their place.

var (
	errNoUser = errors.New("no such user")
	errNoItem = errors.New("no such item")
	errDown   = errors.New("mirror is down")
)

// latency is how long the service takes to answer.
const latency = time.Millisecond

// fetchUser returns the name of a user; there are users from 1 on.
func fetchUser(ctx context.Context, id int) (string, error) {
	if err := inflight.Sleep(ctx, latency); err != nil {
		return "", err
	}
	if id < 1 {
		return "", fmt.Errorf("user %d: %w", id, errNoUser)
	}
	return fmt.Sprintf("user %d", id), nil
}

// fetchPrice returns the price of an item in cents.
func fetchPrice(ctx context.Context, item string) (int, error) {
	if err := inflight.Sleep(ctx, latency); err != nil {
		return 0, err
	}
	prices := map[string]int{"tea": 300, "bread": 250, "milk": 120}
	if price, ok := prices[item]; ok {
		return price, nil
	}
	return 0, fmt.Errorf("%s: %w", item, errNoItem)
}

// download gets a file from a mirror. The one that is "near" answers, the one
// that is "far" takes an hour, and the one that is "down" fails.
func download(ctx context.Context, mirror string) (string, error) {
	switch mirror {
	case "near":
		return "file from near", inflight.Sleep(ctx, latency)
	case "far":
		return "file from far", inflight.Sleep(ctx, time.Hour)
	}
	return "", fmt.Errorf("%s: %w", mirror, errDown)
}
