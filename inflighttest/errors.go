package inflighttest

import "errors"

// The errors that this package makes. Test for them with errors.Is.
var (
	// ErrSequence is returned by the methods of Sequencer for a number that was
	// used already, and to those whose step can't come any more because one before
	// it was cancelled.
	ErrSequence = errors.New("inflight/inflighttest: out of sequence")
)
