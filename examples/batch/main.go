// Batch works through a list of rows, writes a line for each, and can be run again: after
// a crash for what is missing, and after failures for what has failed. In asyncio there
// is nothing for that; people gather the rows chunk by chunk, so that each chunk waits for
// its slowest row, and start again from the beginning when the script has died. Rows for
// an API that takes many at once are chunked here, too.
//
//	go run ./examples/batch
//
// Output:
//
//	first run: 4 done, 1 failed
//	second run: 4 skipped, 2 done
//	third run: 1 done, 0 failed
//	{"index":1,"row":"bread","cents":500}
//	in chunks of 4: 3 requests for 10 rows
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/batch"
)

func main() { inflight.Main(run) }

func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "batch")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "prices.jsonl")
	rows := []string{"tea", "bread", "milk", "soap", "jam", "salt"}

	s, err := price(ctx, rows[:4], out, batch.JournalOptions{}, false)
	if err != nil {
		return err
	}
	fmt.Printf("first run: %d done, %d failed\n", s.Done, s.Failed)

	s, err = price(ctx, rows, out, batch.JournalOptions{Resume: true}, true)
	if err != nil {
		return err
	}
	fmt.Printf("second run: %d skipped, %d done\n", s.Skipped, s.Done)

	s, err = price(ctx, rows, out, batch.JournalOptions{RetryFailed: true}, true)
	if err != nil {
		return err
	}
	fmt.Printf("third run: %d done, %d failed\n", s.Done, s.Failed)
	for line, err := range batch.Lines(out) {
		if err != nil {
			return err
		}
		if line.Index == 1 {
			fmt.Printf("%s\n", line.Data)
		}
	}

	var requests atomic.Int64
	chunks := slices.Collect(slices.Chunk(make([]string, 10), 4))
	_, err = inflight.Map(ctx, chunks, 2, func(ctx context.Context, rows []string) (int64, error) {
		return requests.Add(1), nil
	})
	fmt.Printf("in chunks of 4: %d requests for 10 rows\n", requests.Load())
	return err
}

// price runs the job: a line for each row that has none yet.
func price(ctx context.Context, rows []string, out string, o batch.JournalOptions, open bool) (s batch.Summary, err error) {
	journal, err := batch.Open(out, batch.Job{}, o)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, journal.Close()) }()
	todo := batch.NewCursor(batch.Rows(slices.Values(rows)), batch.CursorOptions[string]{Skip: journal.Done})
	defer todo.Close()
	return batch.Run(ctx, todo, func(_ context.Context, u batch.Unit[string]) ([]byte, error) {
		if !open && u.Row == "bread" {
			return nil, errors.New("the shop is closed")
		}
		return fmt.Appendf(nil, `{"row":%q,"cents":%d}`, u.Row, 100*len(u.Row)), nil
	}, journal, batch.Options{Concurrency: 4})
}
