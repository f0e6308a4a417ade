package prices_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/inflighttest"
	"github.com/inflight-go/inflight/session"

	prices "github.com/inflight-go/inflight/examples/testing"
)

// newCache returns a cache in front of a server that says 42, and the server. What happens
// on the way can be told to it.
func newCache(t *testing.T) (*prices.Cache, *inflighttest.Origin) {
	o := inflighttest.NewOrigin(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "42")
	}))
	s, err := session.New(session.Options{Dial: o.Dial})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return &prices.Cache{Fetch: prices.From(s, "http://prices.example/tea"), TTL: time.Hour}, o
}

// Virtual time: an hour passes at once, and to the nanosecond.
func TestPriceIsFetchedAgainAfterAnHour(t *testing.T) {
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, _ *inflight.TaskGroup) {
		c, o := newCache(t)
		for _, wait := range []time.Duration{0, time.Hour - 1, 1} {
			inflighttest.Advance(wait)
			if price, err := c.Price(ctx); price != 42 || err != nil {
				t.Errorf("%d, %v", price, err)
			}
		}
		if o.Requests() != 2 {
			t.Errorf("%d requests, want 2", o.Requests())
		}
	})
}

// A fake: the first connection is refused, the second reset, and an answer breaks off.
func TestPriceInSpiteOfFaults(t *testing.T) {
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, _ *inflight.TaskGroup) {
		c, o := newCache(t)
		o.Refuse(1)
		o.Next(inflighttest.Reset, inflighttest.Truncate(1))
		if price, err := c.Price(ctx); price != 42 || err != nil {
			t.Errorf("%d, %v", price, err)
		}
	})
}

// Whoever waits for the one who fetches can give up, and the price comes all the same.
func TestImpatientCaller(t *testing.T) {
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		c, o := newCache(t)
		o.SetLink(inflighttest.Link{Latency: 2 * time.Second})
		patient := inflight.Go(g, c.Price)
		g.Go(func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			if _, err := c.Price(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
			return nil
		})
		if price, err := patient.Await(ctx); price != 42 || err != nil {
			t.Errorf("%d, %v", price, err)
		}
	})
}

// Exploration: three callers in some hundred interleavings. Without the lock in Price this
// test fails, and prints the seed that repeats it, and who did what.
func TestThreeCallersOneFetch(t *testing.T) {
	inflighttest.Explore(t, inflighttest.Plan{Runs: 300}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		fetches := callers(t, g)
		t.Cleanup(func() { // when all have returned
			if *fetches != 1 {
				t.Errorf("%d fetches", *fetches)
			}
		})
	})
}

// Whoever is cancelled, and wherever: the others get a price, and nobody waits for ever.
func TestCallersThatAreCancelled(t *testing.T) {
	inflighttest.CancelEverywhere(t, inflighttest.Plan{Runs: 300}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		callers(t, g)
	})
}

// callers has three tasks ask for a price at the same time. It counts the fetches.
func callers(t testing.TB, g *inflight.TaskGroup) (fetches *int) {
	fetches = new(int)
	c := &prices.Cache{TTL: time.Hour, Fetch: func(ctx context.Context) (int, error) {
		*fetches++
		return 42, inflight.Sleep(ctx, time.Second)
	}}
	for range 3 {
		g.Go(func(ctx context.Context) error {
			price, err := c.Price(ctx)
			if err == nil && price != 42 {
				t.Errorf("the price is %d", price)
			}
			return err
		})
	}
	return fetches
}
