package inflight_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight"
)

// The models: what is to come out, worked out step by step from how long each
// item takes. The clock of a bubble makes that exact. No two things happen at the
// same moment, because all times are odd numbers of nanoseconds at random.

// A plan is what an item is going to do.
type plan struct {
	takes time.Duration
	err   error // nil for a success
	deaf  bool  // it does not notice a cancellation
}

func (p plan) do(ctx context.Context, v int) (int, error) {
	if p.deaf {
		time.Sleep(p.takes)
	} else if cause := inflight.Sleep(ctx, p.takes); cause != nil {
		return 0, cause
	}
	return v, p.err
}

func randomTime(r *rand.Rand) time.Duration { return time.Duration(1 + r.Int64N(int64(time.Hour))) }

func randomPlans(r *rand.Rand, n int, failing float64) []plan {
	plans := make([]plan, n)
	for i := range plans {
		plans[i] = plan{takes: randomTime(r), deaf: r.IntN(4) == 0}
		if r.Float64() < failing {
			plans[i].err = fmt.Errorf("item %d", i)
		}
	}
	return plans
}

// outcomes is what a model says.
type outcomes struct {
	began   []time.Duration // when each item was called; -1 for never
	ended   []int           // items that came to their own end, in order
	endedAt []time.Duration
	cut     bool          // something was cut short by the end of the caller's context
	over    time.Duration // when all have returned
}

// fanModel runs plans, at most limit at once. decides says, of an item that has
// ended, whether that decides the matter: then the others are cancelled. When every
// is set all items are called all the same.
func fanModel(plans []plan, limit int, cancelAt time.Duration, every bool, decides func(i int) bool) (o outcomes) {
	type running struct {
		i  int
		at time.Duration
	}
	var inside []running
	var now time.Duration
	next, stopped := 0, false
	for range plans {
		o.began = append(o.began, -1)
	}
	stop := func(byCaller bool) {
		stopped = true
		for next < len(plans) && every { // with every there is no limit, so that all have begun
			panic("not begun")
		}
		o.cut = byCaller && next < len(plans)
		inside = slices.DeleteFunc(inside, func(r running) bool {
			o.cut = o.cut || byCaller && !plans[r.i].deaf
			return !plans[r.i].deaf
		})
	}
	for {
		for !stopped && next < len(plans) && len(inside) < limit {
			o.began[next] = now
			inside = append(inside, running{next, now + plans[next].takes})
			next++
		}
		if len(inside) == 0 {
			o.over = now
			return o
		}
		first := slices.MinFunc(inside, func(a, b running) int { return cmp.Compare(a.at, b.at) })
		if !stopped && cancelAt < first.at {
			now = cancelAt
			stop(true)
			continue
		}
		now = first.at
		inside = slices.DeleteFunc(inside, func(r running) bool { return r.i == first.i })
		o.ended = append(o.ended, first.i)
		o.endedAt = append(o.endedAt, now)
		if !stopped && decides(first.i) {
			stop(false)
		}
	}
}

// failures are the errors of those that came to their own end, in order.
func (o outcomes) failures(plans []plan) (errs []error) {
	for _, i := range o.ended {
		if err := plans[i].err; err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// modelled runs a test many times, each with its own random numbers in its own
// bubble.
func modelled(t *testing.T, test func(s *setting, r *rand.Rand)) {
	rounds := uint64(300)
	if testing.Short() {
		rounds = 20
	}
	for seed := range rounds {
		ok := t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := rand.New(rand.NewPCG(seed, 1))
				run := func(ctx context.Context, cancel func(error)) {
					test(&setting{t, ctx, cancel}, r)
				}
				if seed%2 == 0 {
					ctx, cancel := context.WithCancelCause(t.Context())
					defer cancel(nil)
					run(ctx, cancel)
					return
				}
				inTask(t, func(ctx context.Context, task *inflight.Task[struct{}]) {
					run(ctx, func(cause error) { task.Cancel(cause) })
				})
			})
		})
		if !ok {
			return
		}
	}
}

// cancelAtRandom cancels the setting at some time, or never.
func cancelAtRandom(s *setting, r *rand.Rand) (at time.Duration) {
	if r.IntN(2) == 0 {
		return inflight.Never
	}
	at = randomTime(r) * time.Duration(1+r.IntN(3))
	time.AfterFunc(at, func() { s.cancel(errOak) })
	return at
}

// begins notes when each item is called.
func begins(n int) (began []time.Duration, note func(i int)) {
	began = make([]time.Duration, n)
	for i := range began {
		began[i] = -1
	}
	start := time.Now()
	return began, func(i int) {
		if began[i] >= 0 {
			panic("called twice")
		}
		began[i] = time.Since(start)
	}
}

// Map, for random items, limits, failures and cancellations: what is called when,
// what comes out, and when.
func TestAC15_map_by_model(t *testing.T) {
	modelled(t, func(s *setting, r *rand.Rand) {
		n, limit := 1+r.IntN(20), 1+r.IntN(6)
		plans := randomPlans(r, n, []float64{0, 0.05, 0.3}[r.IntN(3)])
		cancelAt := cancelAtRandom(s, r)
		want := fanModel(plans, limit, cancelAt, false, func(i int) bool { return plans[i].err != nil })

		start := time.Now()
		began, note := begins(n)
		out, err := inflight.Map(s.ctx, upTo(n), limit, func(ctx context.Context, i int) (int, error) {
			note(i)
			return plans[i].do(ctx, i)
		})
		wantEqual(s, "time", time.Since(start), want.over)
		wantSlice(s, "began", began, want.began...)
		failures := want.failures(plans)
		if len(failures) == 0 && !want.cut {
			wantErrs(s, err)
			wantSlice(s, "values", out, upTo(n)...)
			return
		}
		var got []error
		for _, e := range joined(err) {
			if item, ok := e.(*inflight.ItemError); ok {
				wantEqual(s, "index", plans[item.Index].err, item.Err)
				e = item.Err
			}
			got = append(got, e)
		}
		if want.cut || len(failures) > 0 && cancelAt < want.endedAt[slices.Index(want.ended, firstFailing(plans, want.ended))] {
			failures = append(failures, errOak)
		}
		wantSlice(s, "errors", got, failures...)
	})
}

// firstFailing returns the first of these that fails.
func firstFailing(plans []plan, ended []int) int {
	return ended[slices.IndexFunc(ended, func(i int) bool { return plans[i].err != nil })]
}

// Gather, Settle, Any and Race: the same.
func TestGA3_combinators_by_model(t *testing.T) {
	modelled(t, func(s *setting, r *rand.Rand) {
		n := 1 + r.IntN(12)
		plans := randomPlans(r, n, []float64{0, 0.2, 0.9, 1}[r.IntN(4)])
		for i := range plans { // it is known whether the caller's end came first
			plans[i].deaf = plans[i].deaf && i%2 == 0
		}
		cancelAt := cancelAtRandom(s, r)
		fns := make([]func(context.Context) (int, error), n)
		var began []time.Duration
		var note func(int)
		for i := range fns {
			fns[i] = func(ctx context.Context) (int, error) {
				note(i)
				return plans[i].do(ctx, i)
			}
		}
		start := time.Now()
		began, note = begins(n)
		var o outcomes
		switch r.IntN(4) {
		case 0:
			o = fanModel(plans, n, cancelAt, true, func(i int) bool { return plans[i].err != nil })
			values, err := inflight.Gather(s.ctx, fns...)
			failures := o.failures(plans)
			if len(failures) == 0 && !o.cut {
				wantErrs(s, err)
				wantSlice(s, "values of Gather", values, upTo(n)...)
			} else if o.cut || cancelAt < o.endedAt[slices.Index(o.ended, firstFailing(plans, o.ended))] {
				wantErrs(s, err, append(failures, errOak)...)
			} else {
				wantErrs(s, err, failures...)
			}
		case 1:
			o = fanModel(plans, n, cancelAt, true, func(int) bool { return false })
			results, err := inflight.Settle(s.ctx, fns...)
			wantEqual(s, "Settle has an error", err != nil, o.cut)
			for i, res := range results {
				want := inflight.Result[int]{Value: i, Err: plans[i].err}
				if !slices.Contains(o.ended, i) {
					want = inflight.Result[int]{Err: errOak}
				}
				wantEqual(s, fmt.Sprint("result ", i), res, want)
			}
		case 2:
			o = fanModel(plans, n, cancelAt, true, func(i int) bool { return plans[i].err == nil })
			v, err := inflight.Any(s.ctx, fns...)
			if at := slices.IndexFunc(o.ended, func(i int) bool { return plans[i].err == nil }); at >= 0 {
				wantErrs(s, err)
				wantEqual(s, "value of Any", v, o.ended[at])
			} else if o.cut || o.over > cancelAt {
				wantErrs(s, err, append(o.failures(plans), errOak)...)
			} else {
				wantErrs(s, err, o.failures(plans)...)
			}
		case 3:
			o = fanModel(plans, n, cancelAt, true, func(int) bool { return true })
			v, err := inflight.Race(s.ctx, fns...)
			if len(o.ended) > 0 {
				wantEqual(s, "value of Race", v, o.ended[0])
				wantEqual(s, "error of Race", err, plans[o.ended[0]].err)
			} else {
				wantErrs(s, err, errOak)
			}
		}
		wantEqual(s, "time", time.Since(start), o.over)
		wantSlice(s, "began", began, o.began...)
	})
}

// Hedge: each is started when the delay is over or the one before has failed.
func TestGA16_hedge_by_model(t *testing.T) {
	modelled(t, func(s *setting, r *rand.Rand) {
		n := 1 + r.IntN(8)
		delay := randomTime(r)
		plans := randomPlans(r, n, []float64{0.3, 0.7, 1}[r.IntN(3)])
		for i := range plans {
			plans[i].deaf = false
		}
		cancelAt := cancelAtRandom(s, r)
		want := make([]time.Duration, n)
		var at time.Duration
		end, winner := inflight.Never, -1
		for i := range plans { // when would each be started, and who would win then?
			want[i] = at
			if done := at + plans[i].takes; plans[i].err == nil && done < end {
				end, winner = done, i
			}
			if plans[i].err != nil {
				at += min(delay, plans[i].takes)
			} else {
				at += delay
			}
		}
		var failed []error
		var last time.Duration
		for i := range plans {
			done := want[i] + plans[i].takes
			last = max(last, done)
			if plans[i].err != nil && done < cancelAt {
				failed = append(failed, plans[i].err)
			}
		}
		over := min(end, last, cancelAt)
		for i := range want {
			if want[i] >= over {
				want[i] = -1
			}
		}

		began, note := begins(n)
		fns := make([]func(context.Context) (int, error), n)
		for i := range fns {
			fns[i] = func(ctx context.Context) (int, error) { note(i); return plans[i].do(ctx, i) }
		}
		start := time.Now()
		v, err := inflight.Hedge(s.ctx, delay, fns...)
		wantEqual(s, "time", time.Since(start), over)
		wantSlice(s, "began", began, want...)
		switch {
		case winner >= 0 && end < cancelAt:
			wantErrs(s, err)
			wantEqual(s, "value", v, winner)
		case last < cancelAt:
			wantErrs(s, err, failed...)
		default:
			wantErrs(s, err, append(failed, errOak)...)
		}
	})
}

// An eachModel is Each, seen from outside: pulled, begun, done, yielded.
type eachModel struct {
	plans           []plan
	limit           int
	ordered         bool
	turn            time.Duration // how long the loop needs for a pair
	cancelAt        time.Duration
	now, free       time.Duration // free: when the loop takes the next pair
	pulled, yielded int
	todo, ready     []int
	inside          map[int]time.Duration
	stopped, cut    bool
	began           []time.Duration
	order           []int
	yieldedAt       []time.Duration
	errs            map[int]error
}

// run goes from moment to moment.
func (m *eachModel) run() {
	m.inside, m.errs = make(map[int]time.Duration), make(map[int]error)
	for range m.plans {
		m.began = append(m.began, -1)
	}
	for {
		for m.step() {
		}
		next := inflight.Never
		for _, at := range m.inside {
			next = min(next, at)
		}
		if m.head() >= 0 {
			next = min(next, m.free)
		}
		if !m.stopped {
			next = min(next, m.cancelAt)
		}
		if m.yielded == m.pulled && (m.pulled == len(m.plans) || m.stopped) {
			return
		}
		m.now = next
		if m.now == m.cancelAt && !m.stopped {
			m.stop()
		}
		for i, at := range m.inside {
			if at == m.now {
				delete(m.inside, i)
				m.errs[i] = m.plans[i].err
				m.ready = append(m.ready, i)
			}
		}
	}
}

// head returns the item to yield next, -1 for none.
func (m *eachModel) head() int {
	switch {
	case len(m.ready) == 0 || m.ordered && !slices.Contains(m.ready, m.yielded):
		return -1
	case m.ordered:
		return m.yielded
	}
	return m.ready[0]
}

// step does one thing that can be done at this moment.
func (m *eachModel) step() bool {
	switch i := m.head(); {
	case i >= 0 && m.free <= m.now:
		m.ready = slices.DeleteFunc(m.ready, func(k int) bool { return k == i })
		m.yielded++
		m.order = append(m.order, i)
		m.yieldedAt = append(m.yieldedAt, m.now)
		m.free = m.now + m.turn
	case !m.stopped && m.pulled < len(m.plans) && m.pulled-m.yielded < 2*m.limit:
		m.todo = append(m.todo, m.pulled)
		m.pulled++
	case len(m.todo) > 0 && len(m.inside) < m.limit && !m.stopped:
		i := m.todo[0]
		m.todo = m.todo[1:]
		m.began[i] = m.now
		m.inside[i] = m.now + m.plans[i].takes
	case len(m.todo) > 0 && m.stopped && len(m.inside) < m.limit:
		i := m.todo[0]
		m.todo = m.todo[1:]
		m.errs[i] = errOak
		m.ready = append(m.ready, i)
		m.cut = true
	default:
		return false
	}
	return true
}

func (m *eachModel) stop() {
	m.stopped = true
	m.cut = m.cut || m.pulled < len(m.plans)
	for i := range m.inside {
		if !m.plans[i].deaf {
			delete(m.inside, i)
			m.errs[i] = errOak
			m.ready = append(m.ready, i)
			m.cut = true
		}
	}
}

// Each, in both orders, with loops of all speeds and cancellations: which item is
// begun when, and yielded when, in which order. The limits are those for which the
// feeder does not rest.
func TestAC16_each_by_model(t *testing.T) {
	modelled(t, func(s *setting, r *rand.Rand) {
		n := r.IntN(40)
		m := &eachModel{plans: randomPlans(r, n, 0.2), limit: 1 + r.IntN(7), ordered: r.IntN(2) == 0}
		if r.IntN(2) == 0 {
			m.turn = randomTime(r) / time.Duration(1+r.IntN(8))
		}
		m.cancelAt = cancelAtRandom(s, r)
		m.run()

		in := numbers(n)
		began, note := begins(n)
		start := time.Now()
		var order []int
		var at []time.Duration
		last := false
		var opts []eachOption
		if m.ordered {
			opts = append(opts, inflight.Ordered())
		}
		for i, res := range inflight.Each(s.ctx, in.all, m.limit, func(ctx context.Context, i int) (int, error) {
			note(i)
			return m.plans[i].do(ctx, i)
		}, opts...) {
			if errors.Is(res.Err, inflight.ErrCut) {
				wantCut(s, i, res, errOak)
				last = true
				continue
			}
			order = append(order, i)
			at = append(at, time.Since(start))
			if i == m.pulled && m.stopped { // there was room, and it was pulled as the end came
				m.errs[i] = errOak
				m.order = append(m.order, i)
			}
			wantEqual(s, fmt.Sprint("error of ", i), res.Err, m.errs[i])
			time.Sleep(m.turn)
		}
		wantEqual(s, "there is a last pair", last, m.cut)
		wantSlice(s, "began", began, m.began...)
		wantEqual(s, "pulled", in.pulled.Load(), int64(m.pulled+len(m.order)-m.yielded))
		if len(m.order) == m.yielded {
			wantSlice(s, "yielded at", at, m.yieldedAt...)
		}
		if m.stopped && !m.ordered { // those that were cut short come in any order
			slices.Sort(order)
			slices.Sort(m.order)
		}
		wantSlice(s, "order", order, m.order...)
	})
}

// Completed and Wait over tasks that end at random, with a deadline at random.
func TestW1_AC1_waits_by_model(t *testing.T) {
	modelled(t, func(s *setting, r *rand.Rand) {
		n := 1 + r.IntN(15)
		plans := randomPlans(r, n, 0.2)
		deadline := randomTime(r) * 2
		inflight.Run(s.T.Context(), func(_ context.Context, g *inflight.TaskGroup) error {
			var ts []*inflight.Task[int]
			var as awaitables
			for i, p := range plans {
				ts = append(ts, inflight.Go(g, func(ctx context.Context) (int, error) { return p.do(ctx, i) }))
				as = append(as, ts[i])
			}
			byEnd := upTo(n)
			slices.SortFunc(byEnd, func(a, b int) int { return cmp.Compare(plans[a].takes, plans[b].takes) })
			inTime := slices.DeleteFunc(slices.Clone(byEnd), func(i int) bool { return plans[i].takes > deadline })
			start := time.Now()
			_, err := inflight.Gather(s.ctx, func(ctx context.Context) (int, error) {
				ctx, d := inflight.WithDeadline(ctx, deadline)
				defer d.Stop()
				var got []int
				for task := range inflight.Completed(ctx, ts...) {
					i := slices.Index(ts, task)
					wantEqual(s, "time of completion", time.Since(start), plans[i].takes)
					got = append(got, i)
				}
				wantSlice(s, "completed", got, inTime...)
				return 0, nil
			}, func(ctx context.Context) (int, error) {
				ctx, cancel := context.WithTimeout(ctx, deadline)
				defer cancel()
				until := inflight.When(r.IntN(3))
				wanted := n - 1
				for at, i := range byEnd {
					if until == inflight.FirstDone || until == inflight.FirstFailed && plans[i].err != nil {
						wanted = at
						break
					}
				}
				at := min(plans[byEnd[wanted]].takes, deadline)
				done, pending, err := inflight.Wait(ctx, until, as...)
				wantEqual(s, "time of Wait", time.Since(start), at)
				var wantDone, wantPending awaitables
				for i, p := range plans {
					if p.takes <= at {
						wantDone = append(wantDone, ts[i])
					} else {
						wantPending = append(wantPending, ts[i])
					}
				}
				wantWaited(s, done, pending, wantDone, wantPending)
				return 0, err
			})
			wantErrs(s, err)
			return nil
		}, inflight.Supervise())
	})
}

// A census counts those who are inside the functions of a storm.
type census struct {
	inside, calls atomic.Int64
}

// A storm is random work on plain goroutines: it cancels, fails, panics and ends
// goroutines as it goes, and nests.
type storm struct {
	*census
	seed  uint64
	depth int
	calm  bool // no panics
}

// item is one function of a combinator.
func (st storm) item(ctx context.Context, i int) (int, error) {
	st.inside.Add(1)
	defer st.inside.Add(-1)
	st.calls.Add(1)
	r := rand.New(rand.NewPCG(st.seed, uint64(i)))
	switch r.IntN(24) {
	case 0:
		return 0, errOak
	case 1:
		runtime.Goexit()
	case 2:
		if !st.calm {
			panic(i)
		}
	case 3:
		runtime.LockOSThread()
	case 4:
		return i, inflight.Sleep(ctx, time.Duration(r.IntN(50))*time.Microsecond)
	case 5:
		<-ctx.Done()
		return i, context.Cause(ctx)
	case 6:
		if st.depth > 0 {
			return i, st.below(r).blow(ctx)
		}
	case 7, 8, 9:
		for range r.IntN(20) {
			runtime.Gosched()
		}
	}
	return i, nil
}

func (st storm) below(r *rand.Rand) storm {
	return storm{census: new(census), seed: r.Uint64(), depth: st.depth - 1, calm: true}
}

// blow calls one combinator, and checks what can be known of any of them.
func (st storm) blow(ctx context.Context) (err error) {
	r := rand.New(rand.NewPCG(st.seed, 1<<40))
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(time.Duration(r.IntN(400))*time.Microsecond, func() { cancel(errAsh) })
	defer timer.Stop()
	n, limit := r.IntN(60), 1+r.IntN(8)
	fns := make([]func(context.Context) (int, error), 1+n%20)
	for i := range fns {
		fns[i] = func(ctx context.Context) (int, error) { return st.item(ctx, i) }
	}
	defer func() {
		if inside := st.inside.Load(); inside != 0 {
			err = fmt.Errorf("seed %d: %d are inside after the return", st.seed, inside)
		}
	}()
	switch r.IntN(8) {
	case 0:
		values, err := inflight.Gather(ctx, fns...)
		if calls := st.calls.Load(); calls != int64(len(fns)) && calls != 0 {
			return fmt.Errorf("seed %d: %d of %d were called", st.seed, calls, len(fns))
		}
		return sequence(st.seed, values, err, len(fns))
	case 1:
		results, err := inflight.Settle(ctx, fns...)
		if err == nil && len(results) != len(fns) {
			return fmt.Errorf("seed %d: %d results of %d", st.seed, len(results), len(fns))
		}
	case 2:
		inflight.Any(ctx, fns...)
	case 3:
		inflight.Race(ctx, fns...)
	case 4:
		inflight.Hedge(ctx, time.Duration(r.IntN(30))*time.Microsecond, fns...)
	case 5:
		values, err := inflight.Map(ctx, upTo(n), limit, st.item)
		return sequence(st.seed, values, err, n)
	default:
		return st.each(ctx, r, n, limit)
	}
	return nil
}

func sequence(seed uint64, values []int, err error, n int) error {
	if err == nil && !slices.Equal(values, upTo(n)) || err != nil && values != nil {
		return fmt.Errorf("seed %d: values %v with %v", seed, values, err)
	}
	return nil
}

func (st storm) each(ctx context.Context, r *rand.Rand, n, limit int) error {
	var opts []eachOption
	ordered := r.IntN(2) == 0
	if ordered {
		opts = append(opts, inflight.Ordered())
	}
	leaveAt := r.IntN(2 * (n + 1))
	seen := make(map[int]bool)
	last := false
	for i, res := range inflight.Each(ctx, numbers(n).all, limit, st.item, opts...) {
		switch {
		case last:
			return fmt.Errorf("seed %d: a pair after the last", st.seed)
		case errors.Is(res.Err, inflight.ErrCut):
			last = true
			continue
		case seen[i]:
			return fmt.Errorf("seed %d: item %d twice", st.seed, i)
		case ordered && i != len(seen) && res.Err == nil:
			return fmt.Errorf("seed %d: item %d in the place of %d", st.seed, i, len(seen))
		}
		if inside := st.inside.Load(); inside > int64(limit) {
			return fmt.Errorf("seed %d: %d inside, the limit is %d", st.seed, inside, limit)
		}
		seen[i] = true
		if len(seen) > leaveAt {
			return nil
		}
	}
	if ctx.Err() == nil && len(seen) != n {
		return fmt.Errorf("seed %d: %d of %d were yielded", st.seed, len(seen), n)
	}
	return nil
}

// Random combinators on plain goroutines, many at once: nothing hangs, nothing is
// inside when they return, no limit is exceeded, nothing is yielded twice or lost,
// and no goroutine is left.
func TestAC12_storm(t *testing.T) {
	rounds := 400
	if testing.Short() {
		rounds = 50
	}
	before := runtime.NumGoroutine()
	_, err := inflight.Map(t.Context(), upTo(rounds), 8, func(ctx context.Context, i int) (_ int, err error) {
		defer func() {
			if p, ok := recover().(*inflight.PanicError); ok {
				if _, ok := p.Value.(int); !ok { // not one of the storm's own
					err = errors.Join(err, p)
				}
			}
		}()
		st := storm{census: new(census), seed: uint64(i), depth: 3}
		return 0, st.blow(ctx)
	})
	if err != nil {
		t.Error(err)
	}
	for range 1000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}
