package inflight

import (
	"errors"
	"runtime/debug"
	"slices"

	"github.com/inflight-go/inflight/internal/park"
)

// An outcome gathers what went wrong in a scope. Its fields are guarded by the
// lock of the scope's node.
type outcome struct {
	*failures      // nil while there are none, as in most scopes
	cut       bool // something ended early because the scope ended from above
}

type failures struct {
	errs     []error // the failures, in the order in which they happened
	seen     errorSet
	panicked *PanicError   // the first one
	also     []*PanicError // the others
}

// fail records a failure. A failure that is already there is one failure: a
// task that returns what it got from awaiting another has not failed anew.
func (o *outcome) fail(err error) {
	if o.note(err) {
		o.errs = append(o.errs, err)
	}
}

// failed makes room for the first failure.
func (o *outcome) failed() {
	if o.failures == nil {
		o.failures = new(failures)
	}
}

func (o *outcome) hasPanicked() bool { return o.failures != nil && o.panicked != nil }

// note reports whether err is new.
func (o *outcome) note(err error) bool {
	o.failed()
	if o.seen == nil {
		o.seen = make(errorSet)
	}
	return o.seen.add(err)
}

// failBody records the body's error, which stands for those failures of the
// children that it wraps: all that it does is in whole.
func (o *outcome) failBody(err error, whole errorSet) {
	if !o.note(err) {
		return
	}
	at := len(o.errs)
	kept := o.errs[:0:0]
	for i, e := range o.errs {
		if whole.has(e) {
			at = min(at, i)
			continue
		}
		kept = append(kept, e)
	}
	o.errs = slices.Insert(kept, min(at, len(kept)), err)
}

func (o *outcome) panics(p *PanicError) {
	o.failed()
	switch {
	case o.panicked == nil:
		o.panicked = p
	case o.panicked != p:
		o.also = append(o.also, p)
	}
}

// result is what the scope returns once everything in it has ended; n is its
// node. It panics if something in the scope did.
func (o *outcome) result(n *park.Node) error {
	if o.failures == nil && !o.cut {
		return nil
	}
	o.failed()
	if o.panicked != nil {
		panic(o.panic())
	}
	if n.Inherited() && (o.cut || len(o.errs) > 0) {
		cause := n.Cause()
		if !slices.ContainsFunc(o.errs, func(e error) bool { return contains(e, cause) }) {
			o.errs = append(o.errs, cause)
		}
	}
	switch len(o.errs) {
	case 0:
		return nil
	case 1:
		return o.errs[0]
	}
	return errors.Join(o.errs...)
}

// panic returns what the scope panics with: the first panic, or a copy of it
// that has the rest too, because somebody may have the first already.
func (o *outcome) panic() *PanicError {
	first := o.panicked
	var also []error
	for _, p := range o.also {
		also = append(also, p)
	}
	for _, err := range o.errs {
		if !onlyCancelled(err, first, first) { // and not only that panic again
			also = append(also, err)
		}
	}
	if also == nil {
		return first
	}
	whole := *first
	whole.Also = append(slices.Clone(first.Also), also...)
	return &whole
}

// cancelled reports whether err, returned under the node n, says nothing but
// that n, or the scope above it, was cancelled.
func cancelled(n *park.Node, err error) bool {
	for ; n != nil; n = n.Parent() {
		if ctxErr := n.Err(); ctxErr != nil && onlyCancelled(err, ctxErr, n.Cause()) {
			return true
		}
		if n.Scope() {
			break
		}
	}
	return false
}

// newPanic makes a PanicError of a recovered value. One that comes up from a
// scope below stays what it is: it has the stack where it happened.
func newPanic(v any, task string) *PanicError {
	if p, ok := v.(*PanicError); ok {
		return p
	}
	return &PanicError{Value: v, Stack: debug.Stack(), Task: task}
}
