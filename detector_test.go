//go:build race && !inflight_reuse

package inflight_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/inflight-go/inflight"
)

// raced is written by tasks that know nothing of each other.
var raced int

func race(context.Context) (int, error) { raced++; return 0, nil }

// racing are the programs of TestDetectorSees.
var racing = map[string]func(ctx context.Context){
	"races in Run": func(ctx context.Context) {
		inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			for range 5 {
				inflight.Go(g, race)
			}
			return nil
		})
	},
	"races in Gather": func(ctx context.Context) { inflight.Gather(ctx, race, race, race) },
	"races in Map": func(ctx context.Context) {
		inflight.Map(ctx, make([]int, 10), 3, func(ctx context.Context, _ int) (int, error) { return race(ctx) })
	},
}

func init() {
	for name, program := range racing {
		mainPrograms[name] = func() { program(context.Background()); os.Exit(0) }
	}
}

// Tasks that are over at once and race are seen to race, as if each had been started by
// a go statement: not every time, for one may be over before the other is started.
func TestDetectorSees(t *testing.T) {
	for name := range racing {
		seen := 0
		for range 10 {
			p := startMain(t, name, "GORACE=atexit_sleep_ms=0")
			if p.cmd.Wait(); strings.Contains(p.stderr.String(), "DATA RACE") {
				seen++
			}
		}
		if seen < 5 {
			t.Errorf("%s: seen in %d of 10 programs", name, seen)
		}
	}
}
