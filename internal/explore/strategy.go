package explore

import (
	"math"
	"slices"
)

// A strategy makes the choices of one run.
type strategy interface {
	// arrived is told of each actor once, in the order of their indices.
	arrived(a *actor)
	// choose returns the index of the one that is next; there are two or more.
	// current says that the first is the one that had the last turn.
	choose(ready []*actor, current bool) int
	// toss returns 0 or 1, and rarely returns 1 now and then.
	toss() int
	rarely() int
}

// steady makes no choice: everybody goes on as long as they can.
type steady struct{}

func (steady) arrived(*actor)            {}
func (steady) choose([]*actor, bool) int { return 0 }
func (steady) toss() int                 { return 0 }
func (steady) rarely() int               { return 0 }

// A source is a stream of random numbers (SplitMix64), small enough to be made
// for each run.
type source uint64

func (s *source) next() uint64 {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number below n.
func (s *source) below(n int) int { return int(s.next() % uint64(n)) }

func (s *source) toss() int { return s.below(2) }

func (s *source) rarely() int {
	if s.below(16) == 0 {
		return 1
	}
	return 0
}

// random chooses evenly.
type random struct{ source }

func (r *random) arrived(*actor)                    {}
func (r *random) choose(ready []*actor, _ bool) int { return r.below(len(ready)) }

// pct gives each actor a random priority, and runs the one with the highest that
// can go on. At few of the choices, which were drawn before, the one that would
// be next falls behind all others. A bug that needs d events in a certain order
// is found with a probability of at least 1/(n·k^(d-1)), among n actors and k
// choices (Burckhardt and others, "A randomized scheduler with probabilistic
// guarantees of finding bugs", 2010).
type pct struct {
	source
	changes []int // the numbers of the choices at which somebody falls behind
	choices int   // so far
	lowest  int64
}

// newPCT returns the strategy for bugs of depth d in runs of about k choices.
func newPCT(seed source, d, k int) *pct {
	p := &pct{source: seed}
	for range d - 1 {
		p.changes = append(p.changes, 1+p.below(max(1, k)))
	}
	return p
}

func (p *pct) arrived(a *actor) { a.priority = int64(p.next() % math.MaxInt64) }

func (p *pct) choose(ready []*actor, current bool) int {
	p.choices++
	best := highest(ready)
	for _, at := range p.changes {
		if at == p.choices {
			p.demote(ready[best])
			best = highest(ready)
		}
	}
	if a := ready[best]; a.request().yields {
		p.demote(a)
		best = highest(ready)
	}
	return best
}

func highest(ready []*actor) (best int) {
	for i, a := range ready {
		if a.priority > ready[best].priority {
			best = i
		}
	}
	return best
}

func (p *pct) demote(a *actor) {
	p.lowest--
	a.priority = p.lowest
}

// pos gives each pending operation a random priority, and runs the one with the
// highest; whoever is about to do something to the same object draws again. So the
// orders of what two tasks do to one object are all about as likely, however much
// either does besides (Yuan and others, "Partial order aware concurrency sampling",
// 2018).
type pos struct{ source }

func (p *pos) arrived(a *actor) { p.draw(a) }

func (p *pos) draw(a *actor) { a.priority = int64(p.next() % math.MaxInt64) }

func (p *pos) choose(ready []*actor, _ bool) int {
	best := highest(ready)
	obj := ready[best].request().obj
	for i, a := range ready {
		if i == best || obj != nil && a.request().obj == obj {
			p.draw(a)
		}
	}
	return best
}

// urw chooses with a weight: how many turns an actor is expected to have still, which
// is what it had in a trial. Of all interleavings of tasks of different lengths, each
// is about as likely then, where an even choice is through with the short ones at once
// (Zhao and others, "Selectively uniform concurrency testing", 2025).
type urw struct {
	source
	left []int // by index - 1
}

func newURW(seed source, turns []int) *urw { return &urw{seed, slices.Clone(turns)} }

func (*urw) arrived(*actor) {}

func (u *urw) choose(ready []*actor, _ bool) int {
	sum := 0
	for _, a := range ready {
		sum += u.weight(a)
	}
	at := u.below(sum)
	for i, a := range ready {
		if at -= u.weight(a); at < 0 {
			if a.index <= len(u.left) {
				u.left[a.index-1]--
			}
			return i
		}
	}
	return 0 // not reached
}

// weight is 1 at least: who was not in the trial, or has had more turns, goes on too.
func (u *urw) weight(a *actor) int {
	if a.index > len(u.left) {
		return 1
	}
	return max(1, u.left[a.index-1])
}
