package inflight

// A ring is a FIFO of tasks that are admitted and not yet started. It grows, and
// keeps its size; the first slots are inline, for the many groups that never
// have more than a few.
type ring struct {
	first [4]runner
	more  []runner // nil while first will do; its length is a power of two
	head  int
	n     int
}

func (r *ring) slots() []runner {
	if r.more == nil {
		return r.first[:]
	}
	return r.more
}

func (r *ring) push(t runner) {
	slots := r.slots()
	if r.n == len(slots) {
		grown := make([]runner, 4*len(slots))
		k := copy(grown, slots[r.head:])
		copy(grown[k:], slots[:r.head])
		clear(r.first[:])
		r.more, r.head = grown, 0
		slots = grown
	}
	slots[(r.head+r.n)&(len(slots)-1)] = t
	r.n++
}

func (r *ring) pop() runner {
	if r.n == 0 {
		return nil
	}
	slots := r.slots()
	t := slots[r.head]
	slots[r.head] = nil
	r.head = (r.head + 1) & (len(slots) - 1)
	r.n--
	return t
}
