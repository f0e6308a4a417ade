// Command job runs a bulk job that is stopped on the way, and goes on with it.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/batch"
)

func main() {
	dir, err := os.MkdirTemp("", "guide")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "out.jsonl")

	first, err := run(path, 250*time.Millisecond)
	fmt.Println(first.Done, "done,", errors.Is(err, batch.ErrDeadline))
	second, err := run(path, 0)
	fmt.Println(second.Skipped, "were done,", second.Done, "done now,", err)
}

// run works on the cities, two at a time, and stops after a while, if it is to.
func run(path string, deadline time.Duration) (batch.Summary, error) {
	out, err := batch.Open(path, batch.Job{}, batch.JournalOptions{Resume: true})
	if err != nil {
		return batch.Summary{}, err
	}
	defer out.Close()
	cities := slices.Values([]string{"Lima", "Oslo", "Cairo", "Quito", "Turin", "Kyoto", "Porto", "Cusco"})
	in := batch.NewCursor(batch.Rows(cities), batch.CursorOptions[string]{Skip: out.Done})
	defer in.Close()
	return batch.Run(context.Background(), in, measure, out, batch.Options{Concurrency: 2, Deadline: deadline})
}

// measure makes the line of one city: a JSON object.
func measure(ctx context.Context, u batch.Unit[string]) ([]byte, error) {
	if err := inflight.Sleep(ctx, 100*time.Millisecond); err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, `{"city":%q,"degrees":%d}`, u.Row, len(u.Row)), nil
}
