package inflight

// A reorder puts what arrives in any order back in the order of its numbers,
// which begin at 0 and have no gaps.
type reorder[T any] struct {
	slots []slot[T] // the length is a power of two; number k is at k modulo that
	base  int64     // the number to take next
}

type slot[T any] struct {
	v    T
	full bool
}

func (r *reorder[T]) put(k int64, v T) {
	for k-r.base >= int64(len(r.slots)) {
		r.grow()
	}
	*r.at(k) = slot[T]{v, true}
}

func (r *reorder[T]) at(k int64) *slot[T] { return &r.slots[k&int64(len(r.slots)-1)] }

func (r *reorder[T]) grow() {
	old := *r
	r.slots = make([]slot[T], max(16, 4*len(old.slots)))
	for k := old.base; k < old.base+int64(len(old.slots)); k++ {
		*r.at(k) = *old.at(k)
	}
}

func (r *reorder[T]) ready() bool { return len(r.slots) > 0 && r.at(r.base).full }

// take appends all that is in order now.
func (r *reorder[T]) take(to []T) []T {
	for r.ready() {
		s := r.at(r.base)
		to = append(to, s.v)
		*s = slot[T]{}
		r.base++
	}
	return to
}
