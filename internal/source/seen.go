package source

import "hash/maphash"

// seen is a set of texts, of each of which it keeps 64 bits in a flat table: 17 bytes
// for each text on average. The hash has a key of its own, so that nobody can make up
// texts that are taken for one another.
type seen struct {
	key   maphash.Seed
	table []uint64 // a power of two long; zero is a free place
	n     int
}

const firstTable = 1 << 10

// add tells whether the text is new.
func (s *seen) add(text string) bool {
	if s.table == nil {
		s.key, s.table = maphash.MakeSeed(), make([]uint64, firstTable)
	}
	print := max(maphash.String(s.key, text), 1)
	if !put(s.table, print) {
		return false
	}
	if s.n++; s.n > len(s.table)/4*3 {
		larger := make([]uint64, 2*len(s.table))
		for _, p := range s.table {
			if p != 0 {
				put(larger, p)
			}
		}
		s.table = larger
	}
	return true
}

// put puts a print at its place, or at the first free one after it.
func put(table []uint64, print uint64) bool {
	mask := uint64(len(table) - 1)
	for i := print & mask; ; i = (i + 1) & mask {
		switch table[i] {
		case 0:
			table[i] = print
			return true
		case print:
			return false
		}
	}
}
