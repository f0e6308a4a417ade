package report

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/inflight-go/inflight/internal/packed"
)

// MaxLine is the longest line that is read, in bytes; it has room for a body of
// 16 MiB all of whose bytes had to be escaped. A longer one is a broken line.
const MaxLine = 128 << 20

// maxLine is MaxLine, but in tests.
var maxLine = MaxLine

// A lineReader reads lines of any length, in memory for the longest that counts.
type lineReader struct {
	in   *bufio.Reader
	long []byte // a line that in has no room for
	n    int64  // the number of the last line, from 1
}

const (
	readBuffer = 256 << 10
	keepBuffer = 4 << 20 // a longer one is not kept for the next line
)

// next returns the next line without its end, until the call after. tooLong
// reports that the line is longer than counts, and was not kept. The error is
// io.EOF after the last line.
func (l *lineReader) next(ctx context.Context) (line []byte, tooLong bool, err error) {
	l.n++
	if cap(l.long) > keepBuffer {
		l.long = nil
	}
	l.long = l.long[:0]
	for {
		part, err := l.in.ReadSlice('\n')
		if err == nil && len(l.long) == 0 && !tooLong {
			return part[:len(part)-1], len(part)-1 > maxLine, nil
		}
		if tooLong = tooLong || len(l.long)+len(bytes.TrimSuffix(part, []byte("\n"))) > maxLine; tooLong {
			l.long = nil
		} else {
			l.long = append(l.long, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			if ctx.Err() != nil {
				return nil, false, context.Cause(ctx)
			}
			continue
		}
		if err == io.EOF && (tooLong || len(l.long) > 0) {
			err = nil // the last line has no end
		}
		return bytes.TrimSuffix(l.long, []byte("\n")), tooLong, err
	}
}

// plain returns what r holds, unpacked if it is gzip or zstd, and how to let go of
// it.
func plain(r io.Reader) (*bufio.Reader, func(), error) {
	in := bufio.NewReaderSize(r, readBuffer)
	unpacked, format, err := packed.Open(in)
	switch {
	case err != nil && format != "":
		return nil, nil, fmt.Errorf("unpacking %s: %w", format, err)
	case err != nil:
		return nil, nil, err
	case format == "":
		return in, func() {}, nil
	}
	return bufio.NewReaderSize(unpacked, readBuffer), func() { _ = unpacked.Close() }, nil
}
