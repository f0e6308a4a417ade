package batch

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
)

// Map calls fn with each row, for up to limit of them at once, and writes a line for
// each to the file path: {"index":0,"value":…} with what fn has returned as JSON, or
// {"index":0,"ok":false,"error":…}. It is inflight.Map for what takes so long that it
// has to outlive its process.
//
// Called again with the same path it does what is missing, and tries again what has
// failed; so a program that was killed is started again as it is. The rows are told
// by their position: there may be more of them at the end, and those before have to be
// the same. For anything else there are Open, NewCursor and Run, which this is made of.
//
// The lines come as they are finished. A row that fails costs the others nothing; a
// value that JSON does not have is a failure. When ctx ends, what is in flight has
// DefaultGrace to end, what is finished is written, and the error is the cause; that
// of a disk or an output is returned as Open and Run say. Map panics for a nil
// function and for a limit below 1.
func Map[T, R any](ctx context.Context, path string, rows iter.Seq[T], limit int, fn func(ctx context.Context, row T) (R, error)) (s Summary, err error) {
	if fn == nil {
		panic("inflight/batch: Map called with a nil function")
	}
	if limit < 1 {
		panic(fmt.Sprintf("inflight/batch: Map with a limit of %d: at least one row must be worked on", limit))
	}
	out, err := Open(path, Job{}, JournalOptions{RetryFailed: true})
	if err != nil {
		return s, err
	}
	defer func() {
		if failed := out.Close(); err == nil {
			err = failed
		}
	}()
	in := NewCursor(Rows(rows), CursorOptions[T]{Skip: out.Done})
	defer in.Close()
	return Run(ctx, in, func(ctx context.Context, u Unit[T]) ([]byte, error) {
		value, err := fn(ctx, u.Row)
		if err != nil {
			return nil, err
		}
		return json.Marshal(map[string]R{"value": value})
	}, out, Options{Concurrency: limit})
}
