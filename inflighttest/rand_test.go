package inflighttest_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/inflighttest"
)

// unlucky fails when two tasks draw the same, and says what.
func unlucky(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
	draw := func(context.Context) (int, error) { return inflighttest.Rand(t).IntN(50), nil }
	a, b := inflight.Go(g, draw), inflight.Go(g, draw)
	x, _ := a.Await(ctx)
	y, _ := b.Await(ctx)
	if x == y {
		t.Errorf("both have drawn %d", x)
	}
}

// The numbers of a run are repeated with it, by its seed and by its tape.
func TestRand_repeats(t *testing.T) {
	out := fails(t, func(t *testing.T) { inflighttest.Explore(t, inflighttest.Plan{}, unlucky) })
	saysNot(t, out, "another way")
	_, what, _ := strings.Cut(out, "both have drawn ")
	what, _, _ = strings.Cut(what, "\n")
	if os.Getenv("INFLIGHT_SEED") != "" {
		return // in the child
	}
	seeds := 0
	for _, line := range strings.Split(out, "\n") {
		if _, seed, ok := strings.Cut(line, "INFLIGHT_SEED="); ok {
			seeds++
			t.Setenv("INFLIGHT_SEED", strings.Fields(seed)[0])
			says(t, fails(t, func(t *testing.T) { inflighttest.Explore(t, inflighttest.Plan{}, unlucky) }),
				"found in run 1\n", "both have drawn "+what+"\n")
		}
	}
	if seeds != 2 || !strings.Contains(out, "INFLIGHT_SEED=rand") {
		t.Errorf("want a seed and a tape with what the numbers come from:\n%s", out)
	}
}

// A test that is no exploration has the same numbers each time, and another stream
// at each call.
func TestRand_of_a_test(t *testing.T) {
	first, second := inflighttest.Rand(t).Uint64(), inflighttest.Rand(t).Uint64()
	if first != 0x989119dff13e4f76 || second != 0x8e470db9c509c701 {
		t.Errorf("the streams begin with %#x and %#x", first, second)
	}
	draw := func(t *testing.T) (n uint64) {
		inflighttest.Run(t, func(t *testing.T, _ context.Context, _ *inflight.TaskGroup) { n = inflighttest.Rand(t).Uint64() })
		return n
	}
	var here, there uint64
	t.Run("a", func(t *testing.T) { here = draw(t) })
	t.Run("b", func(t *testing.T) { there = draw(t) })
	if here == there {
		t.Error("two tests draw the same numbers")
	}
}
