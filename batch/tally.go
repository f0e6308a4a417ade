package batch

import "github.com/RoaringBitmap/roaring/v2/roaring64"

// A tally knows which units have lines, how many, and whether the last one says that
// it has failed.
type tally struct {
	all    *roaring64.Bitmap
	failed *roaring64.Bitmap
	// extra[k] has the units with at least k+2 lines, of all of which but one a later
	// one counts. Beyond mostExtra it is not known how many there are.
	extra []*roaring64.Bitmap
}

const mostExtra = 16

func newTally() tally { return tally{all: roaring64.New(), failed: roaring64.New()} }

// add takes note of a line that stands behind all others.
func (t *tally) add(index int64, failed bool) {
	i := uint64(index)
	if !t.all.CheckedAdd(i) {
		t.addExtra(i)
		if !failed {
			t.failed.Remove(i)
		}
	}
	if failed {
		t.failed.Add(i)
	}
}

func (t *tally) addExtra(i uint64) {
	for _, b := range t.extra {
		if b.CheckedAdd(i) {
			return
		}
	}
	if len(t.extra) == mostExtra {
		return
	}
	b := roaring64.New()
	b.Add(i)
	t.extra = append(t.extra, b)
}

// dropExtra takes away one line of a unit that has more than one, and reports
// whether it had.
func (t *tally) dropExtra(index int64) bool {
	for k := len(t.extra) - 1; k >= 0; k-- {
		if t.extra[k].CheckedRemove(uint64(index)) {
			return true
		}
	}
	return false
}

func (t *tally) superseded() (n int64) {
	for _, b := range t.extra {
		n += int64(b.GetCardinality())
	}
	return n
}

func (t *tally) clone() tally {
	c := tally{all: t.all.Clone(), failed: t.failed.Clone()}
	for _, b := range t.extra {
		c.extra = append(c.extra, b.Clone())
	}
	return c
}

func (t *tally) stats() JournalStats {
	return JournalStats{
		Done:       int64(t.all.GetCardinality()),
		Failed:     int64(t.failed.GetCardinality()),
		Superseded: t.superseded(),
	}
}
