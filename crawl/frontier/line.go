package frontier

// line is a queue of places in the log that is taken from at either end. It is made
// of blocks, so that it grows without being copied and shrinks as it is taken from.
type line struct {
	first, last *block
	n           int
}

const blockLen = 126 // a block is a kibibyte

type block struct {
	at         [blockLen]int64
	next, prev *block
	from, to   uint8
}

// put adds a place at the end.
func (l *line) put(at int64) {
	if l.last == nil || l.last.to == blockLen {
		b := &block{prev: l.last}
		if l.last == nil {
			l.first = b
		} else {
			l.last.next = b
		}
		l.last = b
	}
	l.last.at[l.last.to] = at
	l.last.to++
	l.n++
}

// take takes the first place, or the last. There has to be one.
func (l *line) take(last bool) int64 {
	l.n--
	if last {
		b := l.last
		b.to--
		at := b.at[b.to]
		if b.from == b.to {
			l.last = b.prev
			if b.prev == nil {
				l.first = nil
			} else {
				b.prev.next = nil
			}
		}
		return at
	}
	b := l.first
	at := b.at[b.from]
	b.from++
	if b.from == b.to {
		l.first = b.next
		if b.next == nil {
			l.last = nil
		} else {
			b.next.prev = nil
		}
	}
	return at
}
