// Package prices is a cache in front of a service, and its tests are what this example is
// about: hours that pass at once, a server that fails as it is told, and every order in
// which things may happen. In asyncio that is pytest-asyncio, a library that replaces the
// client by a mock, and another one that stops the clock; for the order of things there
// is nothing.
//
//	go test -v ./examples/testing
package prices

import (
	"context"
	"time"

	"github.com/inflight-go/inflight/locks"
	"github.com/inflight-go/inflight/session"
)

// A Cache keeps a price for a while. Its methods may be called by any goroutine.
type Cache struct {
	// Fetch asks for the price.
	Fetch func(context.Context) (int, error)
	// TTL is how long a price counts.
	TTL time.Duration

	mu    locks.Mutex
	price int
	until time.Time
}

// Price returns a price that is not older than TTL. If there is none, the first who comes
// fetches it, and the others wait for that.
func (c *Cache) Price(ctx context.Context) (int, error) {
	if err := c.mu.Lock(ctx); err != nil {
		return 0, err
	}
	defer c.mu.Unlock()
	if time.Now().Before(c.until) {
		return c.price, nil
	}
	price, err := c.Fetch(ctx)
	if err != nil {
		return 0, err
	}
	c.price, c.until = price, time.Now().Add(c.TTL)
	return price, nil
}

// From returns a Fetch that asks a server.
func From(s *session.Session, url string) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) { return session.JSON[int](ctx, s, url) }
}
