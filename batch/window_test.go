package batch_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/inflight-go/inflight/batch"
)

// In whatever order lines come, they leave in that of their turns, as soon as they
// can, and none is changed.
func TestWindowOracle(t *testing.T) {
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 0))
		n := 1 + random.IntN(400)
		path := filepath.Join(t.TempDir(), "x.spill")
		w := batch.NewWindow(batch.Window{Lines: 1 + random.IntN(30), Bytes: int64(1 + random.IntN(3000)), Path: path})
		text := func(turn int) []byte { return bytes.Repeat([]byte{byte('a' + turn%26)}, turn*7%100) }
		came := make([]bool, n)
		next := 0
		// Mostly near each other, as they are in a run, and some very late.
		turns := random.Perm(n)
		if seed%2 == 0 {
			for i := range turns {
				turns[i] = i
			}
			for range n {
				i := random.IntN(n)
				k := min(n-1, i+random.IntN(50))
				turns[i], turns[k] = turns[k], turns[i]
			}
		}
		for _, turn := range turns {
			came[turn] = true
			if err := w.Add(int64(turn), batch.Line{Index: int64(turn * 3), Failed: turn%2 == 0, Data: text(turn)}); err != nil {
				t.Fatal(err)
			}
			if random.IntN(3) > 0 {
				continue
			}
			next = drain(t, w, came, next, text)
		}
		if next = drain(t, w, came, next, text); next != n {
			t.Fatalf("seed %d: %d of %d lines came out", seed, next, n)
		}
		w.Close()
		if _, err := os.Stat(path); err == nil {
			t.Fatal("the file was left behind")
		}
	}
}

func drain(t *testing.T, w *batch.TestWindow, came []bool, next int, text func(int) []byte) int {
	t.Helper()
	for {
		lines, err := w.Next(nil, 10, 500)
		if err != nil {
			t.Fatal(err)
		}
		if len(lines) == 0 {
			break
		}
		for _, l := range lines {
			if l.Index != int64(next*3) || l.Failed != (next%2 == 0) || !bytes.Equal(l.Data, text(next)) {
				t.Fatalf("got %+v, want turn %d", l, next)
			}
			next++
		}
	}
	if next < len(came) && came[next] {
		t.Fatalf("turn %d came, and does not come out", next)
	}
	return next
}

// Where there is no room for the file either, the window is full at its bounds of
// memory, and goes on when that is used up.
func TestWindowCannotSpill(t *testing.T) {
	w := batch.NewWindow(batch.Window{Lines: 10, Path: filepath.Join(t.TempDir(), "no", "such", "directory")})
	defer w.Close()
	for i := range int64(30) {
		if err := w.Add(i+1, batch.Line{Index: i + 1}); err != nil {
			t.Fatal(err)
		}
		if full := i+1 >= 10; w.Full() != full {
			t.Errorf("with %d lines: full %v", i+1, w.Full())
		}
	}
	w.Add(0, batch.Line{})
	lines, err := w.Next(nil, 100, 1000)
	if err != nil || len(lines) != 31 || w.Full() {
		t.Errorf("%d lines, %v, full: %v", len(lines), err, w.Full())
	}
}

// A file that can't be read any more is an error, and no lines are made up.
func TestWindowFileIsTruncated(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.spill")
	w := batch.NewWindow(batch.Window{Lines: 100, Path: path})
	defer w.Close()
	for i := range int64(100) {
		w.Add(i+1, batch.Line{Index: i + 1, Data: make([]byte, 1000)})
	}
	if err := os.Truncate(path, 50_500); err != nil {
		t.Fatal(err)
	}
	w.Add(0, batch.Line{})
	var got int
	for {
		lines, err := w.Next(nil, 1000, 1<<20)
		got += len(lines)
		if err != nil {
			break
		}
		if len(lines) == 0 {
			t.Fatal("no error")
		}
	}
	if got > 51 {
		t.Errorf("%d lines", got)
	}
}
