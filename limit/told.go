package limit

import (
	"strings"
	"time"
)

// A told is what a server has said about one of its quotas, and what follows from it.
type told struct {
	limit  int64         // -1 if it was not said
	length time.Duration // of a window, as far as it is known
	began  time.Time     // the window, or when it was first heard of
	anchor time.Time     // the end of the window, as it was said first,
	until  time.Time     // and latest
	left   float64       // the least that was said in the window
	first  float64       // what was said first in the window,
	heard  float64       // and how many answers there were since
	cost   float64       // of a start, at least 1
	gap    time.Duration // between the last two starts

	guessed bool // the window was begun by the clock; no answer has told of it
	rolling bool // its end moves on with each start: it has no beginning
}

const (
	grain  = time.Second // servers round the end of a window
	edge   = 0.05        // of a rolling quota is left over
	unsure = 4           // starts there may be before their cost is known
)

// hear takes down what an answer says.
func (t *told) hear(q Quota, reset, now time.Time) {
	if q.Limit >= 0 {
		t.limit = q.Limit
	}
	slack := min(grain*3/2, t.anchor.Sub(t.began)/2)
	late := reset.After(t.anchor.Add(slack))
	switch {
	case t.began.IsZero() || t.guessed || late || !now.Before(t.until):
		if q.Remaining < 0 && t.limit < 0 {
			return
		}
		t.rolling = late && !t.guessed && !t.began.IsZero() && now.Add(slack).Before(t.anchor)
		t.open(q, reset, now)
	case q.Remaining >= 0:
		t.left = min(t.left, float64(q.Remaining))
		t.heard++
		if !t.rolling || !q.requests() {
			t.cost = max(1, (t.first-t.left+t.back(now))/t.heard)
		}
		if reset.After(t.until) {
			t.until = reset
		}
	}
}

// requests reports whether the quota is one of requests, as far as can be told.
func (q Quota) requests() bool { return q.Unit == "" && !strings.Contains(q.Name, "token") }

// ends takes down what an answer says whose window is over, by its clock.
func (t *told) ends(q Quota, now time.Time) {
	switch {
	case q.Remaining < 0 || t.guessed:
		return
	case q.Remaining == 0 && t.until.Before(now.Add(t.slack())): // it was rounded down
		t.until = now.Add(t.slack())
		t.anchor = t.until
	}
	t.left = min(t.left, float64(q.Remaining))
}

// slack is by how much the end of a window may be later than it was said to be.
func (t *told) slack() time.Duration { return min(grain, t.length/20) }

// back is how much of a rolling quota has come back since the window began.
func (t *told) back(now time.Time) float64 {
	if left := t.until.Sub(now); t.rolling && left > 0 {
		return (float64(t.limit) - t.left) * float64(now.Sub(t.began)) / float64(left)
	}
	return 0
}

// open begins a window that an answer tells of.
func (t *told) open(q Quota, reset, now time.Time) {
	t.began, t.anchor, t.until, t.guessed = now, reset, reset, false
	if t.length = max(t.length, reset.Sub(now)); q.Window > 0 {
		t.length = q.Window
	}
	t.left = float64(q.Remaining)
	if q.Remaining < 0 {
		t.left = float64(t.limit)
	}
	if t.cost == 0 {
		t.cost = 1
		if used := float64(t.limit) - t.left; t.limit >= 0 && used > 1 {
			t.cost = max(1, min(used, t.left/unsure))
		}
	}
	t.first, t.heard = t.left, 0
}

// renew begins the next window by the clock, if that is known, and reports whether it
// is.
func (t *told) renew(now time.Time) bool {
	if t.limit < 0 || t.length <= 0 {
		return false
	}
	over := now.Sub(t.until)
	t.began = now.Add(-(over % t.length))
	t.anchor = t.began.Add(t.length)
	t.began = t.began.Add(t.slack())
	t.until = t.anchor
	t.left, t.first, t.heard, t.guessed = float64(t.limit), float64(t.limit), 0, true
	return true
}

// next returns when the next may start, after the one that did so last, with so many
// in flight.
func (t *told) next(last time.Time, flying int, now time.Time) time.Time {
	if !now.Before(t.until) && !t.renew(now) {
		return last.Add(t.gap)
	}
	n := t.left/t.cost - float64(flying)
	if n < 1 {
		return t.until
	}
	from := last
	if t.began.After(from) {
		from = t.began
	}
	switch most := float64(t.limit) / t.cost; {
	case t.rolling && n > edge*most+1:
		n = most // what was used comes back at the same time
	case t.rolling:
		n = most / 2
	default:
		n++ // the last of them is before the end
	}
	t.gap = time.Duration(float64(t.until.Sub(from)) / n)
	return from.Add(t.gap)
}
