// Package seen remembers which texts there were, in a few bytes for each.
package seen

import "hash/maphash"

// A Set is a set of texts, of each of which it keeps 64 bits: 11 to 21 bytes, in many
// open-addressing tables without pointers, so that the collector has nothing to look at
// in it, and only a small part is copied when one grows. Two texts are taken for one
// another once in 2^64 pairs; nobody can make such texts up, because the hash has a key
// of its own in each process.
//
// The zero Set is empty. It is not safe for use by several goroutines at once.
type Set struct {
	seed   maphash.Seed
	tables [256]table
}

// table holds prints of texts; 0 is a free place.
type table struct {
	slots []uint64
	n     int
}

// Add puts a text in. It reports false when it was there.
func (s *Set) Add(text string) bool {
	if s.seed == (maphash.Seed{}) {
		s.seed = maphash.MakeSeed()
	}
	print := max(maphash.String(s.seed, text), 1)
	return s.tables[print>>56].add(print)
}

func (t *table) add(print uint64) bool {
	if 4*(t.n+1) > 3*len(t.slots) {
		t.grow()
	}
	at := t.find(print)
	if t.slots[at] == print {
		return false
	}
	t.slots[at] = print
	t.n++
	return true
}

// find is where a print is, or would be.
func (t *table) find(print uint64) int {
	mask := len(t.slots) - 1
	at := int(print) & mask
	for t.slots[at] != 0 && t.slots[at] != print {
		at = (at + 1) & mask
	}
	return at
}

// grow doubles the table.
func (t *table) grow() {
	old := t.slots
	t.slots = make([]uint64, max(8, 2*len(old)))
	for _, print := range old {
		if print != 0 {
			t.slots[t.find(print)] = print
		}
	}
}
