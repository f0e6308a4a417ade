package warc

import (
	"errors"
	"fmt"
)

// ErrClosed is returned by a Writer that was closed.
var ErrClosed = errors.New("inflight/crawl/warc: closed")

// ErrForeign is returned by Open, and by Write where it begins the next file, for a
// file that is no archive, or one that is there and should not be.
var ErrForeign = errors.New("inflight/crawl/warc: the file is there, and is not this archive")

// ErrLocked is returned by Open, and by Write where it begins an archive, for one that
// another Writer has.
var ErrLocked = errors.New("inflight/crawl/warc: another writer has the archive")

// A CorruptError says that an archive is damaged in the middle, so that its good part
// can't be told from what is torn.
type CorruptError struct {
	Path   string
	Offset int64 // of the record that can't be read
	Err    error
}

// Error names the file and the place, and what can be done.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("%s: the record at byte %d can't be read: %v; take the file away, or cut it there", e.Path, e.Offset, e.Err)
}

// Unwrap returns why the record can't be read.
func (e *CorruptError) Unwrap() error { return e.Err }
