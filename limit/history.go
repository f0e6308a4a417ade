package limit

import (
	"slices"
	"time"

	"github.com/inflight-go/inflight/internal/park"
)

// A Start is what has started at a moment, as a limit remembers it.
type Start struct {
	At time.Time `json:"at"`
	N  int64     `json:"n"`
}

// moments is how many Starts a history has, at most: what is closer together is one, at
// the moment of the last, which errs on the safe side.
const moments = 64

// History returns what has started in the last period, the oldest first, in at most 64
// parts: what Recall of another Rate wants, in a process to come for example.
func (r *Rate) History() []Start { return r.meter.history() }

// Recall takes down what has started before this Rate was made, so that it counts. It is
// for a Rate of which nothing has started yet; otherwise all of that counts from the
// moment of the last start. What is longer ago than the period is passed over, and what
// is yet to come counts as if it were now.
func (r *Rate) Recall(starts []Start) { r.meter.recall(starts) }

// History returns what was reserved in the last period, as that of a Rate does.
func (b *Budget) History() []Start { return b.meter.history() }

// Recall takes down what was reserved before this Budget was made, as that of a Rate
// does.
func (b *Budget) Recall(starts []Start) { b.meter.recall(starts) }

func (m *meter) history() (starts []Start) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, clock := m.now(), park.Now()
	w := &m.window
	w.expire(now)
	first := time.Duration(0) // of those in the last of starts
	for i := range w.len {
		e := w.entry(i)
		at := e.at
		if e.open > 0 {
			at = now // it starts at any moment
		}
		if e.n <= 0 {
			continue
		}
		if n := len(starts); n > 0 && at-first < w.per/(moments-1) {
			starts[n-1].At, starts[n-1].N = clock.Add(at-now), starts[n-1].N+e.n
			continue
		}
		first = at
		starts = append(starts, Start{clock.Add(at - now), e.n})
	}
	return starts
}

func (m *meter) recall(starts []Start) {
	starts = slices.SortedFunc(slices.Values(starts), func(a, b Start) int { return a.At.Compare(b.At) })
	m.change(func() {
		now, clock := m.now(), park.Now()
		w := &m.window
		for _, s := range starts {
			at := now + min(s.At.Sub(clock), 0)
			if w.len > 0 {
				at = max(at, w.entry(w.len-1).at)
			}
			if s.N <= 0 || now-at >= w.per {
				continue
			}
			n := min(s.N, w.limit)
			w.add(n, at, false)
			for range n {
				if m.pace.n == 0 {
					break
				}
				m.pace.step(at, false)
			}
		}
	})
}
