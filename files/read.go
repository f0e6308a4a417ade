package files

import (
	"context"
	"fmt"
	"io"
	"math"
)

// mostUnsized is how much is read of what does not say its size.
const mostUnsized = 64 << 20

// Read returns what a file holds, as it is. Of a file that does not say its size up to
// 64 MiB are read, and more is an error. With ErrChanged there is what it held.
func Read(ctx context.Context, path string) ([]byte, error) {
	in, err := openInput(ctx, path, math.MaxInt)
	if err != nil {
		return nil, err
	}
	defer in.close()
	if in.size >= 0 {
		return in.head, in.found
	}
	b, err := io.ReadAll(io.LimitReader(in.stream(ctx), mostUnsized+1))
	if err == nil && len(b) > mostUnsized {
		err = fmt.Errorf("read %s: it does not say its size, and has more than %d bytes: use Open", path, mostUnsized)
	}
	if err != nil {
		return nil, err
	}
	return b, nil
}
