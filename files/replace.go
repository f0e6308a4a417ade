package files

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/atomicfile"
)

// newMode is the mode of a file that was not there, before the umask.
const newMode = 0o666

// Write replaces a file by data, or makes it. An error means that it is as it was, also
// when ctx ends; but for one that says that the folder can't be synced.
func Write(ctx context.Context, path string, data []byte, opts ...WriteOption) error {
	o := writeOptionsOf(opts)
	if len(data) > chunk {
		return Replace(ctx, path, func(w io.Writer) error {
			_, err := w.Write(data)
			return err
		}, opts...)
	}
	data = bytes.Clone(data) // an abandoned write may still read it
	_, err := decide(ctx, func(begin func() bool) (struct{}, error) {
		f, err := atomicfile.Create(path, newMode)
		if err != nil {
			return struct{}{}, err
		}
		if _, err = f.Write(data); err != nil {
			return struct{}{}, errors.Join(err, f.Discard())
		}
		return struct{}{}, place(f, o, begin)
	})
	return atPath("write", path, err)
}

// place gives a file that is written its name, unless nobody waits for that.
func place(f *atomicfile.File, o writeOptions, begin func() bool) error {
	err := f.Seal(o.durable)
	if err == nil && !begin() {
		err = errGone
	}
	if err != nil {
		return errors.Join(err, f.Discard())
	}
	return f.Commit()
}

// Replace replaces a file by what write writes, or makes it. It calls write, in the
// goroutine of the caller, with a writer that collects a quarter of a MiB at a time. An
// error of write, a panic in it, and the end of ctx leave the file as it was; any other
// error too, but for one that says that the folder can't be synced. The writer must not
// be used when write has returned.
func Replace(ctx context.Context, path string, write func(io.Writer) error, opts ...WriteOption) error {
	if write == nil {
		panic("inflight/files: Replace called with a nil function")
	}
	out, err := newOutput(ctx, path, newMode)
	if err != nil {
		return err
	}
	defer out.discard()
	if err := write(out); err != nil {
		return err
	}
	return out.place(writeOptionsOf(opts))
}

// An output is a file that is to be replaced.
type output struct {
	ctx  context.Context
	path string
	file *atomicfile.File // nil when it is in its place, or gone
	buf  []byte
	err  error // that a write has ended with
}

func newOutput(ctx context.Context, path string, mode os.FileMode) (*output, error) {
	f, err := decide(ctx, func(begin func() bool) (*atomicfile.File, error) {
		f, err := atomicfile.Create(path, mode)
		if err == nil && !begin() {
			return nil, errors.Join(errGone, f.Discard())
		}
		return f, err
	})
	if err != nil {
		return nil, atPath("write", path, err)
	}
	return &output{ctx: ctx, path: path, file: f}, nil
}

// Write collects p, and writes what has been collected when that is enough.
func (o *output) Write(p []byte) (int, error) {
	if o.file == nil && o.err == nil {
		o.err = os.ErrClosed
	}
	if o.err == nil && len(p) > 0 && o.ctx.Err() != nil {
		o.err = context.Cause(o.ctx)
	}
	n := 0
	for o.err == nil && n < len(p) {
		part := p[n:min(len(p), n+chunk-len(o.buf))]
		o.buf = append(o.buf, part...)
		n += len(part)
		if len(o.buf) == chunk {
			o.flush()
		}
	}
	return n, o.err
}

// flush writes what was collected.
func (o *output) flush() {
	buf := o.buf
	o.err = o.step(func(f *atomicfile.File) error {
		_, err := f.Write(buf)
		return err
	})
	o.buf = buf[:0]
	if o.err != nil {
		o.buf = nil // the system may still read it
	}
}

// step does something with the file on the pool. If it is abandoned the new content is
// taken away when fn has returned.
func (o *output) step(fn func(f *atomicfile.File) error) error {
	f := o.file
	_, err := decide(o.ctx, func(begin func() bool) (struct{}, error) {
		err := fn(f)
		if !begin() {
			err = errors.Join(err, f.Discard())
		}
		return struct{}{}, err
	})
	if errors.Is(err, inflight.ErrAbandoned) {
		o.file = nil
	}
	return atPath("write", o.path, err)
}

// place writes the rest, and gives the file its name.
func (o *output) place(opts writeOptions) error {
	if o.err == nil && len(o.buf) > 0 {
		o.flush()
	}
	if o.err != nil {
		return o.err
	}
	f := o.file
	_, err := decide(o.ctx, func(begin func() bool) (struct{}, error) { return struct{}{}, place(f, opts, begin) })
	if err == nil || errors.Is(err, inflight.ErrAbandoned) {
		o.file = nil
	}
	return atPath("write", o.path, err)
}

// discard takes away what is not in its place.
func (o *output) discard() {
	if o.file != nil {
		_ = o.file.Discard() // why it is not in its place was told
		o.file = nil
	}
}
