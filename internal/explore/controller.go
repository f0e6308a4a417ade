package explore

import (
	"cmp"
	"context"
	"slices"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/internal/goroutine"
	"github.com/inflight-go/inflight/internal/park"
)

// A controller is the half of a run that belongs to the bubble's main goroutine.
type controller struct {
	strategy strategy
	faults   faults
	limit    int          // of steps
	deadlock func(s *Sim) // is called once when nobody can ever go on
	beat     func()       // is called at each step
	body     string       // the place of the program
	actors   int          // how many there are
	buffers
	last    *actor // who had the last turn
	steps   int    // turns handed over
	hash    uint64 // of all that was chosen, and among whom
	objects map[*park.Object]int
	trace   []Step     // what happened, in a run that is traced
	victim  *park.Node // who was cancelled at this step
	verdict string     // why the run was given up, "" for no reason
	jitter  bool       // the clock may hurry
	survey  bool       // who could be cancelled is taken down
	tasks   [][]int    // by step: the indices of those who wait, and run a task
}

// buffers are what one run leaves to the next.
type buffers struct {
	waiting []*actor      // for their turn, by index
	ready   []*actor      // those of them that can go on
	fresh   []*actor      // reused by collect
	tape    []int         // the choices
	turns   []int         // how many each actor had, by index - 1
	stops   []func() bool // end the watch of contexts; reused by sleep
}

// century is when the sentinel wakes. That no timer comes before means that none
// ever will. A ticker comes before or after it, not with it.
const century = 100*365*24*time.Hour + 1

// drive starts the program and hands out turns until there is nobody left who
// could have one.
func (s *Sim) drive(program func()) {
	c := &s.control
	go func() {
		defer s.over.Store(true)
		program()
	}()
	for stuck := false; ; {
		synctest.Wait()
		s.fromActors()
		s.collect()
		c.beat()
		if s.hurry() {
			continue
		}
		a, v := s.choose()
		switch {
		case a != nil:
			unseen(func() { a.turn <- v })
		case s.over.Load() || c.verdict == tooLong:
			return
		case s.sleep():
		case stuck:
			return
		default:
			stuck = true
			c.verdict = deadlocked
			c.deadlock(s)
		}
	}
}

// Why a run was given up.
const (
	deadlocked = "deadlock"
	tooLong    = "no end"
)

// collect takes in those who have arrived.
func (s *Sim) collect() {
	c := &s.control
	fresh := c.fresh[:0]
	for a := s.arrived(); a != nil; a = a.following() {
		if a.index == 0 {
			fresh = append(fresh, a)
		} else {
			c.wait(a)
		}
	}
	if len(fresh) > 1 {
		slices.SortFunc(fresh, byBirth)
	}
	for _, a := range fresh {
		c.actors++
		a.index = c.actors
		c.turns = append(c.turns, 0)
		c.strategy.arrived(a)
		c.wait(a)
	}
	c.fresh = fresh
}

//go:norace
func (s *Sim) arrived() *actor { return s.arrivals.Swap(nil) }

// byBirth orders those who come for the first time: timers as they were made, tasks
// as they were admitted, other goroutines as they were started. They have arrived in
// any order.
func byBirth(a, b *actor) int {
	return cmp.Or(cmp.Compare(b.request().timer, 0)-cmp.Compare(a.request().timer, 0),
		cmp.Compare(a.request().timer, b.request().timer), cmp.Compare(a.birth(), b.birth()), cmp.Compare(a.id, b.id))
}

func (a *actor) birth() uint64 {
	if n := a.task(); n != nil && a.request().op == park.OpStart {
		return n.ID()
	}
	return 0
}

// wait puts a where it belongs in waiting.
func (c *controller) wait(a *actor) {
	i := len(c.waiting)
	for i > 0 && c.waiting[i-1].index > a.index {
		i--
	}
	c.waiting = slices.Insert(c.waiting, i, a)
}

// choose says whose turn it is, of those who can go on, and how that goes on. It
// returns nil if there is none, or the run takes too long.
func (s *Sim) choose() (*actor, verdict) {
	c := &s.control
	current := c.candidates()
	n := len(c.ready)
	if n == 0 {
		return nil, verdict{}
	}
	if c.steps++; c.steps > c.limit {
		c.verdict = tooLong
		return nil, verdict{}
	}
	if c.survey {
		c.takeDown()
	}
	c.victim = c.faults.victim(c)
	if c.victim != nil {
		c.victim.Cancel(ErrInjected) // by nobody: it hides no race before, and makes none up
	}
	i := 0
	if n > 1 {
		i = c.strategy.choose(c.ready, current)
		c.chosen(i, n)
	}
	a := c.ready[i]
	r := a.request()
	v := c.judge(a, &r)
	c.hash = (c.hash ^ uint64(a.index)<<8 ^ uint64(r.op)) * 1099511628211
	if s.traced && c.verdict == "" {
		c.note(a, &r, v)
	}
	c.waiting = slices.DeleteFunc(c.waiting, func(x *actor) bool { return x == a })
	c.last = a
	c.turns[a.index-1]++
	if r.op == park.OpSettle {
		release(&s.edge)
	}
	return a, v
}

// proceed is the next turn of drive, in the goroutine of the actor that has had the
// last one and asks for another: when everybody else is blocked it needs no other to
// say so, and if it is its own turn again, no other goroutine either. It is what
// most turns are. ok is false if the controller has to look.
func (s *Sim) proceed(a *actor) (v verdict, ok bool) {
	c := &s.control
	if !goroutine.Alone() || c.last != a || s.traced || c.jitter || s.idle.Load() || c.faults.at(c.steps+1) {
		return verdict{}, false
	}
	s.collect()
	c.beat()
	next, v := s.choose()
	if next == a {
		return v, true
	}
	if next != nil {
		next.turn <- v
	}
	return verdict{}, false
}

// takeDown records who could be cancelled at this step.
func (c *controller) takeDown() {
	var indices []int
	for _, a := range c.waiting {
		if a.task() != nil {
			indices = append(indices, a.index)
		}
	}
	c.tasks = append(c.tasks, indices)
}

// chosen records a choice among n.
func (c *controller) chosen(i, n int) {
	c.tape = append(c.tape, i)
	c.hash = (c.hash ^ uint64(i)<<16 ^ uint64(n)) * 1099511628211
}

// candidates sets ready to those who can go on: the one who had the last turn, if
// that can go on and does not want others to go first, and then the others, in
// turn. It reports whether the first is that one.
func (c *controller) candidates() (current bool) {
	ready := c.ready[:0]
	first := 0
	for _, a := range c.waiting {
		r := a.request()
		if r.op == park.OpSettle || r.w != nil && !r.granted() && r.ctx.Err() == nil {
			continue
		}
		if a == c.last {
			current = !r.yields
		}
		if c.last != nil && (a.index < c.last.index || a == c.last && r.yields) {
			first = len(ready) + 1
		}
		ready = append(ready, a)
	}
	if len(ready) == 0 { // then those who wait for just that
		for _, a := range c.waiting {
			if a.request().op == park.OpSettle {
				ready = append(ready, a)
			}
		}
	}
	c.rotate(ready, first%max(1, len(ready)))
	c.ready = ready
	return current
}

// rotate brings the element at i to the front.
func (c *controller) rotate(list []*actor, i int) {
	if i > 0 {
		slices.Reverse(list[:i])
		slices.Reverse(list[i:])
		slices.Reverse(list)
	}
}

// judge says how a goes on.
func (c *controller) judge(a *actor, r *request) (v verdict) {
	v.delay, v.fail = c.faults.fail(r)
	if r.w == nil || r.ctx.Err() == nil {
		return v
	}
	v.cancelled = true
	if r.granted() {
		toss := c.strategy.toss()
		c.chosen(toss, 2)
		v.cancelled = toss == 1
	}
	return v
}

// sleep lets the clock go on until somebody arrives, or somebody's wait has
// ended. It reports false if that will never be.
func (s *Sim) sleep() bool {
	c := &s.control
	s.idle.Store(true)
	defer s.idle.Store(false)
	for _, a := range c.waiting {
		if ctx := a.request().ctx; ctx.Done() != nil {
			c.stops = append(c.stops, context.AfterFunc(ctx, func() { unseen(s.kick) }))
		}
	}
	sentinel := time.NewTimer(century)
	defer sentinel.Stop()
	awake := false
	select {
	case <-s.wakeups:
		awake = true
	case <-sentinel.C:
	}
	for _, stop := range c.stops {
		stop()
	}
	c.stops = c.stops[:0]
	return awake
}

// emptied returns the buffers, with nothing in them.
func (b buffers) emptied() buffers {
	clear(b.waiting[:cap(b.waiting)])
	clear(b.ready[:cap(b.ready)])
	clear(b.fresh[:cap(b.fresh)])
	clear(b.stops[:cap(b.stops)])
	return buffers{b.waiting[:0], b.ready[:0], b.fresh[:0], b.tape[:0], b.turns[:0], b.stops[:0]}
}
