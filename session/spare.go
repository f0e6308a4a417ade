package session

import (
	"context"
	"reflect"
)

// Those who send many requests do so under few contexts: a worker has one. To make a
// context under another, and to take it away again, costs six allocations; so a
// flight that has ended well is kept for the next request under the same context.
// A context is told from the others by its address, in a small table, so that one
// that is used once only leaves nothing but a number behind.
const (
	slots     = 1024
	maxSpares = 256 // under one context
)

// spares are the flights that are kept under one context.
type spares struct {
	key   uintptr // of the context that was seen here last
	first *flight // linked by next
	n     int
}

// spare returns a flight under ctx, in the ring; if there is none to be had, a new
// one, without a context, not in the ring.
func (w *watch) spare(ctx context.Context) (*flight, error) {
	key := keyOf(ctx)
	w.mu.Lock()
	if err := w.ended; err != nil {
		w.mu.Unlock()
		return nil, err
	}
	s := &w.spares[slotOf(key)]
	old := (*flight)(nil)
	if s.key != key {
		old = s.first
		*s = spares{key: key}
		w.mu.Unlock()
		dismiss(old)
		return w.fresh(ctx, false), nil
	}
	f := s.first
	if f == nil {
		w.mu.Unlock()
		return w.fresh(ctx, true), nil
	}
	if f.parent != ctx || f.Err() != nil { // another one at the same address, or over
		old = f
		*s = spares{key: key}
		w.mu.Unlock()
		dismiss(old)
		return w.fresh(ctx, true), nil
	}
	s.first, s.n = f.next, s.n-1
	w.link(f)
	w.mu.Unlock()
	return f, nil
}

func (w *watch) fresh(ctx context.Context, repeated bool) *flight {
	f := &flight{watch: w, parent: ctx, repeated: repeated}
	f.end.Store(never)
	f.until.Store(never)
	return f
}

// keep keeps the flight, if it can be used again. mu is held.
func (w *watch) keep(f *flight) bool {
	key := keyOf(f.parent)
	s := &w.spares[slotOf(key)]
	if key == 0 || !f.repeated || s.key != key || s.n == maxSpares || f.Err() != nil {
		return false
	}
	f.next, f.prev = s.first, nil
	s.first, s.n = f, s.n+1
	return true
}

// slotOf spreads addresses over the table, as if they were random: they may have their low
// bits in common, and be equally far apart. It is the finalizer of SplitMix64 (Steele, Lea
// and Flood, "Fast splittable pseudorandom number generators", 2014).
func slotOf(key uintptr) int {
	x := uint64(key)
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return int((x ^ x>>31) % slots)
}

// dismiss ends flights that were kept.
func dismiss(f *flight) {
	for ; f != nil; f = f.next {
		f.finish()
	}
}

// keyOf returns the address of a context, 0 if it has none and may not even be
// compared.
func keyOf(ctx context.Context) uintptr {
	if ctx == context.Background() {
		return 1
	}
	if v := reflect.ValueOf(ctx); v.Kind() == reflect.Pointer {
		return v.Pointer()
	}
	return 0
}
