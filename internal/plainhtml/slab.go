package plainhtml

// A slab is memory for values that are given back together.
type slab[T any] struct {
	chunks [][]T
	at     int // the chunk that is in use
	used   int // of its values
}

// Of chunks there are this many values in each, and no more than that are kept: a page
// that is much larger than others does not hold its memory for ever.
const (
	chunkSize = 64
	maxChunks = 32
)

// take hands out n values, of which each is zero. There are at most chunkSize.
func (s *slab[T]) take(n int) []T {
	if s.at < len(s.chunks) && s.used+n > chunkSize {
		s.at++
		s.used = 0
	}
	if s.at == len(s.chunks) {
		s.chunks = append(s.chunks, make([]T, chunkSize))
	}
	from := s.used
	s.used += n
	return s.chunks[s.at][from:s.used:s.used]
}

// reset takes back what was handed out.
func (s *slab[T]) reset() {
	if len(s.chunks) > maxChunks {
		clear(s.chunks[maxChunks:])
		s.chunks = s.chunks[:maxChunks]
	}
	for i := range min(len(s.chunks), s.at+1) {
		clear(s.chunks[i])
	}
	s.at, s.used = 0, 0
}
