package files

import (
	"context"
	"io"

	"github.com/inflight-go/inflight/internal/atomicfile"
)

// copyChunk is how much is copied between two calls of progress. The system does it, where
// it can, without the data coming by here.
const copyChunk = 4 << 20

// Copy replaces the file to by what from holds, as it is, or makes it with the permissions
// of from. It calls progress, unless that is nil, in the goroutine of the caller: with 0
// before the first byte, then after each part, with how many bytes are copied of how many;
// of -1 if from does not say its size. The last call comes before to is in its place.
//
// An error leaves to as it was; see Replace.
func Copy(ctx context.Context, from, to string, progress func(done, total int64), opts ...WriteOption) error {
	if progress == nil {
		progress = func(done, total int64) {}
	}
	in, err := openInput(ctx, from, 0)
	if err != nil {
		return err
	}
	defer in.close()
	out, err := newOutput(ctx, to, in.mode.Perm())
	if err != nil {
		return err
	}
	defer out.discard()
	progress(0, in.size)
	if in.size >= 0 {
		err = out.copyFile(in, progress)
	} else {
		err = out.copyStream(in.stream(ctx), progress)
	}
	if err != nil {
		return err
	}
	return out.place(writeOptionsOf(opts))
}

// copyFile copies a file whose size is known.
func (o *output) copyFile(in *input, progress func(done, total int64)) error {
	for done := int64(0); done < in.size; {
		part := min(copyChunk, in.size-done)
		err := o.step(func(f *atomicfile.File) error {
			n, err := io.CopyN(f.File, in.file, part)
			if err == io.EOF && n < part {
				err = in.cut()
			}
			return err
		})
		if err != nil {
			return err
		}
		done += part
		progress(done, in.size)
	}
	return in.unchanged(o.ctx)
}

// copyStream copies what is read up to its end.
func (o *output) copyStream(from io.Reader, progress func(done, total int64)) error {
	buf := make([]byte, chunk)
	for done := int64(0); ; {
		n, err := from.Read(buf)
		if n > 0 {
			if _, err := o.Write(buf[:n]); err != nil {
				return err
			}
			done += int64(n)
			progress(done, -1)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
