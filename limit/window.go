package limit

import (
	"math"
	"time"

	"github.com/inflight-go/inflight/internal/park"
)

// never is how long a wait takes that no clock ends.
const never = time.Duration(math.MaxInt64)

// resolution is how many entries a window is kept in, at most a few more. Up to
// so many starts each has its own; of more, those that are close together share
// one.
const resolution = 2048

// A window is the log of what was started in the last while. It is what makes a
// limit hold for every window, wherever that begins: something may start only if
// together with all that is in the log it is not too much. Times are those since
// origin. The methods are called with the mutex of the owner held.
type window struct {
	limit int64
	per   time.Duration
	span  time.Duration // what starts so soon after another shares its entry

	origin time.Time
	last   time.Duration // what the clock said last

	ring  []entry // a power of two, or empty
	head  int     // the index of the oldest
	len   int
	first int64 // the number of the oldest
	sum   int64 // of all entries
}

// An entry is something that has started.
type entry struct {
	began time.Duration // the first that shares it
	at    time.Duration // the last, which counts for all: that errs on the safe side
	n     int64
	open  int64 // how many were let through and have not returned yet
}

// no is the number of no entry.
const no = -1

func (w *window) resize(limit int64, per time.Duration) {
	w.limit, w.per, w.span = limit, per, 0
	if limit > resolution {
		w.span = per / resolution
	}
}

// now reads the clock. A clock that has gone back is another one, a test's that
// has begun or ended: what was started by the old one is forgotten, and back is
// true.
func (w *window) now() (now time.Duration, back bool) {
	now = park.Now().Sub(w.origin)
	if back = now < w.last; back {
		w.first += int64(w.len)
		w.ring, w.head, w.len, w.sum = nil, 0, 0, 0
	}
	w.last = now
	return now, back
}

func (w *window) entry(i int) *entry { return &w.ring[(w.head+i)&(len(w.ring)-1)] }

// find returns the entry of a number, nil if it is gone.
func (w *window) find(number int64) *entry {
	if number < w.first {
		return nil
	}
	return w.entry(int(number - w.first))
}

// expire drops what is as long ago as the window is long. Who was let through and
// has not returned yet has not started: that entry has to stay.
func (w *window) expire(now time.Duration) {
	for w.len > 0 {
		e := w.entry(0)
		if e.open > 0 || now-e.at < w.per {
			return
		}
		w.sum -= e.n
		w.head = (w.head + 1) & (len(w.ring) - 1)
		w.len--
		w.first++
	}
}

// wait returns how long it is until there is room for n: zero or less for now,
// never if time alone does not make room.
func (w *window) wait(n int64, now time.Duration) time.Duration {
	w.expire(now)
	excess := w.sum + n - w.limit
	if excess <= 0 {
		return 0
	}
	at := time.Duration(math.MinInt64)
	for i := range w.len {
		e := w.entry(i)
		if e.open > 0 {
			return never
		}
		at = max(at, e.at) // one that returned late is behind younger ones
		if excess -= e.n; excess <= 0 {
			return at + w.per - now
		}
	}
	return never
}

// add takes down that n were started, or let through by somebody else, and
// returns the number of the entry.
func (w *window) add(n int64, now time.Duration, open bool) int64 {
	if n == 0 {
		return no
	}
	var e *entry
	if w.len > 0 {
		e = w.entry(w.len - 1)
	}
	if e == nil || now-e.began > w.span && w.len < 2*resolution {
		e = w.push()
		*e = entry{began: now, at: now}
	}
	e.at = max(e.at, now)
	e.n += n
	w.sum += n
	if open {
		e.open++
	}
	return w.first + int64(w.len) - 1
}

func (w *window) push() *entry {
	if w.len == len(w.ring) {
		ring := make([]entry, max(4, 2*w.len))
		for i := range w.len {
			ring[i] = *w.entry(i)
		}
		w.ring, w.head = ring, 0
	}
	w.len++
	return w.entry(w.len - 1)
}

// started takes down that one that was let through has returned only now.
func (w *window) started(number int64, now time.Duration) {
	if e := w.find(number); e != nil {
		e.open--
		e.at = max(e.at, now)
	}
}

// refund takes n back from an entry, if that still counts.
func (w *window) refund(number, n int64) {
	if e := w.find(number); e != nil {
		e.n -= n
		w.sum -= n
	}
}
