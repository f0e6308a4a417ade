package inflight

// A fifo is a queue of what is admitted and not yet started. It grows, and keeps
// its size; the first slots are inline, because most never have more than a few.
type fifo[T any] struct {
	first [4]T
	more  []T // nil while first will do; its length is a power of two
	head  uint32
	n     uint32 // as many as that would not fit into memory
}

func (q *fifo[T]) slots() []T {
	if q.more == nil {
		return q.first[:]
	}
	return q.more
}

func (q *fifo[T]) push(v T) {
	slots := q.slots()
	if int(q.n) == len(slots) {
		grown := make([]T, 4*len(slots))
		k := copy(grown, slots[q.head:])
		copy(grown[k:], slots[:q.head])
		clear(q.first[:])
		q.more, q.head = grown, 0
		slots = grown
	}
	slots[(q.head+q.n)&uint32(len(slots)-1)] = v
	q.n++
}

func (q *fifo[T]) pop() (v T, ok bool) {
	if q.n == 0 {
		return v, false
	}
	slots := q.slots()
	var zero T
	v, slots[q.head] = slots[q.head], zero
	q.head = (q.head + 1) & uint32(len(slots)-1)
	q.n--
	return v, true
}
