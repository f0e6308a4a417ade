package fetch

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/inflight-go/inflight/batch"
)

// A relay commits lines to the journal and then writes them to what can't be read again.
// A file in the state folder says up to where it has; lines behind that, which were
// being written when a process died, are written once more by the next.
type relay struct {
	journal *batch.Journal
	out     io.Writer
	mark    *os.File
	at      int64 // of the journal, what was written
	buf     []byte
}

// everything is what the mark says while the journal is written anew at the end: by
// then all of it was written.
const everything = -1

func (j *Job) openRelay(out io.Writer) error {
	mark, err := os.OpenFile(filepath.Join(j.o.State, "written"), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return &Error{IO, err}
	}
	j.closers = append(j.closers, mark)
	r := &relay{journal: j.journal, mark: mark}
	size := j.journal.Stats().Bytes
	if size > 0 { // it is gone on with
		r.at = min(readMark(mark), size)
		if r.at == everything {
			r.at = size
		}
	}
	r.out = j.stream(out)
	if f, ok := r.out.(*formed); ok && r.at > 0 {
		f.head = nil
	}
	j.sink, j.relay = r, r
	return nil
}

// readMark reads what the file says, 0 for what no relay has written there.
func readMark(mark io.ReaderAt) int64 {
	b := make([]byte, 32)
	n, _ := mark.ReadAt(b, 0)
	text, _, whole := strings.Cut(string(b[:n]), "\n")
	at, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || !whole || at < everything {
		return 0
	}
	return at
}

// moved writes down that all up to there was written.
func (r *relay) moved(at int64) error {
	r.at = at
	_, err := r.mark.WriteAt(fmt.Appendf(nil, "%20d\n", at), 0)
	return err
}

// catchUp writes what the journal has and the mark does not.
func (r *relay) catchUp() error {
	at := r.at
	for line, err := range batch.Since(r.journal.Path(), r.at) {
		if err != nil {
			return err
		}
		at += int64(len(line.Data)) + 1
		if _, err := r.out.Write(append(append(r.buf[:0], line.Data...), '\n')); err != nil {
			return err
		}
	}
	return r.moved(at)
}

// Commit commits the lines and writes those that are new.
func (r *relay) Commit(ctx context.Context, lines []batch.Line) error {
	r.buf = r.buf[:0]
	for _, l := range lines {
		if !r.journal.Done(l.Index) {
			r.buf = append(append(r.buf, l.Data...), '\n')
		}
	}
	if err := r.journal.Commit(ctx, lines); err != nil || len(r.buf) == 0 {
		return err
	}
	if _, err := r.out.Write(r.buf); err != nil {
		return err
	}
	return r.moved(r.at + int64(len(r.buf)))
}

// compact takes out of the journal what was replaced.
func (r *relay) compact(ctx context.Context) error {
	if err := r.moved(everything); err != nil {
		return err
	}
	if err := r.journal.Compact(ctx); err != nil {
		return err
	}
	return r.moved(r.journal.Stats().Bytes)
}
