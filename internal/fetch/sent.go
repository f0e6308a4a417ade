package fetch

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/internal/atomicfile"
	"github.com/inflight-go/inflight/internal/request"
	"github.com/inflight-go/inflight/locks"
)

// sent is the record of requests that may not be sent twice: a row is in it before its
// request is sent. One that is in it and has no line was under way when a run ended, and
// nobody knows what has become of it.
//
// It is a file beside the journal: a line that says which job, and a line with the index
// of each row.
type sent struct {
	path      string
	durable   bool
	uncertain map[int64]bool // of earlier runs

	mu    sync.Mutex
	buf   []byte // what is to be written
	round int64  // of those who put it there

	io      locks.Mutex
	file    *os.File
	spare   []byte
	written int64 // rounds
	err     error // of a write: what is there is not known
}

// errNotSent is wrapped by the error of a row that could not be recorded: it was not sent,
// and is not done.
var errNotSent = errors.New("what is sent could not be recorded")

// openSent reads what earlier runs have recorded, and what is left of it begins the file.
func (j *Job) openSent(job batch.Job) error {
	if j.o.OnUncertain == "retry" {
		return nil
	}
	s := &sent{path: j.journal.Path() + ".sent", durable: j.o.Fsync != "never"}
	head := "inflight-sent-1 " + batch.Digest(fmt.Sprintf("%+v", job)) + "\n"
	if !j.o.Force {
		var err error
		if s.uncertain, err = readSent(s.path, head, j.journal.Has); err != nil {
			return &Error{IO, err}
		}
	}
	if j.o.OnUncertain == "report" && len(s.uncertain) > 0 {
		return &Error{Stopped, s.report()}
	}
	err := atomicfile.Write(s.path, func(w io.Writer) error {
		b := []byte(head)
		for index := range s.uncertain {
			b = append(strconv.AppendInt(b, index, 10), '\n')
		}
		_, err := w.Write(b)
		return err
	})
	if err == nil {
		s.file, err = os.OpenFile(s.path, os.O_WRONLY|os.O_APPEND, 0)
	}
	if err != nil {
		return &Error{IO, fmt.Errorf("the record of what is sent: %w", err)}
	}
	j.closers = append(j.closers, s.file)
	j.sent = s
	return nil
}

// readSent returns the rows that a file has and that have no line. A file of another job
// has none; a line that is not whole was not sent.
func readSent(path, head string, has func(int64) bool) (map[int64]bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(fmt.Errorf("%s is not a regular file", path), err)
	}
	r := bufio.NewReader(f)
	first, err := r.ReadSlice('\n')
	switch {
	case err != nil && err != io.EOF && err != bufio.ErrBufferFull:
		return nil, err
	case string(first) != head:
		return nil, nil
	}
	uncertain := make(map[int64]bool)
	for {
		line, err := r.ReadSlice('\n')
		if err == io.EOF || err == bufio.ErrBufferFull {
			return uncertain, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		index, err := strconv.ParseInt(string(bytes.TrimSuffix(line, []byte("\n"))), 10, 64)
		if err != nil {
			return uncertain, nil // power was lost before it was on the disk
		}
		if !has(index) {
			uncertain[index] = true
		}
	}
}

func (s *sent) report() error {
	rows := make([]int64, 0, len(s.uncertain))
	for index := range s.uncertain {
		rows = append(rows, index)
	}
	slices.Sort(rows)
	const most = 20
	text := strings.Trim(fmt.Sprint(rows[:min(len(rows), most)]), "[]")
	if len(rows) > most {
		text += " …"
	}
	return fmt.Errorf("%d requests were under way when a run ended, and may have been acted upon, of index %s: "+
		"--on-uncertain retry sends them again, skip makes failures of them", len(rows), text)
}

// add records a row, durably. Those who come while others are being written are written
// together.
func (s *sent) add(ctx context.Context, index int64) error {
	s.mu.Lock()
	s.buf = append(strconv.AppendInt(s.buf, index, 10), '\n')
	mine := s.round
	s.mu.Unlock()
	if err := s.io.Lock(ctx); err != nil {
		return err // it may be written all the same, which does no harm
	}
	defer s.io.Unlock()
	if s.err != nil || s.written > mine {
		return s.err
	}
	s.mu.Lock()
	b := s.buf
	s.buf, s.round = s.spare[:0], s.round+1
	s.mu.Unlock()
	_, err := s.file.Write(b)
	if err == nil && s.durable {
		err = s.file.Sync()
	}
	if err != nil {
		s.err = fmt.Errorf("%w: %w", errNotSent, err)
	}
	s.spare, s.written = b, mine+1
	return s.err
}

// guard has a request recorded before it is sent, if it must not be sent twice.
func (j *Job) guard(ctx context.Context, index int64, req *request.Request) func() error {
	if j.sent == nil || req.IdempotencyKey != "" || repeatable(req.Method) {
		return nil
	}
	recorded := false
	return func() error {
		if recorded {
			return nil
		}
		err := j.sent.add(ctx, index)
		recorded = err == nil
		if errors.Is(err, errNotSent) {
			j.halt(err)
		}
		return err
	}
}

// repeatable reports whether a method may be repeated by what HTTP says of it.
func repeatable(method string) bool {
	switch method {
	case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE":
		return true
	}
	return false
}

// halt stops the run because of what it can't go on without.
func (j *Job) halt(err error) {
	j.mu.Lock()
	if j.broken == nil {
		j.broken = err
	}
	j.mu.Unlock()
	j.stop(err)
}

// forget takes the record away when every row has its line.
func (s *sent) forget() error {
	if s == nil {
		return nil
	}
	return errors.Join(s.file.Close(), os.Remove(s.path))
}
