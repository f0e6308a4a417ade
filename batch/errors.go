package batch

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// The errors that this package makes. Test for them with errors.Is.
var (
	// ErrStopped is returned by Run when Options.Stop was closed before the end.
	ErrStopped = errors.New("inflight/batch: stopped before the end; the job can be resumed")
	// ErrMaxErrors is wrapped by the error of Run when so many units had failed that
	// it stopped.
	ErrMaxErrors = errors.New("inflight/batch: too many failures; the job can be resumed")
	// ErrFailFast is wrapped by the error of Run when it stopped at a failure.
	ErrFailFast = errors.New("inflight/batch: stopped at the first failure; the job can be resumed")
	// ErrDeadline is wrapped by the error of Run when Options.Deadline had passed.
	ErrDeadline = errors.New("inflight/batch: the deadline of the job has passed; the job can be resumed")
	// ErrNotLeased is returned by Queue.Extend and Queue.Retry for a unit that the
	// caller does not have, or no longer.
	ErrNotLeased = errors.New("inflight/batch: the unit is not leased")
	// ErrBadLine is wrapped by the error of Sink.Commit for what is no line of the
	// unit it is said to be.
	ErrBadLine = errors.New("inflight/batch: not a result line")

	// ErrExists is wrapped by the error of Open when there is an output and nothing
	// said what to do with it.
	ErrExists = errors.New("inflight/batch: the output exists")
	// ErrNotRegular is wrapped by the error of Open and of Lines for what is no regular
	// file.
	ErrNotRegular = errors.New("inflight/batch: not a regular file")
	// ErrForeign is wrapped by the error of Open when the output is not one of ours.
	ErrForeign = errors.New("inflight/batch: the output was not written by a job")
	// ErrOtherJob is what an OtherJobError is.
	ErrOtherJob = errors.New("inflight/batch: the output belongs to another job")
	// ErrLocked is wrapped by the error of Open when another process, or another
	// Journal of this one, has the output open.
	ErrLocked = errors.New("inflight/batch: the output is in use")
	// ErrCorrupt is what a CorruptError is.
	ErrCorrupt = errors.New("inflight/batch: the output is damaged")
	// ErrDiskFull is what a DiskFullError is.
	ErrDiskFull = errors.New("inflight/batch: no room for the output; the job can be resumed")
	// ErrClosed is returned by the methods of a journal that was closed.
	ErrClosed = errors.New("inflight/batch: the journal is closed")
)

// An OtherJobError is returned by Open when the output belongs to another job. It
// is ErrOtherJob.
type OtherJobError struct {
	Path    string
	Differs []Difference // at least one
}

// A Difference is one thing in which two jobs differ.
type Difference struct {
	What string // such as "size of users.csv" or "option url"
	Was  string // in the job that the output belongs to; empty for absent
	Is   string // in this one; empty for absent
}

// Error names what differs.
func (e *OtherJobError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s belongs to another job: ", e.Path)
	for i, d := range e.Differs {
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "%s was %s and is %s", d.What, orNone(d.Was), orNone(d.Is))
	}
	b.WriteString("; write to another output, or force it")
	return b.String()
}

func orNone(s string) string {
	if s == "" {
		return "not there"
	}
	return fmt.Sprintf("%q", s)
}

// Is makes it ErrOtherJob.
func (e *OtherJobError) Is(target error) bool { return target == ErrOtherJob }

// A CorruptError is returned by Open when something in the middle of the output is
// no result line. Only the end of a file may be cut, where the writer died, which is one
// line; what has others behind it was damaged by something else. It is ErrCorrupt.
type CorruptError struct {
	Path   string
	Line   int64  // from 1
	Offset int64  // in the file, of the line or of the frame that it is in
	Text   string // the beginning of the line
	Why    string
}

// Error says where, and what can be done.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("%s: line %d, at byte %d, is damaged (%s): %q; take the line out, and what it was of is done again",
		e.Path, e.Line, e.Offset, e.Why, e.Text)
}

// Is makes it ErrCorrupt.
func (e *CorruptError) Is(target error) bool { return target == ErrCorrupt }

// A DiskFullError is returned by Journal.Commit when there was no room for the
// lines and none came in time. The output is as it was before, whole. It is
// ErrDiskFull and wraps what the system said.
type DiskFullError struct {
	Path   string
	Waited time.Duration
	Err    error
}

// Error says for how long it was tried.
func (e *DiskFullError) Error() string {
	return fmt.Sprintf("%s: no room for the output for %v (%v); make room and resume", e.Path, e.Waited.Round(time.Millisecond), e.Err)
}

// Is makes it ErrDiskFull.
func (e *DiskFullError) Is(target error) bool { return target == ErrDiskFull }

// Unwrap returns what the system said.
func (e *DiskFullError) Unwrap() error { return e.Err }

// stopError is one of the sentinels of a stop with what was counted.
type stopError struct {
	kind error
	text string
}

func (e *stopError) Error() string { return e.text }
func (e *stopError) Unwrap() error { return e.kind }
