package files

import (
	"context"
	"fmt"
	"io"
	"iter"
	"sync"

	"github.com/inflight-go/inflight"
)

// The size of ranges: a few for each that works at once, so that all end at the same time,
// but no more than what is good to have in memory if fold keeps it all.
const (
	minRange = 1 << 20
	maxRange = 4 << 20
)

// Ranges calls fold for ranges of a file, at most limit at once, each with the lines of
// its range, and yields what fold has made of them, in the order of the file. Each line is
// in one range, and within a range they come in their order. A limit below 1 panics.
//
// It is for one large file and many processors: the same fold, called with Lines, does it
// on one. A range has 1 to 4 MiB, of which a quarter of a MiB is in memory at a time. A
// file that is compressed is unpacked by one goroutine, and its ranges are pieces of 1 MiB
// in memory; what does not say its size is one range. At most twice limit values are not
// yielded yet.
//
// The first error in the order of the file ends it, and comes with a zero value: that of
// fold; that of reading, also if fold ignores it; or one that wraps the cause, when ctx
// ended. ErrChanged comes behind all values if the file has grown. The lines must not be
// used when fold has returned. When the loop ends, in whatever way, all calls have
// returned; a panic of fold is raised again by the loop.
func Ranges[T any](ctx context.Context, path string, limit int, fold func(ctx context.Context, lines iter.Seq2[[]byte, error]) (T, error), opts ...LineOption) iter.Seq2[T, error] {
	if limit < 1 {
		panic(fmt.Sprintf("inflight/files: Ranges with a limit of %d: at least one must be able to run", limit))
	}
	if fold == nil {
		panic("inflight/files: Ranges called with a nil function")
	}
	o := lineOptionsOf(opts)
	return func(yield func(T, error) bool) {
		var zero T
		in, err := openInput(ctx, path, binaryHead)
		if err != nil {
			yield(zero, err)
			return
		}
		defer in.close()
		r := &ranges{in: in, o: o}
		if err := r.check(); err != nil {
			yield(zero, err)
			return
		}
		reading, stop := context.WithCancel(ctx)
		defer stop()
		for _, res := range inflight.Each(ctx, r.split(reading, limit), limit, func(ctx context.Context, p part) (T, error) {
			return foldPart(ctx, r, p, fold)
		}, inflight.Ordered()) {
			if res.Err != nil {
				stop() // Each waits for who reads
				yield(zero, res.Err)
				return
			}
			if !more(stop, yield, res.Value) {
				return
			}
		}
		if err := in.unchanged(ctx); err != nil {
			yield(zero, err)
		}
	}
}

// more yields a value. It calls stop if that was the last, or the loop panics.
func more[T any](stop func(), yield func(T, error) bool, v T) (goesOn bool) {
	defer func() {
		if !goesOn {
			stop()
		}
	}()
	return yield(v, nil)
}

// A part is a range of a file, from from up to to; or a piece of what is unpacked.
type part struct {
	from, to int64
	text     []byte
	line     int64 // how many are before text
	err      error
}

// ranges are the ranges of a file.
type ranges struct {
	in *input
	o  lineOptions

	mu   sync.Mutex
	size int // of buffers
	free [][]byte
}

// check looks at what the file begins with. The ranges then need not.
func (r *ranges) check() error {
	if r.o.binary || !r.in.plain() {
		return nil
	}
	s := newScanner(r.o, r.in.path, r.in.head)
	s.got(len(r.in.head), nil)
	r.o.binary = true
	return s.err
}

// split returns the parts.
func (r *ranges) split(ctx context.Context, limit int) iter.Seq[part] {
	size := r.o.rangeSize
	switch {
	case r.in.size < 0:
		return func(yield func(part) bool) { yield(part{}) }
	case !r.in.plain():
		r.size = pieceSize
		if size > 0 {
			r.size = int(size)
		}
		return r.pieces(ctx)
	}
	r.size = chunk
	if size == 0 {
		size = min(max(r.in.size/4/int64(limit), minRange), maxRange)
	}
	return func(yield func(part) bool) {
		for at := int64(0); at < r.in.size && yield(part{from: at, to: min(at+size, r.in.size)}); at += size {
		}
	}
}

// foldPart calls fold with the lines of a part.
func foldPart[T any](ctx context.Context, r *ranges, p part, fold func(context.Context, iter.Seq2[[]byte, error]) (T, error)) (T, error) {
	var zero T
	s, done, err := r.scanner(ctx, p)
	if err != nil {
		return zero, err
	}
	defer done()
	v, err := fold(ctx, s.lines)
	if err == nil {
		err = s.failed
	}
	if err != nil {
		return zero, err
	}
	return v, nil
}

// scanner returns a scanner of the lines that begin in a part.
func (r *ranges) scanner(ctx context.Context, p part) (s *scanner, done func(), err error) {
	switch {
	case p.err != nil:
		return nil, nil, p.err
	case p.text != nil:
		s = newScanner(r.o, r.in.path, p.text)
		s.binary, s.base, s.line = true, p.from, p.line
		s.got(len(p.text), io.EOF)
		return s, func() { r.done(s) }, nil
	case r.in.size < 0:
		return r.in.scanner(ctx, r.o)
	}
	s = newScanner(r.o, r.in.path, r.buffer())
	s.stop = p.to
	if p.from > 0 { // a line begins at from if another one ends there
		s.base, s.behind, s.number = p.from-1, true, false
	}
	s.read = func(b []byte, off int64) (int, error) {
		return r.in.readAt(ctx, b[:min(int64(len(b)), p.room(off))], off)
	}
	return s, func() { r.done(s) }, nil
}

// room is how much is read at off. What is behind the part is only the end of one line.
func (p part) room(off int64) int64 {
	if off < p.to {
		return p.to - off
	}
	return max(4<<10, off-p.to)
}

// buffer returns one that is not in use.
func (r *ranges) buffer() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.free); n > 0 {
		b := r.free[n-1]
		r.free = r.free[:n-1]
		return b
	}
	return make([]byte, r.size)
}

// done takes back the buffer of a scanner, unless a read that was abandoned may still
// write to it, or a long line has made it grow.
func (r *ranges) done(s *scanner) {
	if s.err != nil && s.err != io.EOF || cap(s.buf) != r.size {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.free = append(r.free, s.buf[:r.size])
}
