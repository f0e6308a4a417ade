package batch_test

import (
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/inflight-go/inflight/batch"
)

// checkpointed makes an output with a checkpoint behind some of the lines, and more
// lines behind that.
func checkpointed(t *testing.T, path string) (lines []batch.Line) {
	t.Helper()
	lines, _ = written(t, path, 20)
	j := mustOpen(t, path, batch.JournalOptions{RetryFailed: true})
	lines = append(lines, line(0, `"ok":true,"again":1`), line(3, `"ok":false,"again":1`))
	mustCommit(t, j, lines[20:]...)
	if err := j.CheckpointNow(); err != nil {
		t.Fatal(err)
	}
	for i := range int64(5) {
		lines = append(lines, line(100+i, `"ok":true`))
		mustCommit(t, j, lines[len(lines)-1])
	}
	mustClose(t, j)
	return lines
}

func wantResumed(t *testing.T, path string, lines []batch.Line) {
	t.Helper()
	j := mustOpen(t, path, batch.JournalOptions{RetryFailed: true})
	if s := j.Stats(); s.Done != 25 || s.Failed != 6 || s.Superseded != 2 || s.Cut != 0 {
		t.Errorf("stats %+v, want 25 units, 6 failed, 2 lines superseded", s)
	}
	for i := range int64(20) {
		if want := i%3 != 0 || i == 0; j.Done(i) != want {
			t.Errorf("Done(%d) = %v", i, !want)
		}
	}
	mustClose(t, j)
	wantFile(t, path, lines...)
}

// What is in front of the checkpoint is not believed if it is another text.
func TestCheckpointOfAChangedFile(t *testing.T) {
	path := outPath(t, "")
	checkpointed(t, path)
	text := mustRead(t, path)
	copy(text[200:], "\x01")
	mustWrite(t, path, text)
	if _, err := batch.Open(path, batch.Job{}, batch.JournalOptions{Resume: true}); !errors.Is(err, batch.ErrCorrupt) {
		t.Errorf("Open: %v, want ErrCorrupt", err)
	}
}

// What is in front of the checkpoint is not read.
func TestCheckpointSavesReading(t *testing.T) {
	path := outPath(t, "")
	j := mustOpen(t, path, batch.JournalOptions{CheckpointMin: 1})
	var lines []batch.Line
	for i := range int64(1000) {
		lines = append(lines, line(i, `"ok":true,"text":"some text, so that it is longer than the mark"`))
	}
	mustCommit(t, j, lines...)
	mustClose(t, j) // writes one
	text := mustRead(t, path)
	copy(text[100:], "\x01") // a scan would find that
	mustWrite(t, path, text)
	j = mustOpen(t, path, batch.JournalOptions{Resume: true})
	if s := j.Stats(); s.Done != 1000 {
		t.Errorf("stats %+v", s)
	}
	mustClose(t, j)
}

// Whatever became of the checkpoint, the lines are what counts.
func TestCheckpointLostOrDamaged(t *testing.T) {
	for _, suffix := range suffixes {
		path := outPath(t, suffix)
		lines := checkpointed(t, path)
		good := mustRead(t, path+".ckpt")
		wantResumed(t, path, lines)

		os.Remove(path + ".ckpt")
		wantResumed(t, path, lines)
		for i := range good {
			bad := slices.Clone(good)
			bad[i] ^= 0x40
			if batch.DecodeCheckpoint(bad) {
				t.Errorf("a checkpoint with byte %d changed was believed", i)
			}
			if batch.DecodeCheckpoint(good[:i]) {
				t.Errorf("a checkpoint that ends at byte %d was believed", i)
			}
		}
		mustWrite(t, path+".ckpt", good[:len(good)/2])
		wantResumed(t, path, lines)

		// Of another file: longer than this one, and of the same length.
		other := outPath(t, suffix)
		checkpointed(t, other)
		j := mustOpen(t, other, batch.JournalOptions{Resume: true})
		mustCommit(t, j, line(500, `"ok":true`), line(501, `"ok":true`))
		if err := j.CheckpointNow(); err != nil {
			t.Fatal(err)
		}
		mustClose(t, j)
		mustWrite(t, path+".ckpt", mustRead(t, other+".ckpt"))
		wantResumed(t, path, lines)
	}
}

// A checkpoint of an output that was begun anew, or of another job.
func TestCheckpointOfAnotherOutput(t *testing.T) {
	path := outPath(t, "")
	checkpointed(t, path)
	good := mustRead(t, path+".ckpt")
	j := mustOpen(t, path, batch.JournalOptions{Force: true})
	if _, err := os.Stat(path + ".ckpt"); err == nil {
		t.Error("the checkpoint of an output that was overwritten is still there")
	}
	mustCommit(t, j, line(7, `"ok":true`))
	mustClose(t, j)
	mustWrite(t, path+".ckpt", good)
	j = mustOpen(t, path, batch.JournalOptions{Resume: true})
	if s := j.Stats(); s.Done != 1 || !j.Done(7) {
		t.Errorf("stats %+v, want one unit", s)
	}
	mustClose(t, j)
}

func FuzzCheckpoint(f *testing.F) {
	f.Add([]byte("inflight-ckpt-1\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		batch.DecodeCheckpoint(b)
		batch.DecodeCheckpoint(batch.Sum(append([]byte("inflight-ckpt-1\n"), b...)))
	})
}
