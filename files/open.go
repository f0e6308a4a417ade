package files

import (
	"context"
	"io"
)

// Open opens a file to read what it holds, unpacked if it is compressed. Close it. What
// Lines says of errors holds for its reads; ctx is for all of them. It is not safe for use
// by several goroutines at once.
func Open(ctx context.Context, path string) (io.ReadCloser, error) {
	in, err := openInput(ctx, path, chunk)
	if err != nil {
		return nil, err
	}
	c, err := in.content(ctx)
	if err != nil {
		in.close()
		return nil, err
	}
	return &opened{c, in}, nil
}

type opened struct {
	*content
	in *input
}

func (o *opened) Close() error {
	err := o.content.Close()
	o.in.close()
	return err
}
