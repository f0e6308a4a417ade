package queue

import "slices"

// A store keeps the items that wait, and knows which is next.
type store[T any] interface {
	push(v T)
	pop() T // there is one
}

// A ring is the store of New for a small capacity.
type ring[T any] struct {
	items       []T // as many as there can be
	first, last int // where to take the next one from, and where to put it
}

func (r *ring[T]) push(v T) {
	r.items[r.last] = v
	r.last = r.after(r.last)
}

func (r *ring[T]) pop() (v T) {
	v, r.items[r.first] = r.items[r.first], v
	r.first = r.after(r.first)
	return v
}

func (r *ring[T]) after(i int) int {
	if i++; i < len(r.items) {
		return i
	}
	return 0
}

// keep is how many slots a queue keeps though they are hardly used.
const keep = 1 << 12

// roomFor returns slots, or none if they are many more than n needs: a burst is
// over.
func roomFor[E any](n int, slots []E) []E {
	if cap(slots) > keep && cap(slots)/8 > n {
		return nil
	}
	return slots
}

// shorten takes the last off.
func shorten[E any](s []E) []E {
	last := len(s) - 1
	clear(s[last:])
	if s = s[:last]; roomFor(last, s) == nil {
		s = slices.Clone(s)
	}
	return s
}

// A stack is the store of NewStack.
type stack[T any] struct{ items []T }

func (s *stack[T]) push(v T) { s.items = append(s.items, v) }

func (s *stack[T]) pop() T {
	last := len(s.items) - 1
	v := s.items[last]
	s.items = shorten(s.items)
	return v
}

// A heap is the store of NewPriority. It calls cmp only before it changes
// anything, so that a cmp that panics leaves it as it was.
type heap[T any] struct {
	cmp   func(a, b T) int
	items []ranked[T] // the children of i are 2i+1 and 2i+2
	count uint64      // of the items put so far
}

type ranked[T any] struct {
	v     T
	order uint64 // what decides between equal ones
}

func (h *heap[T]) before(a, b *ranked[T]) bool {
	c := h.cmp(a.v, b.v)
	return c < 0 || c == 0 && a.order < b.order
}

func (h *heap[T]) push(v T) {
	x := ranked[T]{v, h.count}
	depth, i := 0, len(h.items)
	for i > 0 && h.before(&x, &h.items[(i-1)/2]) {
		depth, i = depth+1, (i-1)/2
	}
	h.count++
	i = len(h.items)
	h.items = append(h.items, x)
	for range depth {
		h.items[i] = h.items[(i-1)/2]
		i = (i - 1) / 2
	}
	h.items[i] = x
}

func (h *heap[T]) pop() T {
	last := len(h.items) - 1
	x := h.items[last]
	var path [64]int // from the root to where x belongs
	depth, i := 0, 0
	for {
		kid := 2*i + 1
		if kid >= last {
			break
		}
		if kid+1 < last && h.before(&h.items[kid+1], &h.items[kid]) {
			kid++
		}
		if !h.before(&h.items[kid], &x) {
			break
		}
		path[depth] = kid
		depth, i = depth+1, kid
	}
	v := h.items[0].v
	i = 0
	for _, kid := range path[:depth] {
		h.items[i] = h.items[kid]
		i = kid
	}
	h.items[i] = x
	h.items = shorten(h.items)
	return v
}
