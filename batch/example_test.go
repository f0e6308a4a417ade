package batch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

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

// What is done is left out.
func ExampleNewCursor() {
	type user struct{ name string }
	users := []user{{"ann"}, {"bob"}, {"cy"}}
	c := batch.NewCursor(batch.Rows(slices.Values(users)), batch.CursorOptions[user]{
		Skip: func(index int64) bool { return index == 1 },
		Key:  func(index int64, u user) string { return u.name },
	})
	defer c.Close()
	for {
		u, err := c.Lease(context.Background())
		if err != nil {
			fmt.Println(err, c.Skipped())
			break
		}
		fmt.Println(u.Index, u.Key)
		c.Done(context.Background(), u.Index)
	}
	// Output:
	// 0 ann
	// 2 cy
	// EOF 1
}

// A unit that can't be done now is given back, and comes again.
func ExampleAgain() {
	in := batch.NewCursor(batch.Rows(slices.Values([]string{"a"})), batch.CursorOptions[string]{})
	defer in.Close()
	s, err := batch.Run(context.Background(), in, func(_ context.Context, u batch.Unit[string]) ([]byte, error) {
		if u.Attempt == 1 {
			return nil, batch.Again(time.Millisecond, errors.New("busy"))
		}
		return fmt.Appendf(nil, `{"attempt":%d}`, u.Attempt), nil
	}, batch.NewWriter(os.Stdout), batch.Options{})
	fmt.Println(s.Done, s.Retried, err)
	// Output:
	// {"index":0,"attempt":2}
	// 1 1 <nil>
}

// Too many failures stop the job. What is in flight is finished; the rest is for
// another time.
func ExampleOptions() {
	in := batch.NewCursor(batch.Rows(slices.Values(make([]int, 1000))), batch.CursorOptions[int]{})
	defer in.Close()
	s, err := batch.Run(context.Background(), in, func(context.Context, batch.Unit[int]) ([]byte, error) {
		return nil, errors.New("out of order")
	}, batch.NewWriter(io.Discard), batch.Options{Concurrency: 1, MaxErrors: 3})
	fmt.Println(errors.Is(err, batch.ErrMaxErrors), s.Failed, s.Complete)
	// Output: true 3 false
}

// What has failed is done again; the last line of each unit counts, and the others
// are taken out at the end.
func ExampleJournal_Compact() {
	dir, _ := os.MkdirTemp("", "example")
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "out.jsonl")
	ctx := context.Background()
	commit := func(text string, failed bool, o batch.JournalOptions) {
		out, err := batch.Open(path, batch.Job{}, o)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer out.Close()
		out.Commit(ctx, []batch.Line{{Index: 0, Failed: failed, Data: []byte(text)}})
		fmt.Println(out.Stats().Failed, "failed,", out.Stats().Superseded, "superseded")
		out.Compact(ctx)
	}
	commit(`{"index":0,"ok":false}`, true, batch.JournalOptions{})
	commit(`{"index":0,"ok":true}`, false, batch.JournalOptions{RetryFailed: true})
	text, _ := os.ReadFile(path)
	fmt.Printf("%s", text)
	// Output:
	// 1 failed, 0 superseded
	// 0 failed, 1 superseded
	// {"index":0,"ok":true}
}

// Another job does not get into the output.
func ExampleOtherJobError() {
	dir, _ := os.MkdirTemp("", "example")
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "out.jsonl")
	open := func(url string) error {
		job := batch.Job{Options: map[string]string{"url": url}}
		out, err := batch.Open(path, job, batch.JournalOptions{Resume: true})
		if err != nil {
			return err
		}
		defer out.Close()
		return out.Commit(context.Background(), []batch.Line{{Data: []byte(`{"index":0}`)}})
	}
	fmt.Println(open("https://a.example"))
	if other, ok := errors.AsType[*batch.OtherJobError](open("https://b.example")); ok {
		fmt.Println(other.Differs)
	}
	// Output:
	// <nil>
	// [{option url https://a.example https://b.example}]
}

// What is secret is told apart, and not told.
func ExampleDigest() {
	job := batch.Job{Options: map[string]string{"header authorization": batch.Digest("Bearer abc")}}
	fmt.Println(job.Options["header authorization"])
	// Output: sha256:c355dce96c1612880d11940ffdd9014d
}

// A run can be watched.
func ExampleProgress() {
	var p batch.Progress
	in := batch.NewCursor(batch.Rows(slices.Values([]int{1, 2, 3})), batch.CursorOptions[int]{})
	defer in.Close()
	batch.Run(context.Background(), in, func(_ context.Context, u batch.Unit[int]) ([]byte, error) {
		fmt.Println(p.Counts().InFlight, "in flight")
		return []byte(`{}`), nil
	}, batch.NewWriter(io.Discard), batch.Options{Concurrency: 1, Progress: &p})
	fmt.Println(p.Counts().Done, "done")
	// Output:
	// 1 in flight
	// 1 in flight
	// 1 in flight
	// 3 done
}
