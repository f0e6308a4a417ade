package batchtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/inflight-go/inflight/batch"
)

// TestSink tests sinks. open returns a new, empty one for each test, and a function
// that reads back what was committed, from where it is kept: the lines, without
// newlines, in any order.
func TestSink(t *testing.T, open func(t *testing.T) (sink batch.Sink, lines func() []string)) {
	for name, test := range map[string]func(*testing.T, batch.Sink, func() []string){
		"Keeps":         keeps,
		"Idempotent":    idempotent,
		"TwiceInOne":    twiceInOne,
		"KeepsNoData":   keepsNoData,
		"Nothing":       nothing,
		"Large":         large,
		"BadLine":       badLine,
		"SinkCancelled": sinkCancelled,
		"Concurrent":    concurrentCommits,
	} {
		t.Run(name, func(t *testing.T) {
			sink, lines := open(t)
			test(t, sink, lines)
		})
	}
}

// Line returns a line for tests.
func Line(index int64, rest string) batch.Line {
	return batch.Line{Index: index, Data: fmt.Appendf(nil, `{"index":%d,%s}`, index, rest)}
}

func commit(t *testing.T, s batch.Sink, lines ...batch.Line) {
	t.Helper()
	if err := s.Commit(t.Context(), lines); err != nil {
		t.Fatalf("Commit: %v", err)
	}
}

func wantLines(t *testing.T, got []string, want ...batch.Line) {
	t.Helper()
	var texts []string
	for _, l := range want {
		texts = append(texts, string(l.Data))
	}
	slices.Sort(texts)
	got = slices.Sorted(slices.Values(got))
	if !slices.Equal(got, texts) {
		t.Fatalf("the sink has\n%.2000s\nwant\n%.2000s", strings.Join(got, "\n"), strings.Join(texts, "\n"))
	}
}

func keeps(t *testing.T, s batch.Sink, lines func() []string) {
	a, b, c := Line(2, `"x":1`), Line(0, `"x":"é"`), Line(1<<40, `"ok":false`)
	c.Failed = true
	commit(t, s, a, b)
	wantLines(t, lines(), a, b) // at once
	commit(t, s, c)
	wantLines(t, lines(), a, b, c)
}

func idempotent(t *testing.T, s batch.Sink, lines func() []string) {
	a, b, c := Line(1, `"x":1`), Line(2, `"x":2`), Line(3, `"x":3`)
	commit(t, s, a, b)
	commit(t, s, b, c, Line(1, `"x":"another"`))
	commit(t, s, a, b, c)
	wantLines(t, lines(), a, b, c)
}

func twiceInOne(t *testing.T, s batch.Sink, lines func() []string) {
	a := Line(1, `"x":1`)
	commit(t, s, a, Line(1, `"x":2`), a)
	wantLines(t, lines(), a)
}

func keepsNoData(t *testing.T, s batch.Sink, lines func() []string) {
	a := Line(1, `"x":1`)
	data := slices.Clone(a.Data)
	commit(t, s, batch.Line{Index: 1, Data: data})
	clear(data)
	commit(t, s, Line(2, `"x":2`))
	wantLines(t, lines(), a, Line(2, `"x":2`))
}

func nothing(t *testing.T, s batch.Sink, lines func() []string) {
	commit(t, s)
	wantLines(t, lines())
}

func large(t *testing.T, s batch.Sink, lines func() []string) {
	a := Line(0, `"x":"`+strings.Repeat("a", 5<<20)+`"`)
	b := Line(1, `"x":"`+strings.Repeat("b", 5<<20)+`"`)
	commit(t, s, a, b)
	if got := slices.Sorted(slices.Values(lines())); len(got) != 2 || got[0] != string(a.Data) || got[1] != string(b.Data) {
		t.Errorf("two lines of 5 MiB were not kept: the sink has %d lines", len(got))
	}
}

func badLine(t *testing.T, s batch.Sink, lines func() []string) {
	good := Line(7, `"x":1`)
	for _, bad := range []string{"", "{}", `{"index":8,"x":1}`, "{\"index\":9,\n\"x\":1}", `{"index":9,"x":1`, `[9]`} {
		err := s.Commit(t.Context(), []batch.Line{good, {Index: 9, Data: []byte(bad)}})
		if !errors.Is(err, batch.ErrBadLine) {
			t.Errorf("Commit of %q as the line of unit 9: %v, want ErrBadLine", bad, err)
		}
	}
	wantLines(t, lines()) // nor the good one beside it
	commit(t, s, good)
	wantLines(t, lines(), good)
}

func sinkCancelled(t *testing.T, s batch.Sink, lines func() []string) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("enough")
	cancel(cause)
	a := Line(1, `"x":1`)
	if err := s.Commit(ctx, []batch.Line{a}); !errors.Is(err, cause) {
		t.Errorf("Commit with a ctx that has ended: %v", err)
	}
	wantLines(t, lines())
	commit(t, s, a)
	wantLines(t, lines(), a)
}

func concurrentCommits(t *testing.T, s batch.Sink, lines func() []string) {
	const workers, each = 8, 50
	var wg sync.WaitGroup
	var want []batch.Line
	for i := range int64(each) {
		want = append(want, Line(i, `"x":1`))
	}
	for range workers { // all of them the same lines
		wg.Go(func() {
			for chunk := range slices.Chunk(want, 7) {
				if err := s.Commit(t.Context(), chunk); err != nil {
					t.Errorf("Commit: %v", err)
				}
			}
		})
	}
	wg.Wait()
	wantLines(t, lines(), want...)
}
