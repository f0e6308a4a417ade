package limit

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/inflight-go/inflight/internal/park"
)

// A Learned is a limit that a server tells of in its answers, as Learn reads them: so
// much is left until a moment. What is left is spread evenly over the time until then,
// and no more starts than that. Make one with NewLearned.
//
// What is in flight counts as not told of yet. Of a quota that is not of requests, of
// tokens for example, each start is expected to take as much as those before did on
// average; so is one of requests that others use too. When a window is over, the next
// is expected to be like it. Until the first answer there is one start at a time.
//
// It only holds back: where there is a limit of one's own, wait for both.
type Learned struct {
	longest time.Duration

	mu     sync.Mutex
	told   map[toldKey]*told
	heard  bool // of a first answer
	flying int
	last   time.Time // the last start
	list   park.List
	alarm  alarm // set while somebody waits whose turn the clock will bring
	obj    park.Object
}

type toldKey struct {
	name   string
	window time.Duration
}

// mostTold is how many quotas are kept: a server may call each of them differently
// each time.
const mostTold = mostQuotas

// NewLearned returns a limit that knows nothing yet. Of quotas that are renewed later
// than in longest nothing is spread: a few hundred requests are not to take a day
// because there are a thousand for it. It panics for a longest of zero or less.
func NewLearned(longest time.Duration) *Learned {
	if longest <= 0 {
		panic(fmt.Sprintf("inflight/limit: NewLearned(%v): want more than no time", longest))
	}
	return &Learned{longest: longest, told: make(map[toldKey]*told)}
}

// Wait waits until the next may start. If ctx ends first, or had ended before, it
// returns the cause, and nothing has started. Each Wait that returns nil needs one
// call of Answered, Lost or Cancel.
func (l *Learned) Wait(ctx context.Context) error {
	park.Point(ctx, park.OpRate, &l.obj)
	if ctx.Err() != nil {
		return park.Cause(ctx)
	}
	l.mu.Lock()
	if l.list.Empty() {
		now := park.Now()
		d, ok := l.left(now)
		if ok && d <= 0 {
			l.start(now)
			l.mu.Unlock()
			return nil
		}
		l.arm(d, ok)
	}
	w := park.NewWaiter(ctx)
	defer w.Free()
	err := l.list.Wait(ctx, &l.mu, w, park.OpRate, &l.obj)
	if err != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.list.Empty() {
			l.alarm.clear()
		}
	}
	return err
}

// Answered takes down that one that has started is answered, and what the answer,
// received now, says; nil for nothing.
func (l *Learned) Answered(quotas []Quota) {
	l.end(func(now time.Time) {
		if len(quotas) == 0 {
			l.spend()
		}
		for _, q := range quotas {
			l.hear(q, now)
		}
	})
}

// Lost takes down that one that has started will not be answered: it counts as used.
func (l *Learned) Lost() { l.end(func(time.Time) { l.spend() }) }

// Cancel takes down that one that has started was not sent in the end.
func (l *Learned) Cancel() {
	l.end(func(time.Time) {})
}

// end has one less in flight, and lets those through whose turn it is.
func (l *Learned) end(learn func(now time.Time)) {
	park.Point(context.Background(), park.OpRelease, &l.obj)
	l.mu.Lock()
	if l.flying == 0 {
		l.mu.Unlock()
		panic("inflight/limit: a Learned has ended more than has started")
	}
	l.flying--
	learn(park.Now())
	l.serve()
	l.mu.Unlock()
	park.Point(context.Background(), park.OpRelease, &l.obj)
}

// hear takes down what is said of a quota. mu is held, as for what follows.
func (l *Learned) hear(q Quota, now time.Time) {
	l.heard = true
	key := toldKey{q.Name, q.Window}
	t := l.told[key]
	reset := q.Reset
	if reset.IsZero() && q.Window > 0 {
		reset = now.Add(q.Window)
	}
	switch {
	case q.Reset.IsZero() && q.Window == 0:
		return
	case !reset.After(now):
		if t != nil {
			t.ends(q, now)
		}
		return
	case reset.Sub(now) > l.longest:
		delete(l.told, key)
		return
	case t == nil && len(l.told) < mostTold:
		t = &told{limit: -1}
		l.told[key] = t
	}
	if t != nil {
		t.hear(q, reset, now)
	}
}

// spend counts one of which nothing was said.
func (l *Learned) spend() {
	l.heard = true
	for _, t := range l.told {
		t.left -= t.cost
	}
}

// left returns how long it is until the next may start: zero or less for now. It
// reports false if the clock alone does not bring that.
func (l *Learned) left(now time.Time) (d time.Duration, ok bool) {
	if !l.heard {
		return 0, l.flying == 0
	}
	var at time.Time
	for _, t := range l.told {
		if next := t.next(l.last, l.flying, now); next.After(at) {
			at = next
		}
	}
	return at.Sub(now), true
}

func (l *Learned) start(now time.Time) {
	l.flying++
	l.last = now
}

// serve lets those through whose turn it is, and sets the alarm for the next.
func (l *Learned) serve() {
	now := park.Now()
	for w := l.list.Front(); w != nil; w = l.list.Front() {
		d, ok := l.left(now)
		if !ok || d > 0 {
			l.arm(d, ok)
			return
		}
		l.start(now)
		l.list.Grant(w)
		w.Unpark()
	}
	l.alarm.clear()
}

func (l *Learned) arm(d time.Duration, ok bool) {
	if !ok {
		l.alarm.clear()
		return
	}
	l.alarm.set(d, l.ring)
}

// ring is called by the alarm.
func (l *Learned) ring(turn int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.alarm.due(turn) {
		l.serve()
	}
}

// String names how many quotas are known and how many wait: "learned [2 quotas,
// waiters:3]".
func (l *Learned) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return describe("learned", fmt.Sprintf("%d quotas", len(l.told)), l.list.Len())
}
