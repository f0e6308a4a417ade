package files

import (
	"errors"
	"fmt"
	"strings"
)

// The errors that this package makes. Test for them with errors.Is.
var (
	// ErrLineTooLong is wrapped by the LineError of a line that is longer than MaxLine
	// allows. The loop may go on: the next line is the one behind it.
	ErrLineTooLong = errors.New("inflight/files: the line is too long")
	// ErrBinary is wrapped by the LineError of what is no text: there is a zero byte among
	// the first 8000, as there is in UTF-16, in programs and in pictures.
	ErrBinary = errors.New("inflight/files: it is not text")
	// ErrChanged is wrapped by the error of a file whose size is not what it was when it was
	// opened.
	ErrChanged = errors.New("inflight/files: the file was changed meanwhile")
)

// A LineError says which line can't be read. It wraps ErrLineTooLong or ErrBinary.
type LineError struct {
	Path   string // empty for LinesOf
	Line   int64  // from 1; 0 in a range that is not the first of its file
	Offset int64  // of its first byte, in the content as it is unpacked
	Text   string // how the line begins
	Why    string
	Err    error
}

// Error says where the line is, what is wrong with it, and how it begins.
func (e *LineError) Error() string {
	var b strings.Builder
	if e.Path != "" {
		fmt.Fprintf(&b, "%s: ", e.Path)
	}
	if e.Line > 0 {
		fmt.Fprintf(&b, "line %d, ", e.Line)
	}
	fmt.Fprintf(&b, "at byte %d: %s: it begins with %q", e.Offset, e.Why, e.Text)
	return b.String()
}

// Unwrap returns Err.
func (e *LineError) Unwrap() error { return e.Err }

// changed is ErrChanged.
type changed struct {
	path    string
	was, is int64
}

func (e *changed) Error() string {
	how := "has grown"
	if e.is < e.was {
		how = "was cut"
	}
	return fmt.Sprintf("%s: it %s from %d to %d bytes while it was read", e.path, how, e.was, e.is)
}

func (e *changed) Is(target error) bool { return target == ErrChanged }
