package batch

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/locks"
)

// Sync says when a Journal syncs: makes what it has written survive a loss of power.
// A process that is killed loses nothing that Commit has returned for, in any case.
type Sync int

const (
	// SyncEvery: so much time, or so many lines, after the first that was not synced.
	SyncEvery Sync = iota
	// SyncAlways: before Commit returns.
	SyncAlways
	// SyncNever: when the system thinks fit, and in Close.
	SyncNever
)

// The defaults of JournalOptions.
const (
	DefaultSyncDelay     = 100 * time.Millisecond
	DefaultSyncLines     = 1000
	DefaultFullWait      = time.Minute
	DefaultCheckpointMin = 256 << 20
)

// JournalOptions changes how a Journal works. The zero value is the default.
type JournalOptions struct {
	// Resume goes on with the output of the same job. If there is none it begins one.
	Resume bool
	// RetryFailed is Resume that takes the units that have failed as not done: they
	// get another line, which counts. Compact takes the old ones out.
	RetryFailed bool
	// Force overwrites an output, whatever it is; with Resume or RetryFailed it goes
	// on with the output of another job, and makes it one of this.
	Force bool
	// CutDamaged cuts a damaged output in front of the damage, and has all units
	// whose lines come behind it done again, where Open returns a CorruptError.
	CutDamaged bool

	// Sync says when to sync. The default is SyncEvery, with a SyncDelay of
	// DefaultSyncDelay and SyncLines of DefaultSyncLines.
	Sync      Sync
	SyncDelay time.Duration
	SyncLines int

	// FullWait is how long Commit waits for room on a full disk. The default is
	// DefaultFullWait; a negative one means not at all.
	FullWait time.Duration
	// OnFull is told when a write has failed for lack of room, and how long the next
	// attempt is away. The default is nobody.
	OnFull func(err error, wait time.Duration)

	// CheckpointMin is the size from which on an output has a checkpoint. The default
	// is DefaultCheckpointMin; a negative one means never.
	CheckpointMin int64
}

func (o JournalOptions) withDefaults() JournalOptions {
	if o.SyncDelay <= 0 {
		o.SyncDelay = DefaultSyncDelay
	}
	if o.SyncLines <= 0 {
		o.SyncLines = DefaultSyncLines
	}
	if o.FullWait == 0 {
		o.FullWait = DefaultFullWait
	}
	if o.CheckpointMin == 0 {
		o.CheckpointMin = DefaultCheckpointMin
	}
	o.Resume = o.Resume || o.RetryFailed
	return o
}

// A Journal is an output file, as a sink that knows what is done. Make one with Open,
// and close it. Its methods may be called by any number of goroutines at once.
//
// If the name of the file ends in .gz or .zst, the lines of each Commit are packed
// into a gzip member or a zstd frame, of which any tool makes one text.
type Journal struct {
	path  string
	job   Job
	o     JournalOptions
	codec codec // nil for plain lines

	mu       locks.Mutex // of the file, and what belongs to it
	sidecar  *os.File    // locked
	file     file
	offset   int64 // the end of what is good
	synced   int64 // the end of what is synced
	unsynced int   // lines behind it
	lines    int64 // in the file
	timer    *time.Timer
	buf      []byte
	packed   []byte
	batch    *roaring64.Bitmap // of the Commit at work
	point    checkpointing
	broken   error // the file is in an unknown state
	closed   bool

	sets  sync.Mutex
	done  tally
	retry *roaring64.Bitmap // failed, and to be done again
	cut   int64
}

// file is what a Journal needs of an *os.File.
type file interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Truncate(size int64) error
}

// A JournalStats says what is in the output.
type JournalStats struct {
	Done       int64 // units that are done
	Failed     int64 // those of them that have failed
	Superseded int64 // lines that a later one of the same unit has replaced
	Bytes      int64 // size of the file
	Cut        int64 // bytes that Open cut off: what was being written when it ended
}

// Stats returns what is in the output at this moment.
func (j *Journal) Stats() JournalStats {
	_ = j.mu.Lock(context.Background())
	defer j.mu.Unlock()
	j.sets.Lock()
	defer j.sets.Unlock()
	s := j.done.stats()
	s.Bytes, s.Cut = j.offset, j.cut
	return s
}

// Path returns the name of the output.
func (j *Journal) Path() string { return j.path }

// Done reports whether the unit is done, and not to be done again. It is what
// CursorOptions.Skip wants.
func (j *Journal) Done(index int64) bool {
	j.sets.Lock()
	defer j.sets.Unlock()
	return j.has(index)
}

// Has reports whether the unit has a line, also one of a failure that is to be done
// again.
func (j *Journal) Has(index int64) bool {
	j.sets.Lock()
	defer j.sets.Unlock()
	return j.done.all.Contains(uint64(index))
}

// has is Done for those who hold sets.
func (j *Journal) has(index int64) bool {
	i := uint64(index)
	return j.done.all.Contains(i) && (j.retry == nil || !j.retry.Contains(i))
}

// Commit appends the lines, by one write. See Sync for how long they are there; a
// unit that is done already is passed over.
//
// If there is no room it takes back what it wrote, and tries again for FullWait, or
// until ctx ends; then it returns a DiskFullError. After that, as after other errors
// of a write, the file is as it was before, and Commit may be called again. After an
// error of a sync it can't be known what is there, and nothing more is written.
func (j *Journal) Commit(ctx context.Context, lines []Line) error {
	if err := j.mu.Lock(ctx); err != nil {
		return err
	}
	defer j.mu.Unlock()
	if err := j.usable(); err != nil {
		return err
	}
	if err := checkLines(lines); err != nil {
		return err
	}
	fresh := j.gather(lines)
	if fresh == 0 {
		return nil
	}
	out := j.buf
	if j.codec != nil {
		var err error
		if out, err = packLines(j.codec, j.packed[:0], j.buf); err != nil {
			return fmt.Errorf("pack lines for %s: %w", j.path, err)
		}
		j.packed = out
	}
	if err := j.append(ctx, out); err != nil {
		return err
	}
	j.record(lines)
	j.lines += fresh
	j.unsynced += int(fresh)
	j.freeBuffers()
	return j.syncIfDue()
}

// usable reports why nothing can be written, nil if it can.
func (j *Journal) usable() error {
	switch {
	case j.broken != nil:
		return j.broken
	case j.closed:
		return ErrClosed
	}
	return nil
}

// gather puts the lines of units that are not done into buf, and their units into
// batch, and returns how many they are.
func (j *Journal) gather(lines []Line) (fresh int64) {
	j.sets.Lock()
	defer j.sets.Unlock()
	j.buf = j.buf[:0]
	j.batch.Clear()
	for _, l := range lines {
		if !j.has(l.Index) && j.batch.CheckedAdd(uint64(l.Index)) {
			j.buf = append(append(j.buf, l.Data...), '\n')
			fresh++
		}
	}
	return fresh
}

// record takes note of the lines that gather chose: the first of each unit.
func (j *Journal) record(lines []Line) {
	j.sets.Lock()
	defer j.sets.Unlock()
	for _, l := range lines {
		if i := uint64(l.Index); j.batch.CheckedRemove(i) {
			j.done.add(l.Index, l.Failed)
			if j.retry != nil {
				j.retry.Remove(i)
			}
		}
	}
}

func (j *Journal) freeBuffers() {
	if cap(j.buf) > largeBuffer {
		j.buf = nil
	}
	if cap(j.packed) > largeBuffer {
		j.packed = nil
	}
}

// append writes b at the end, all or nothing.
func (j *Journal) append(ctx context.Context, b []byte) error {
	const shortest, longest = 50 * time.Millisecond, 5 * time.Second
	began := time.Now()
	for wait := shortest; ; wait = min(2*wait, longest) {
		_, err := j.file.WriteAt(b, j.offset)
		if err == nil {
			j.offset += int64(len(b))
			return nil
		}
		if e := j.file.Truncate(j.offset); e != nil {
			j.broken = fmt.Errorf("take back what was written to %s: %w (after: %w)", j.path, e, err)
			return j.broken
		}
		if !isFull(err) {
			return fmt.Errorf("write %s: %w", j.path, err)
		}
		waited := time.Since(began)
		if wait = min(wait, j.o.FullWait-waited); wait <= 0 {
			return &DiskFullError{j.path, waited, err}
		}
		if j.o.OnFull != nil {
			j.o.OnFull(err, wait)
		}
		if inflight.Sleep(ctx, wait) != nil {
			return &DiskFullError{j.path, time.Since(began), err}
		}
	}
}

// mostUnsynced is how many bytes may wait for a sync: a power cut can damage no more
// than that.
const mostUnsynced = 16 << 20

// syncIfDue syncs, or sees to it that it will be done.
func (j *Journal) syncIfDue() error {
	switch {
	case j.o.Sync == SyncNever:
		return nil
	case j.o.Sync == SyncAlways, j.unsynced >= j.o.SyncLines, j.offset-j.synced >= mostUnsynced:
		return j.sync()
	case j.timer == nil:
		j.timer = time.AfterFunc(j.o.SyncDelay, j.syncLater)
	}
	return nil
}

// syncLater is called by the timer. An error is that of the next call.
func (j *Journal) syncLater() {
	_ = j.mu.Lock(context.Background())
	defer j.mu.Unlock()
	if j.timer != nil && j.usable() == nil {
		_ = j.sync()
	}
}

// sync makes all that is written last.
func (j *Journal) sync() error {
	if j.timer != nil {
		j.timer.Stop()
		j.timer = nil
	}
	if j.synced == j.offset {
		return nil
	}
	if err := syncData(j.file); err != nil {
		// Whether the pages are still to be written nobody knows after that.
		j.broken = fmt.Errorf("sync %s: %w", j.path, err)
		return j.broken
	}
	j.synced, j.unsynced = j.offset, 0
	return j.checkpointIfDue()
}

// syncData is a method of the fake files in tests, too.
func syncData(f file) error {
	if s, ok := f.(interface{ Datasync() error }); ok {
		return s.Datasync()
	}
	return datasync(f.(*os.File))
}

// Sync makes all that is committed survive a loss of power, now.
func (j *Journal) Sync(ctx context.Context) error {
	if err := j.mu.Lock(ctx); err != nil {
		return err
	}
	defer j.mu.Unlock()
	if err := j.usable(); err != nil {
		return err
	}
	return j.sync()
}

// Close syncs, and gives the output free. To close again does nothing.
func (j *Journal) Close() error {
	_ = j.mu.Lock(context.Background())
	defer j.mu.Unlock()
	if j.closed {
		return nil
	}
	j.closed = true
	err := j.broken
	if err == nil {
		err = j.sync()
	}
	if err == nil {
		err = j.checkpointAtEnd()
	}
	if e := j.file.Close(); err == nil && e != nil {
		err = fmt.Errorf("close %s: %w", j.path, e)
	}
	j.sidecar.Close() // and with it the lock
	return err
}

// The files beside an output.
func sidecarPath(path string) string    { return path + ".job" }
func checkpointPath(path string) string { return path + ".ckpt" }
func spillPath(path string) string      { return path + ".spill" }
func compactPath(path string) string    { return path + ".compact" }
