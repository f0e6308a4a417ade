package shop_test

import (
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/docs/guide/programs/shop"
	"github.com/inflight-go/inflight/inflighttest"
	"github.com/inflight-go/inflight/session"
)

func TestRemind(t *testing.T) {
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		said := 0
		reminder := g.Go(func(ctx context.Context) error {
			return shop.Remind(ctx, func() { said++ })
		})
		inflighttest.Advance(7 * 24 * time.Hour) // a week, in no time
		if said != 7 {
			t.Errorf("reminded %d times in a week", said)
		}
		reminder.Cancel(nil)
	})
}

func TestPrice(t *testing.T) {
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		origin := inflighttest.NewOrigin(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "300")
		}))
		origin.Refuse(1)                                          // the first connection
		origin.Next(inflighttest.Reset, inflighttest.Truncate(2)) // what the first two requests meet
		s, err := session.New(session.Options{Dial: origin.Dial})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		cents, err := shop.Price(ctx, s, "tea")
		if cents != 300 || err != nil || origin.Requests() != 3 {
			t.Errorf("%d, %v, after %d requests", cents, err, origin.Requests())
		}
	})
}

var careless = flag.Bool("careless", false, "TestTake does without the lock")

func TestTake(t *testing.T) {
	inflighttest.Explore(t, inflighttest.Plan{}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		shelf := &shop.Shelf{Careless: *careless}
		shelf.Put(1)
		var sold atomic.Int64
		for _, customer := range []string{"ann", "bob"} {
			g.Go(func(ctx context.Context) error {
				err := shelf.Take(ctx)
				if err == nil {
					sold.Add(1)
				}
				if errors.Is(err, shop.ErrSoldOut) {
					return nil
				}
				return err
			}, inflight.Name(customer))
		}
		t.Cleanup(func() { // when both have returned
			if n := sold.Load(); n != 1 {
				t.Errorf("the last one was sold to %d customers", n)
			}
		})
	})
}

// The guide shows what TestTake says without the lock, but for numbers.
func TestTheGuideShowsTheFailure(t *testing.T) {
	page, err := os.ReadFile("../../10-testing.md")
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestTake$", "-careless")
	said, _ := cmd.CombinedOutput()
	if !strings.Contains(plain(string(page)), plain(string(said))) {
		t.Errorf("it does not show\n%s", said)
	}
}

// plain is a text without seeds, times, and numbers of lines and runs.
func plain(s string) string {
	s = regexp.MustCompile(`SEED=[a-z0-9]+\.[0-9a-f]+ `).ReplaceAllString(s, "SEED ")
	s = regexp.MustCompile(` +\n`).ReplaceAllString(s, "\n")
	return regexp.MustCompile(`[0-9]+`).ReplaceAllString(s, "N")
}
