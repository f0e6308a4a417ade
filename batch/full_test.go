package batch_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/batch"
)

// full is a journal on a disk with room for two lines.
func full(t *testing.T, o batch.JournalOptions, lines ...batch.Line) (*batch.Journal, *countingFile) {
	j := mustOpen(t, outPath(t, ""), o)
	f := new(countingFile)
	j.Wrap(func(inner batch.File) batch.File {
		f.File, f.full = inner, errNoRoom
		f.room.Store(int64(len(lines[0].Data)+len(lines[1].Data)) + 2 + 5)
		return f
	})
	mustCommit(t, j, lines[0], lines[1])
	return j, f
}

// Room that comes in time is used, and what was written of a line is gone.
func TestFullThenRoom(t *testing.T) {
	if errNoRoom == nil {
		t.Skip("what a full disk says is not known here")
	}
	synctest.Test(t, func(t *testing.T) {
		lines := []batch.Line{line(0, `"x":1`), line(1, `"x":1`), line(2, `"x":1`)}
		var pauses []time.Duration
		j, f := full(t, batch.JournalOptions{OnFull: func(err error, wait time.Duration) {
			if !errors.Is(err, errNoRoom) {
				t.Errorf("told of %v", err)
			}
			pauses = append(pauses, wait)
		}}, lines...)
		time.AfterFunc(time.Second, func() { f.room.Store(1 << 20) })
		mustCommit(t, j, lines[2])
		if len(pauses) == 0 || f.tries != len(pauses) || f.truncates.Load() != int64(f.tries) {
			t.Errorf("%d tries, %d pauses, %d times taken back", f.tries, len(pauses), f.truncates.Load())
		}
		for i := 1; i < len(pauses); i++ {
			if pauses[i] < pauses[i-1] {
				t.Errorf("pauses %v do not grow", pauses)
			}
		}
		mustClose(t, j)
		wantFile(t, j.Path(), lines...)
	})
}

func TestFullForGood(t *testing.T) {
	if errNoRoom == nil {
		t.Skip("what a full disk says is not known here")
	}
	synctest.Test(t, func(t *testing.T) {
		lines := []batch.Line{line(0, `"x":1`), line(1, `"x":1`), line(2, `"x":1`)}
		j, f := full(t, batch.JournalOptions{FullWait: time.Minute}, lines...)
		began := time.Now()
		err := j.Commit(t.Context(), lines[2:])
		e, ok := errors.AsType[*batch.DiskFullError](err)
		if !ok || !errors.Is(err, batch.ErrDiskFull) || !errors.Is(err, errNoRoom) || e.Waited != time.Minute || time.Since(began) != time.Minute {
			t.Errorf("Commit: %v after %v, want a DiskFullError after a minute", err, time.Since(began))
		}
		wantFile(t, j.Path(), lines[:2]...)
		if j.Done(2) {
			t.Error("a unit whose line was not written is done")
		}
		f.full = nil // and later there is room
		mustCommit(t, j, lines[2])
		mustClose(t, j)
		wantFile(t, j.Path(), lines...)
	})
}

func TestFullCancelled(t *testing.T) {
	if errNoRoom == nil {
		t.Skip("what a full disk says is not known here")
	}
	synctest.Test(t, func(t *testing.T) {
		lines := []batch.Line{line(0, `"x":1`), line(1, `"x":1`), line(2, `"x":1`)}
		j, _ := full(t, batch.JournalOptions{}, lines...)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		if err := j.Commit(ctx, lines[2:]); !errors.Is(err, batch.ErrDiskFull) || time.Since(began) != time.Second {
			t.Errorf("Commit: %v after %v", err, time.Since(began))
		}
		mustClose(t, j)
	})
}

// Other errors of a write are not waited for, and leave nothing behind either.
func TestWriteFails(t *testing.T) {
	lines := []batch.Line{line(0, `"x":1`), line(1, `"x":1`), line(2, `"x":1`)}
	j, f := full(t, batch.JournalOptions{}, lines...)
	broken := errors.New("i/o error")
	f.full = broken
	if err := j.Commit(t.Context(), lines[2:]); !errors.Is(err, broken) || errors.Is(err, batch.ErrDiskFull) || f.tries != 1 {
		t.Errorf("Commit: %v after %d tries", err, f.tries)
	}
	wantFile(t, j.Path(), lines[:2]...)
	f.truncateErr = errors.New("read-only")
	for range 2 {
		if err := j.Commit(t.Context(), lines[2:]); !errors.Is(err, broken) || !errors.Is(err, f.truncateErr) {
			t.Errorf("Commit, when nothing can be taken back: %v", err)
		}
	}
	if f.tries != 2 {
		t.Errorf("%d tries: the file was written to when its end was not known", f.tries)
	}
}
