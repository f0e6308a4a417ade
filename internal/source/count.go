package source

import (
	"context"
	"io"
	"math"
	"os"
)

// Count returns how many rows Next returns in all, from the first on, those not left
// out by Done: -1 if that would need a standard input, a pipe or a compressed file to be read.
// It is exact unless Sample or Unique leave rows out. Plain files are read a second
// time, at a few hundred MB/s: it may run beside Next, in a goroutine of its own. It
// fails with the cause of a ctx that ended, and when a file can't be read.
func (s *Source) Count(ctx context.Context) (n int64, exact bool, err error) {
	opts := &s.opts
	for _, g := range s.args {
		n += g.Len()
	}
	for _, name := range opts.Files {
		info, err := os.Stat(name)
		if name == "-" || err == nil && !info.Mode().IsRegular() {
			return -1, false, nil // what is read of a pipe here is lost for Next
		}
	}
	c := &Source{opts: Options{Format: opts.Format, Data: opts.Data, FileGlobs: opts.FileGlobs, URLField: opts.URLField, MaxLine: opts.MaxLine}}
	for _, name := range opts.Files {
		inFile, err := c.countFile(ctx, name)
		if err != nil || inFile < 0 {
			return -1, false, err
		}
		n += inFile
	}
	n = max(n-opts.Offset, 0)
	exact = opts.Unique == nil
	if s.sampling() {
		n, exact = int64(math.Round(float64(n)*opts.Sample)), false
	}
	if opts.Limit > 0 {
		n = min(n, opts.Limit)
	}
	return n, exact, nil
}

// countFile returns -1 for a file that is not worth it.
func (s *Source) countFile(ctx context.Context, name string) (n int64, err error) {
	f, in, err := s.openFile(ctx, name)
	if err != nil {
		return 0, err
	}
	defer f.Close() // it was only read
	if f.packed || f.waiter != nil {
		return -1, nil
	}
	for {
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		skipped, err := in.skip(1 << 16)
		n += skipped
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return 0, err
		}
	}
}
