package batch

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/inflight-go/inflight/internal/atomicfile"
	"github.com/inflight-go/inflight/internal/filelock"
)

// Open opens the output of a job, and finds out what is done. An output that does not
// exist, or is empty, is begun.
//
// For one that has something in it the error is
//   - ErrLocked, if another process has it open;
//   - ErrExists, if o says neither Resume nor Force;
//   - ErrNotRegular, if it is a directory, a pipe or a device;
//   - ErrForeign, if it was not written by a Journal;
//   - an OtherJobError, if it belongs to another job;
//   - a CorruptError, if something in the middle is damaged;
//
// and nothing has been changed. A symbolic link is followed, and what stands beside an
// output stands beside what it leads to. An end that was being written when its process died,
// or, where power was lost, holds zeros, is cut off, which Stats tells.
func Open(path string, job Job, o JournalOptions) (*Journal, error) {
	path = atomicfile.Target(path)
	j := &Journal{path: path, job: job, o: o.withDefaults(), codec: codecOf(path), done: newTally(), batch: roaring64.New()}
	if err := j.open(); err != nil {
		j.abort()
		return nil, err
	}
	return j, nil
}

// open does the steps. Up to lock nothing may be created beside what is not ours.
func (j *Journal) open() error {
	if _, err := j.look(); err != nil {
		return err
	}
	if err := j.lock(); err != nil {
		return err
	}
	size, err := j.look() // again, now that it stays as it is
	if err != nil {
		return err
	}
	if size == 0 || j.o.Force && !j.o.Resume {
		return j.begin()
	}
	if err := j.admit(); err != nil {
		return err
	}
	return j.resume()
}

// look returns the size of the output, 0 if there is none, and refuses what is
// certainly not to be touched.
func (j *Journal) look() (int64, error) {
	info, err := os.Stat(j.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, nil
	case err != nil:
		return 0, err
	case !info.Mode().IsRegular():
		return 0, fmt.Errorf("%w: %s: an output that a run can go on with has to be one (a Writer takes any)", ErrNotRegular, j.path)
	case info.Size() == 0 || j.o.Force:
		return info.Size(), nil
	}
	if _, err := os.Stat(sidecarPath(j.path)); errors.Is(err, fs.ErrNotExist) {
		if !j.o.Resume {
			return 0, j.exists()
		}
		return 0, j.foreign("there is no " + sidecarPath(j.path) + " beside it")
	}
	return info.Size(), nil
}

func (j *Journal) exists() error {
	return fmt.Errorf("%w: %s: resume it, force it to be overwritten, or write to another one", ErrExists, j.path)
}

func (j *Journal) foreign(why string) error {
	return fmt.Errorf("%w: %s: %s; write to another one, or force it to be overwritten", ErrForeign, j.path, why)
}

// lock opens the sidecar, which nobody ever replaces, and locks it.
func (j *Journal) lock() error {
	name := sidecarPath(j.path)
	for range 10 {
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil {
			return err
		}
		ok, err := filelock.Try(f)
		if err != nil || !ok {
			f.Close()
			if err == nil {
				err = fmt.Errorf("%w: %s: another process writes to it", ErrLocked, j.path)
			}
			return err
		}
		// Whoever had it before may have removed it on the way out.
		if same(f, name) {
			j.sidecar = f
			return nil
		}
		f.Close()
	}
	return fmt.Errorf("%w: %s keeps being replaced", ErrLocked, name)
}

func same(f *os.File, name string) bool {
	a, err := f.Stat()
	if err != nil {
		return false
	}
	b, err := os.Stat(name)
	return err == nil && os.SameFile(a, b)
}

// begin makes an empty output, and says whose it is. In this order, because a sidecar
// that is torn must not stand beside an output with something in it.
func (j *Journal) begin() error {
	f, err := os.OpenFile(j.path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return err
	}
	j.file = f
	if err := f.Truncate(0); err != nil {
		return err
	}
	removeAll(checkpointPath(j.path), compactPath(j.path), spillPath(j.path))
	if err := f.Sync(); err != nil {
		return err
	}
	if err := writeSidecar(j.sidecar, j.job); err != nil {
		return fmt.Errorf("write %s: %w", j.sidecar.Name(), err)
	}
	return atomicfile.SyncDir(filepath.Dir(j.path))
}

func removeAll(names ...string) {
	for _, name := range names {
		os.Remove(name)
	}
}

// admit decides whether what is there may be gone on with.
func (j *Journal) admit() error {
	if !j.o.Resume {
		return j.exists()
	}
	was, ok, err := readSidecar(j.sidecar)
	if err != nil {
		return err
	}
	if !ok && !j.o.Force {
		return j.foreign(j.sidecar.Name() + " does not say what it is")
	}
	if d := j.job.differs(was.Job); ok && len(d) > 0 && !j.o.Force {
		return &OtherJobError{j.path, d}
	}
	return nil
}

// resume finds out what is done, and cuts off what is not whole.
func (j *Journal) resume() error {
	f, err := os.OpenFile(j.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	j.file = f
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := j.scan(info.Size()); err != nil {
		return err
	}
	if j.cut = info.Size() - j.offset; j.cut > 0 {
		if err := f.Truncate(j.offset); err != nil {
			return fmt.Errorf("cut the end of %s off: %w", j.path, err)
		}
	}
	// What a process that was killed has written is there, but may not be synced;
	// from now on its units are skipped.
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", j.path, err)
	}
	j.synced = j.offset
	removeAll(compactPath(j.path), spillPath(j.path), checkpointPath(j.path)+atomicfile.Temporary)
	if j.o.RetryFailed {
		j.retry = j.done.failed.Clone()
	}
	if j.o.Force {
		if err := writeSidecar(j.sidecar, j.job); err != nil {
			return fmt.Errorf("write %s: %w", j.sidecar.Name(), err)
		}
	}
	return nil
}

// scan reads the output, from the checkpoint on if there is one, up to where it is
// good. It sets offset, lines and done.
func (j *Journal) scan(size int64) error {
	if c, ok := j.readCheckpoint(size); ok {
		j.offset, j.lines, j.done = c.offset, c.lines, c.done
		j.point.offset = c.offset
	}
	var d *damage
	var err error
	if j.codec == nil {
		j.lines, d, err = scanPlain(j.file, j.offset, size, j.lines, j.done.add)
		j.offset = size
	} else {
		j.lines, j.offset, d, err = scanFrames(j.codec, j.file, j.offset, size, j.lines, j.done.add)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", j.path, err)
	}
	if d == nil {
		return nil
	}
	j.offset = d.offset
	return j.judge(d, size)
}

// judge decides whether a damaged output may be cut where the damage begins.
func (j *Journal) judge(d *damage, size int64) error {
	switch {
	case d.offset == 0 && !j.begun(d):
		return j.foreign(fmt.Sprintf("it begins with %.*q", excerpt, d.begin))
	case !d.middle(), j.o.CutDamaged:
		return nil
	case d.hole && size-d.offset <= 2*mostUnsynced:
		return nil // power was lost before the sync, and some of what came later had made it
	}
	return &CorruptError{Path: j.path, Line: d.line, Offset: d.offset, Text: string(d.begin), Why: d.why}
}

// begun reports whether the damage at the beginning of a file can be that of a first
// line, or frame, that was being written.
func (j *Journal) begun(d *damage) bool {
	if d.hole {
		return true
	}
	if j.codec == nil {
		return beginsLine(string(d.begin))
	}
	b := make([]byte, len(j.codec.magic()))
	n, err := j.file.ReadAt(b, 0)
	return (err == nil || err == io.EOF) && strings.HasPrefix(string(j.codec.magic()), string(b[:n]))
}

// abort undoes what open did before it failed.
func (j *Journal) abort() {
	if j.file != nil {
		j.file.Close()
	}
	if j.sidecar == nil {
		return
	}
	// One that was made to be locked says nothing. It goes while it is still locked,
	// so that it can't be that of another process.
	if info, err := j.sidecar.Stat(); err == nil && info.Size() == 0 {
		os.Remove(j.sidecar.Name())
	}
	j.sidecar.Close()
}
