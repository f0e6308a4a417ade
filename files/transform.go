package files

import (
	"context"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"sync"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/seen"
)

// Transform reads each of paths, at most limit at once, and replaces the file to(path) by
// what transform makes of it; to may return the path itself. It yields each path, in the
// order in which they are done, with nil or an error: an error, such as that of a file that
// is gone, leaves its output as it was and costs the others nothing. A limit below 1 panics.
//
// What transform reads is unpacked, if it is compressed; an error of reading is that of the
// file, also if transform ignores it. Of two inputs with the same output the second is
// refused; for that a few bytes are kept of each.
//
// It is as Each of package inflight: lazy, so paths may be endless; when the loop ends early
// the rest is cancelled, and all calls have returned behind it. When ctx ends before paths
// do, the last error is ErrCut with an empty path. A panic is raised again by the loop.
func Transform(ctx context.Context, paths iter.Seq[string], limit int, to func(path string) string, transform func(ctx context.Context, in io.Reader, out io.Writer) error, opts ...WriteOption) iter.Seq2[string, error] {
	if limit < 1 {
		panic(fmt.Sprintf("inflight/files: Transform with a limit of %d: at least one must be able to run (inflight.Unlimited for no limit)", limit))
	}
	if paths == nil || to == nil || transform == nil {
		panic("inflight/files: Transform called with a nil function")
	}
	return func(yield func(string, error) bool) {
		var names outputs
		for path, r := range inflight.Each(ctx, paths, limit, func(ctx context.Context, path string) (struct{}, error) {
			out := to(path)
			err := names.take(path, out)
			if err == nil {
				err = transformOne(ctx, path, out, transform, opts)
			}
			return struct{}{}, err
		}) {
			if !yield(path, r.Err) {
				return
			}
		}
	}
}

func transformOne(ctx context.Context, path, to string, transform func(context.Context, io.Reader, io.Writer) error, opts []WriteOption) error {
	in, err := openInput(ctx, path, chunk)
	if err != nil {
		return err
	}
	defer in.close()
	c, err := in.content(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	return Replace(ctx, to, func(out io.Writer) error {
		err := transform(ctx, c, out)
		if err == nil && c.err != nil {
			err = c.err
		}
		in.close() // not every system replaces what is open
		return err
	}, opts...)
}

// outputs are the files that have an input.
type outputs struct {
	mu   sync.Mutex
	seen seen.Set
}

// take fails if there was an input for that output.
func (o *outputs) take(path, to string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.seen.Add(filepath.Clean(to)) {
		return fmt.Errorf("%s: its output %s is that of another input, too", path, to)
	}
	return nil
}
