package batch

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/inflight-go/inflight/locks"
)

// A Writer is the sink for what can't be read again: standard output, a pipe, a
// connection. Nothing can be resumed there.
type Writer struct {
	mu   locks.Mutex
	w    io.Writer
	done *roaring64.Bitmap
	buf  []byte
	err  error
}

// NewWriter returns a sink that writes lines to w. It panics if w is nil.
func NewWriter(w io.Writer) *Writer {
	if w == nil {
		panic("inflight/batch: NewWriter called with a nil writer")
	}
	return &Writer{w: w, done: roaring64.New()}
}

// Commit writes the lines, with a newline behind each, by one call of Write. After
// an error of the writer nothing more is written, and that error is returned.
func (w *Writer) Commit(ctx context.Context, lines []Line) error {
	if err := w.mu.Lock(ctx); err != nil {
		return err
	}
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	if err := checkLines(lines); err != nil {
		return err
	}
	w.buf = w.buf[:0]
	for _, l := range lines {
		if w.done.CheckedAdd(uint64(l.Index)) {
			w.buf = append(append(w.buf, l.Data...), '\n')
		}
	}
	if len(w.buf) == 0 {
		return nil
	}
	_, w.err = w.w.Write(w.buf)
	if cap(w.buf) > largeBuffer {
		w.buf = nil
	}
	return w.err
}

// largeBuffer is the size from which on a buffer is not kept.
const largeBuffer = 8 << 20

// checkLines reports the first of the lines that a sink can't take: what could not
// be found again in a file.
func checkLines(lines []Line) error {
	for _, l := range lines {
		index, _, ours := parseIndex(l.Data)
		why := ""
		switch {
		case !ours:
			why = `it does not begin with {"index":N`
		case index != l.Index:
			why = fmt.Sprintf("its index is %d", index)
		case l.Data[len(l.Data)-1] != '}':
			why = "the object does not end"
		case bytes.IndexByte(l.Data, '\n') >= 0:
			why = "there is a newline in it"
		case len(l.Data) > MaxLine:
			why = fmt.Sprintf("it is longer than %d bytes", MaxLine)
		default:
			continue
		}
		return fmt.Errorf("%w: unit %d: %s: %.80q", ErrBadLine, l.Index, why, l.Data)
	}
	return nil
}
