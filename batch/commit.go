package batch

import (
	"context"
	"runtime"
)

// How many lines are committed together, at most: and, of those that waited in a
// file, of how many bytes together.
const (
	batchLines = 4096
	batchBytes = 4 << 20
)

// commit takes finished lines and commits them until there are no more. It is the
// only one who talks to the sink and to the window.
func (r *run[T]) commit(ctx context.Context) error {
	defer r.discard()
	all := context.WithoutCancel(ctx) // what is finished is kept, and the queue shut down behind it
	var lines []Line
	for {
		got, err := r.collect(all)
		if err != nil {
			return nil // shut down: the workers have returned
		}
		if r.window == nil {
			for _, f := range got {
				lines = append(lines, f.Line)
			}
			err = r.keep(ctx, lines)
		} else {
			err = r.keepInOrder(ctx, got, lines)
		}
		clear(lines[:cap(lines)])
		lines = lines[:0]
		r.makeRoom(got)
		if err != nil {
			r.fail(err)
			return nil
		}
	}
}

// makeRoom gives back what lines have taken of the bytes.
func (r *run[T]) makeRoom(got []finished) {
	bytes := int64(0)
	for _, f := range got {
		bytes += f.bytes
	}
	r.bytes.Release(bytes)
}

// discard ends the queue of finished lines. There are some in it only if the sink
// has failed, or panicked; those who bring more learn it there.
func (r *run[T]) discard() { r.makeRoom(r.finished.ShutdownNow()) }

// collect waits for finished lines, and for more of them as long as they may linger.
// When there is one it lets those work that can: each of them may have another in a
// moment, and one write for all is cheaper.
func (r *run[T]) collect(ctx context.Context) ([]finished, error) {
	got, err := r.finished.GetUpTo(ctx, 1)
	if err != nil {
		return nil, err
	}
	runtime.Gosched()
	if !r.finished.Empty() {
		more, _ := r.finished.GetUpTo(ctx, batchLines-1)
		got = append(got, more...)
	}
	if r.o.Linger <= 0 {
		return got, nil
	}
	linger, cancel := context.WithTimeout(ctx, r.o.Linger)
	defer cancel()
	for len(got) < batchLines && r.leasing.Err() == nil {
		more, err := r.finished.GetUpTo(linger, batchLines-len(got))
		if err != nil {
			break
		}
		got = append(got, more...)
	}
	return got, nil
}

// keepInOrder takes lines into the window and commits what it lets through.
func (r *run[T]) keepInOrder(ctx context.Context, got []finished, lines []Line) error {
	for _, f := range got {
		if err := r.window.add(f.turn, f.Line); err != nil {
			return err
		}
	}
	for {
		lines, err := r.window.next(lines[:0], batchLines, batchBytes)
		if err != nil {
			return err
		}
		if len(lines) == 0 {
			break
		}
		if err := r.keep(ctx, lines); err != nil {
			return err
		}
	}
	if r.window.full() {
		r.open.Clear()
	} else {
		r.open.Set()
	}
	return nil
}

// keep commits lines, and says so to the queue.
func (r *run[T]) keep(ctx context.Context, lines []Line) error {
	if len(lines) == 0 {
		return nil
	}
	r.wasFailed = r.wasFailed[:0]
	for _, line := range lines {
		r.wasFailed = append(r.wasFailed, line.Failed)
	}
	if err := r.sink.Commit(r.keeping, lines); err != nil {
		return err
	}
	p := r.o.Progress
	for i, line := range lines {
		if line.Failed && !r.wasFailed[i] { // the sink has refused it
			r.ok.Add(-1)
			r.count(line)
		}
		r.release(line.Index)
		p.waiting.Add(-1)
		if line.Failed {
			p.failed.Add(1)
		}
		p.done.Add(1)
		if err := r.queue.Done(ctx, line.Index); err != nil {
			r.stop(err)
		}
	}
	r.o.OnEvent(Event{Kind: EventCommitted, Lines: len(lines)})
	return nil
}

// abandonWaiting counts the lines that are finished and can't be committed: those
// behind one that was cut short, in the order of the input, and all when the sink
// has failed. By now the run has returned.
func (r *run[T]) abandonWaiting() {
	p := r.o.Progress
	p.abandoned.Add(p.waiting.Swap(0))
}
