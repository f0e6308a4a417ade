package locks_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/inflight-go/inflight/internal/park"
	"github.com/inflight-go/inflight/locks"
)

// A party is one call of Barrier.Wait with its index.
type party struct {
	*call
	index int
}

func arrive(b *bubble, bar *locks.Barrier) *party {
	p := new(party)
	p.call = b.start("party", func(ctx context.Context) (err error) {
		p.index, err = bar.Wait(ctx)
		return err
	})
	return p
}

func arriveAll(b *bubble, bar *locks.Barrier, n int) (ps []*party) {
	for range n {
		ps = append(ps, arrive(b, bar))
	}
	return ps
}

// passed checks that the parties passed as one cohort, with the indices from 0 on
// in the order of their coming.
func passed(b *bubble, ps ...*party) {
	b.Helper()
	for i, p := range ps {
		b.returned(nil, p.call)
		same(b, "index", p.index, i)
	}
}

// failed checks that the parties got the error, and -1 for an index.
func failed(b *bubble, want error, ps ...*party) {
	b.Helper()
	for _, p := range ps {
		b.returned(want, p.call)
		same(b, "index", p.index, -1)
	}
}

func blocked(b *bubble, ps ...*party) {
	b.Helper()
	for _, p := range ps {
		b.waits(p.call)
	}
}

func barrier(b *bubble, parties int) *locks.Barrier {
	bar := locks.NewBarrier(parties)
	b.watch(bar)
	return bar
}

// Less than one party is a panic; a single one never waits.
func TestBR1_number_of_parties(t *testing.T) {
	bubbles(t, func(b *bubble) {
		panics(b, "NewBarrier(0): at least one", func() { locks.NewBarrier(0) })
		panics(b, "NewBarrier(-1): at least one", func() { locks.NewBarrier(-1) })
		bar := barrier(b, 1)
		for range 3 {
			passed(b, arrive(b, bar))
		}
		index, err := bar.Wait(ended(b))
		same(b, "index for an ended context", index, -1)
		same(b, "error for an ended context", err, errStop)
	})
}

// Nobody passes before the last has come; then all do, with indices that differ,
// and what each wrote before can be read by all.
func TestBR2_trips_at_n_with_distinct_indices(t *testing.T) {
	bubbles(t, func(b *bubble) {
		const n = 5
		bar := barrier(b, n)
		var written, sums, indices [n]int // not atomic: Wait comes between
		for i := range n {
			b.startNow(fmt.Sprint(i), func(ctx context.Context) error {
				written[i] = 1
				index, err := bar.Wait(ctx)
				indices[i] = index
				for _, v := range written {
					sums[i] += v
				}
				return err
			})
			if i < n-1 {
				b.waits(b.calls...)
				same(b, "waiting", bar.Waiting(), i+1)
			}
		}
		b.returned(nil, b.calls...)
		same(b, "what they saw", sums, [n]int{n, n, n, n, n})
		slices.Sort(indices[:])
		same(b, "indices", indices, [n]int{0, 1, 2, 3, 4})
	})
}

// A barrier can be used again, at once and any number of times.
func TestBR3_reusable(t *testing.T) {
	bubbles(t, func(b *bubble) {
		bar := barrier(b, 3)
		for range 4 {
			ps := arriveAll(b, bar, 3)
			passed(b, ps...)
		}
	})
}

// One who comes when the barrier has tripped, but those who pass have not run yet,
// waits for a cohort of its own. Different from asyncio: those who pass do so in
// one instant, so there is no time of draining in which the next cohort could not
// fill.
func TestBR3_next_cohort_blocks_while_draining(t *testing.T) {
	gated(t, func(b *bubble, g *gate) {
		bar := barrier(b, 3)
		first := arriveAll(b, bar, 2)
		g.hold(park.OpBarrier)
		first = append(first, arrive(b, bar)) // the last one does not park
		blocked(b, first[:2]...)              // tripped, and not yet out
		second := arriveAll(b, bar, 2)
		same(b, "waiting", bar.Waiting(), 2)
		g.let(park.OpBarrier)
		passed(b, first...)
		blocked(b, second...)
		passed(b, append(second, arrive(b, bar))...)
	})
}

// A waiter whose context ends leaves with the cause; the barrier is not broken,
// and another one must come in its place.
func TestBR4_cancelled_waiter_does_not_break_it(t *testing.T) {
	bubbles(t, func(b *bubble) {
		bar := barrier(b, 3)
		ps := arriveAll(b, bar, 2)
		ps[0].cancel(errStop)
		failed(b, errStop, ps[0])
		same(b, "waiting", bar.Waiting(), 1)
		same(b, "broken", bar.Broken(), false)
		third := arrive(b, bar)
		blocked(b, ps[1], third)
		passed(b, ps[1], third, arrive(b, bar))
	})
}

// A waiter that is let through and cancelled before it has run has passed,
// whichever came first.
func TestBR4_cancel_and_trip_at_once(t *testing.T) {
	gated(t, func(b *bubble, g *gate) {
		bar := barrier(b, 3)
		ps := arriveAll(b, bar, 2)
		g.hold(park.OpBarrier)
		ps[0].cancel(errStop)
		ps = append(ps, arrive(b, bar))
		ps[1].cancel(errStop)
		blocked(b, ps[:2]...)
		g.let(park.OpBarrier)
		passed(b, ps...)
	})
}

// Reset sends those who wait away with ErrBroken, and the barrier is as good as
// new.
func TestBR5_reset_with_waiters(t *testing.T) {
	bubbles(t, func(b *bubble) {
		bar := barrier(b, 3)
		bar.Reset() // with nobody there it does nothing
		ps := arriveAll(b, bar, 2)
		bar.Reset()
		failed(b, locks.ErrBroken, ps...)
		same(b, "broken", bar.Broken(), false)
		same(b, "waiting", bar.Waiting(), 0)
		passed(b, arriveAll(b, bar, 3)...)
	})
}

// A waiter that is sent away and cancelled at once was sent away.
func TestBR5_reset_and_cancel_at_once(t *testing.T) {
	gated(t, func(b *bubble, g *gate) {
		bar := barrier(b, 3)
		ps := arriveAll(b, bar, 2)
		g.hold(park.OpBarrier)
		ps[0].cancel(errStop)
		bar.Reset()
		ps[1].cancel(errStop)
		g.let(park.OpBarrier)
		failed(b, locks.ErrBroken, ps...)
		passed(b, arriveAll(b, bar, 3)...)
	})
}

// A Reset, or an Abort, that finds a cohort let through but not yet out leaves it
// alone, and sends away those of the next one. Different from asyncio, where those
// who are not out yet get the error although the barrier has tripped: here a grant
// is final.
func TestBR6_reset_while_draining(t *testing.T) {
	for name, end := range map[string]func(*locks.Barrier){
		"reset": (*locks.Barrier).Reset,
		"abort": (*locks.Barrier).Abort,
	} {
		t.Run(name, func(t *testing.T) {
			gated(t, func(b *bubble, g *gate) {
				bar := barrier(b, 3)
				first := arriveAll(b, bar, 2)
				g.hold(park.OpBarrier)
				first = append(first, arrive(b, bar))
				second := arriveAll(b, bar, 2)
				end(bar)
				g.let(park.OpBarrier)
				passed(b, first...)
				failed(b, locks.ErrBroken, second...)
				bar.Reset()
				passed(b, arriveAll(b, bar, 3)...)
			})
		})
	}
}

// Abort gives ErrBroken to those who wait and to those who come; a context that
// has ended comes before that.
func TestBR7_abort_breaks_for_present_and_future(t *testing.T) {
	bubbles(t, func(b *bubble) {
		bar := barrier(b, 3)
		ps := arriveAll(b, bar, 2)
		bar.Abort()
		bar.Abort()
		failed(b, locks.ErrBroken, ps...)
		failed(b, locks.ErrBroken, arriveAll(b, bar, 4)...)
		_, err := bar.Wait(ended(b))
		same(b, "ended context", err, errStop)
	})
}

// Reset heals what Abort broke.
func TestBR8_reset_after_abort(t *testing.T) {
	bubbles(t, func(b *bubble) {
		bar := barrier(b, 2)
		bar.Abort()
		failed(b, locks.ErrBroken, arrive(b, bar))
		bar.Reset()
		passed(b, arriveAll(b, bar, 2)...)
	})
}

// Parties, Waiting, Broken and String in every state.
func TestBR9_reports(t *testing.T) {
	bubbles(t, func(b *bubble) {
		bar := barrier(b, 3)
		report := func(want string, waiting int, broken bool) {
			b.Helper()
			same(b, "parties", bar.Parties(), 3)
			same(b, "waiting", bar.Waiting(), waiting)
			same(b, "broken", bar.Broken(), broken)
			same(b, "string", bar.String(), want)
		}
		report("barrier [parties:3]", 0, false)
		arriveAll(b, bar, 2)
		report("barrier [parties:3, waiters:2]", 2, false)
		arrive(b, bar)
		report("barrier [parties:3]", 0, false)
		arrive(b, bar)
		bar.Abort()
		report("barrier [broken]", 0, true)
		bar.Reset()
		report("barrier [parties:3]", 0, false)
		b.settle()
	})
}
