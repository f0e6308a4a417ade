// Package shop is code to be tested, in chapter 10 of the guide.
package shop

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/locks"
	"github.com/inflight-go/inflight/session"
)

// ErrSoldOut is returned by Take when nothing is left.
var ErrSoldOut = errors.New("sold out")

// A Shelf has so many of an item. How many, a warehouse knows, and to ask it takes a
// request.
type Shelf struct {
	Careless bool // does without the lock
	mu       locks.Mutex
	left     atomic.Int64
}

// Put puts n on the shelf.
func (s *Shelf) Put(n int64) { s.left.Add(n) }

// Take takes one from the shelf. It returns ErrSoldOut if there is none, and the cause
// of ctx when that ends.
func (s *Shelf) Take(ctx context.Context) error {
	if s.Careless {
		return s.take(ctx)
	}
	return s.mu.Do(ctx, s.take)
}

func (s *Shelf) take(ctx context.Context) error {
	left := s.left.Load()
	if err := inflight.Point(ctx, "warehouse"); err != nil { // where the request would be
		return err
	}
	if left == 0 {
		return ErrSoldOut
	}
	s.left.Store(left - 1)
	return nil
}

// Remind calls say once a day, until ctx ends; it returns the cause.
func Remind(ctx context.Context, say func()) error {
	for {
		if err := inflight.Sleep(ctx, 24*time.Hour); err != nil {
			return err
		}
		say()
	}
}

// Price asks the shop's server what an item costs, in cents.
func Price(ctx context.Context, s *session.Session, item string) (int, error) {
	return session.JSON[int](ctx, s, "http://shop.example/price/"+item)
}
