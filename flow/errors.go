package flow

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/inflight-go/inflight/internal/source/caret"
)

// The errors that this package makes. Test for them with errors.Is.
var (
	// ErrVar is wrapped by the error of Run, Explain and DryRun for a variable that the flow
	// does not have, or whose value can't be had.
	ErrVar = errors.New("inflight/flow: bad variable")
	// ErrList is wrapped by the error of Run when the list could not be had whole. What
	// was had of it is kept, and the run can be resumed.
	ErrList = errors.New("inflight/flow: the list could not be read to its end")
	// ErrDriver is wrapped by the error of Run for a database without a driver in
	// Options.Drivers.
	ErrDriver = errors.New("inflight/flow: no driver for the database")
	// ErrExists is wrapped by the error of Run when the database has a run of this flow
	// that did not come to its end, and nothing says what to do with it.
	ErrExists = errors.New("inflight/flow: an unfinished run of the flow is there")
	// ErrState is wrapped by the error of Run when the state folder does not go with the
	// output.
	ErrState = errors.New("inflight/flow: the state does not belong to the output")
	// ErrOutput is wrapped by the error of Run when rows could not be written.
	ErrOutput = errors.New("inflight/flow: the output could not be written")
)

// An Error is one thing that is wrong with a flow.
type Error struct {
	File         string
	Line, Column int    // from 1; in characters
	Text         string // the line
	Reason       string
}

// Error is file:line:column: what is wrong, and below it the line with a mark under the
// column.
func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s\n%s", e.File, e.Line, e.Column, e.Reason, caret.Under(e.Text, e.Column))
}

// Errors are all that is wrong with a flow, in the order of the file.
type Errors []*Error

// Error has all of them, one after the other.
func (e Errors) Error() string {
	texts := make([]string, len(e))
	for i, one := range e {
		texts[i] = one.Error()
	}
	return strings.Join(texts, "\n")
}

// Unwrap returns them.
func (e Errors) Unwrap() []error {
	all := make([]error, len(e))
	for i, one := range e {
		all[i] = one
	}
	return all
}

// sorted are the errors in the order of the file; nil for none.
func (e Errors) sorted() error {
	if len(e) == 0 {
		return nil
	}
	slices.SortStableFunc(e, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return e
}
