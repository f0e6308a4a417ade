package frontier

import "hash/maphash"

// seen is a set of fingerprints of URLs. It is many open-addressing tables without
// pointers, so that the collector has nothing to look at in it, and only a small
// part is copied when one grows.
type seen struct {
	seed   maphash.Seed // of this process: nobody else can make URLs that collide
	tables [256]table
}

// table holds fingerprints; 0 is a free place.
type table struct {
	slots []uint64
	n     int
}

// add puts a URL in. It reports false when it was there.
func (s *seen) add(url string) bool {
	print := maphash.String(s.seed, url)
	if print == 0 {
		print = 1
	}
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

// find is where a fingerprint is, or would be.
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
