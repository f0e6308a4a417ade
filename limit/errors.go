package limit

import "errors"

// ErrTooMuch is returned by Budget.Reserve for more than the whole budget: that
// wait could never end. Test for it with errors.Is.
var ErrTooMuch = errors.New("inflight/limit: more than the whole budget")
