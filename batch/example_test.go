package batch_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/inflight-go/inflight/batch"
)

// Three words are measured, one line for each, and one of them fails.
func ExampleRun() {
	words := batch.NewCursor(batch.Rows(slices.Values([]string{"tea", "", "water"})), batch.CursorOptions[string]{})
	defer words.Close()
	measure := func(ctx context.Context, u batch.Unit[string]) ([]byte, error) {
		if u.Row == "" {
			return nil, errors.New("no word")
		}
		return fmt.Appendf(nil, `{"word":%q,"length":%d}`, u.Row, len(u.Row)), nil
	}
	s, err := batch.Run(context.Background(), words, measure, batch.NewWriter(os.Stdout), batch.Options{Order: batch.OrderInput})
	fmt.Println(s.Done, "done,", s.Failed, "failed,", err)
	// Output:
	// {"index":0,"word":"tea","length":3}
	// {"index":1,"ok":false,"error":{"class":"error","message":"no word"}}
	// {"index":2,"word":"water","length":5}
	// 3 done, 1 failed, <nil>
}

// The job is run twice with the same output. What is done is not done again.
func ExampleOpen() {
	dir, _ := os.MkdirTemp("", "example")
	defer os.RemoveAll(dir)
	ctx := context.Background()
	job := func(rows ...string) (batch.Summary, error) {
		out, err := batch.Open(filepath.Join(dir, "out.jsonl"), batch.Job{}, batch.JournalOptions{Resume: true})
		if err != nil {
			return batch.Summary{}, err
		}
		defer out.Close()
		in := batch.NewCursor(batch.Rows(slices.Values(rows)), batch.CursorOptions[string]{Skip: out.Done})
		defer in.Close()
		return batch.Run(ctx, in, func(_ context.Context, u batch.Unit[string]) ([]byte, error) {
			return fmt.Appendf(nil, `{"row":%q}`, u.Row), nil
		}, out, batch.Options{})
	}
	first, _ := job("a", "b")
	second, err := job("a", "b", "c")
	fmt.Println(first.Done, "done, then", second.Skipped, "skipped and", second.Done, "done,", err)
	// Output: 2 done, then 2 skipped and 1 done, <nil>
}
