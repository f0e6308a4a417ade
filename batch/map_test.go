package batch_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/inflight-go/inflight/batch"
)

// The job is stopped on the way, and called again.
func ExampleMap() {
	dir, _ := os.MkdirTemp("", "example")
	defer os.RemoveAll(dir)
	cities := []string{"Lima", "Oslo", "Cairo", "Quito"}
	stop := errors.New("enough for today")

	ctx, cancel := context.WithCancelCause(context.Background())
	length := func(ctx context.Context, city string) (int, error) {
		if city == "Cairo" {
			cancel(stop)
			<-batch.Stopping(ctx)
		}
		return len(city), nil
	}
	for range 2 {
		s, err := batch.Map(ctx, filepath.Join(dir, "out.jsonl"), slices.Values(cities), 1, length)
		fmt.Println(s.Skipped, "were done,", s.Done, "done,", err)
		ctx = context.Background()
	}
	lines, _ := os.ReadFile(filepath.Join(dir, "out.jsonl"))
	fmt.Print(string(lines))
	// Output:
	// 0 were done, 3 done, enough for today
	// 3 were done, 1 done, <nil>
	// {"index":0,"value":4}
	// {"index":1,"value":4}
	// {"index":2,"value":5}
	// {"index":3,"value":5}
}

// What has failed is tried again, what is done is not, and one row costs the others
// nothing.
func TestMap(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.jsonl")
	rows := []float64{0, 1, 2, 3}
	var calls atomic.Int64
	open := false
	fn := func(_ context.Context, row float64) (float64, error) {
		calls.Add(1)
		switch {
		case row == 1 && !open:
			return 0, errors.New("closed")
		case row == 2 && !open:
			return math.NaN(), nil
		}
		return row / 2, nil
	}
	s, err := batch.Map(t.Context(), path, slices.Values(rows), 2, fn)
	if err != nil || s.Done != 4 || s.Failed != 2 || calls.Load() != 4 {
		t.Errorf("%+v, %v, %d calls", s, err, calls.Load())
	}
	open = true
	s, err = batch.Map(t.Context(), path, slices.Values(append(rows, 4)), 2, fn)
	if err != nil || s.Done != 3 || s.Failed != 0 || s.Skipped != 2 || calls.Load() != 7 || !s.Complete {
		t.Errorf("again: %+v, %v, %d calls", s, err, calls.Load())
	}
	var got []string
	for line, err := range batch.Lines(path) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(line.Data))
	}
	slices.Sort(got)
	want := `{"index":0,"value":0} {"index":1,"value":0.5} {"index":2,"value":1} {"index":3,"value":1.5} {"index":4,"value":2}`
	if strings.Join(got, " ") != want {
		t.Errorf("%s", got)
	}
}

func TestMapIsLimited(t *testing.T) {
	var in, top atomic.Int64
	two := make(chan struct{})
	_, err := batch.Map(t.Context(), filepath.Join(t.TempDir(), "out.jsonl"), slices.Values(make([]int, 20)), 2, func(ctx context.Context, _ int) (int, error) {
		if n := in.Add(1); n > top.Load() {
			if top.Store(n); n == 2 {
				close(two)
			}
		}
		<-two // there are two at once, and no third
		in.Add(-1)
		return 0, nil
	})
	if err != nil || top.Load() != 2 {
		t.Errorf("%v, %d at once", err, top.Load())
	}
}

// An output that is locked, or is somebody else's, is left alone.
func TestMapRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.jsonl")
	fn := func(context.Context, int) (int, error) { return 0, errors.New("called") }
	mustWrite(t, path, []byte("my diary\n"))
	if _, err := batch.Map(t.Context(), path, slices.Values([]int{1}), 1, fn); err == nil || string(mustRead(t, path)) != "my diary\n" {
		t.Errorf("%v, %q", err, mustRead(t, path))
	}
	for name, call := range map[string]func(){
		"nil function": func() { batch.Map[int, int](t.Context(), path, slices.Values([]int{1}), 1, nil) },
		"limit of 0":   func() { batch.Map(t.Context(), path, slices.Values([]int{1}), 0, fn) },
	} {
		func() {
			defer func() {
				if p := fmt.Sprint(recover()); !strings.Contains(p, name) {
					t.Errorf("%s: %s", name, p)
				}
			}()
			call()
		}()
	}
}
