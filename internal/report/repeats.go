package report

import (
	"math"

	"github.com/RoaringBitmap/roaring/v2"
)

// repeats knows which indices have come, and how often those came that came more
// than once. An index beyond 32 bits is not looked at: no job has so many.
type repeats struct {
	seen   roaring.Bitmap
	again  roaring.Bitmap
	planes []*roaring.Bitmap // of binary numbers: how often an index came after the first time
}

// add takes note of an index, and reports whether it had come before.
func (r *repeats) add(index int64) bool {
	if index < 0 || index > math.MaxUint32 {
		return false
	}
	i := uint32(index)
	if r.seen.CheckedAdd(i) {
		return false
	}
	r.again.Add(i)
	for p := 0; ; p++ {
		if p == len(r.planes) {
			r.planes = append(r.planes, roaring.New())
		}
		if r.planes[p].CheckedAdd(i) {
			return true
		}
		r.planes[p].Remove(i) // and carry
	}
}

// last reports whether an index, which has just been added to r, has come as often
// as it does in all.
func (r *repeats) last(all *repeats, index int64) bool {
	i := uint32(index)
	for p, plane := range all.planes {
		if plane.Contains(i) != (p < len(r.planes) && r.planes[p].Contains(i)) {
			return false
		}
	}
	return true
}

// has reports whether an index came more than once.
func (r *repeats) has(index int64) bool {
	return index >= 0 && index <= math.MaxUint32 && r.again.Contains(uint32(index))
}
