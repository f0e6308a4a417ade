package batch

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/inflight-go/inflight/internal/atomicfile"
)

// Compact takes out the lines that a later one of the same unit has replaced, as it is
// after RetryFailed; without any it does nothing. It is for the end of a job: it
// writes the whole output anew, beside the old one, and then puts it in its place, so
// that a process that dies meanwhile has lost nothing but the time. When ctx ends it
// returns the cause, and the output is as it was.
func (j *Journal) Compact(ctx context.Context) error {
	if err := j.mu.Lock(ctx); err != nil {
		return err
	}
	defer j.mu.Unlock()
	if err := j.usable(); err != nil {
		return err
	}
	for len(j.done.extra) > 0 && j.done.superseded() > 0 {
		if err := j.compactOnce(ctx); err != nil {
			return err
		}
	}
	return nil
}

// compactOnce writes the output anew without the lines that are known to be replaced.
// Its tally is counted on the way: of a unit with very many lines some are left.
func (j *Journal) compactOnce(ctx context.Context) (err error) {
	if err := j.sync(); err != nil {
		return err
	}
	name := compactPath(j.path)
	defer func() {
		if err != nil {
			os.Remove(name)
		}
	}()
	tmp, err := j.createLike(name)
	if err != nil {
		return err
	}
	c := compaction{ctx: ctx, j: j, drop: j.done.clone(), kept: newTally(), out: bufio.NewWriterSize(tmp, 1<<20)}
	err = c.copy()
	if err == nil {
		err = tmp.Sync()
	}
	if e := tmp.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("compact %s: %w", j.path, err)
	}
	return j.replace(name, &c)
}

// createLike creates a file that may be read and written by the same as the output.
func (j *Journal) createLike(name string) (*os.File, error) {
	info, err := os.Stat(j.path)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, info.Mode().Perm())
	if err != nil {
		return nil, err
	}
	_ = f.Chmod(info.Mode().Perm()) // the umask may have taken some away
	return f, nil
}

// replace puts the new file in the place of the output. The old one is closed before,
// because not every system renames to a file that is open.
func (j *Journal) replace(name string, c *compaction) error {
	removeAll(checkpointPath(j.path))
	j.file.Close()
	err := os.Rename(name, j.path)
	f, e := os.OpenFile(j.path, os.O_RDWR, 0)
	if e != nil {
		j.broken = fmt.Errorf("open %s again: %w", j.path, e)
		return j.broken
	}
	j.file = f
	if err != nil {
		return fmt.Errorf("compact %s: %w", j.path, err)
	}
	j.offset, j.synced, j.lines = c.size, c.size, c.lines
	j.point = checkpointing{}
	j.sets.Lock()
	j.done = c.kept
	j.sets.Unlock()
	return atomicfile.SyncDir(filepath.Dir(j.path))
}

// A compaction copies the lines that count.
type compaction struct {
	ctx   context.Context
	j     *Journal
	drop  tally // of its extra, one line of the unit is left out for each
	kept  tally
	lines int64
	size  int64
	out   *bufio.Writer
	plain []byte // kept lines that are not packed yet
}

func (c *compaction) copy() error {
	err := eachLine(c.j.codec, c.j.file, 0, c.j.offset, c.line)
	if err == nil {
		err = c.pack(0)
	}
	if err == nil {
		err = c.out.Flush()
	}
	return err
}

// line keeps a line, or leaves it out.
func (c *compaction) line(line []byte) error {
	index, ok, why := parseLine(line)
	if why != "" {
		return fmt.Errorf("line %d: %s", c.lines+1, why)
	}
	if c.drop.dropExtra(index) {
		return nil
	}
	c.kept.add(index, ok == failed)
	c.lines++
	c.plain = append(append(c.plain, line...), '\n')
	return c.pack(frameBytes / 2)
}

// pack writes what is kept, if that is at least so much.
func (c *compaction) pack(atLeast int) (err error) {
	if len(c.plain) == 0 || len(c.plain) < atLeast {
		return nil
	}
	if c.ctx.Err() != nil {
		return context.Cause(c.ctx)
	}
	b := c.plain
	if c.j.codec != nil {
		if b, err = packLines(c.j.codec, c.j.packed[:0], c.plain); err != nil {
			return err
		}
		c.j.packed = b
	}
	c.plain = c.plain[:0]
	n, err := c.out.Write(b)
	c.size += int64(n)
	return err
}
