package hub

import (
	"errors"
	"fmt"
)

// The errors of this package. Test for them with errors.Is.
var (
	// ErrNotRunning is returned by Broadcast and Send while Run does not run, or is
	// about to end.
	ErrNotRunning = errors.New("inflight/hub: the hub is not running")
	// ErrNotUTF8 is returned by Broadcast and Send for text that is not UTF-8: a
	// browser would hang up. Binary messages may be anything.
	ErrNotUTF8 = errors.New("inflight/hub: text that is not UTF-8: send it as binary")
)

// The codes of RFC 6455 that say why a connection is closed. Those from 4000 to 4999
// are free for everybody.
const (
	Normal        = 1000 // the handler has returned nil
	GoingAway     = 1001 // the hub ends
	ProtocolError = 1002 // what came was not a frame
	NoCode        = 1005 // the client has closed and not said why; never sent
	Abnormal      = 1006 // there was no close, the connection is just gone; never sent
	InvalidData   = 1007 // text that was not UTF-8, or not to be decompressed
	Policy        = 1008 // too slow, or too many messages
	TooBig        = 1009 // a message above Options.MaxMessage
	Failed        = 1011 // the handler has panicked or returned an error, or a ping had no answer
)

// A CloseError says why a client has gone. A handler may return one: its code and
// reason are what the client is told.
type CloseError struct {
	Code   int
	Reason string
	Remote bool  // it was the client who has closed
	Err    error // what went wrong with the connection, or in the handler; nil for nothing
}

// Error says who has closed, and why.
func (e *CloseError) Error() string {
	by := "closed by the hub"
	if e.Remote {
		by = "closed by the client"
	}
	s := fmt.Sprintf("%s: %d", by, e.Code)
	if e.Reason != "" {
		s += fmt.Sprintf(" %q", e.Reason)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns what went wrong with the connection, or in the handler.
func (e *CloseError) Unwrap() error { return e.Err }
