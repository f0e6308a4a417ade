package session

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/inflight-go/inflight/retry"
)

// The errors that this package makes. Test for them with errors.Is.
var (
	// ErrClosed is wrapped by the error of Do when the session is closed, before
	// or meanwhile.
	ErrClosed = errors.New("inflight/session: the session is closed")
	// ErrDraining is wrapped by the error of Do for what was not under way, or would
	// have been tried again, when the session was drained.
	ErrDraining = errors.New("inflight/session: draining, nothing more is sent")
	// ErrRetries is a Response's GaveUp when no retries were left.
	ErrRetries = errors.New("inflight/session: no retries left")
	// ErrMethod is a Response's GaveUp when the method is not idempotent, and the
	// server might have acted upon the request.
	ErrMethod = errors.New("inflight/session: not retried, the method is not idempotent")
	// ErrTooManyRedirects and ErrRedirectLoop are wrapped by the error of Do.
	ErrTooManyRedirects = errors.New("inflight/session: too many redirects")
	ErrRedirectLoop     = errors.New("inflight/session: the redirects go round in a circle")
	// ErrBodyTooLarge is wrapped by the error of Do, with Options.FailTooLarge.
	ErrBodyTooLarge = errors.New("inflight/session: the body is too large")
	// ErrRetryAfter is wrapped by the error of Do when the host asks for more than
	// Options.RetryAfterMax.
	ErrRetryAfter = errors.New("inflight/session: the host wants to be left alone for too long")
	// ErrDenied is wrapped by the error of Do for an address that DenyPrivate
	// refuses.
	ErrDenied = errors.New("inflight/session: not a public address")
)

// An Error is returned by Do when there is no answer, or none that can be used. It
// wraps the cause: that of the context if it has ended.
type Error struct {
	Method string
	URL    string // the first, without user and password
	Class  retry.Class
	// Status is that of the last answer, 0 for none.
	Status int
	// Attempts are all that were made; the last one is the one that has failed,
	// unless the context has ended between two.
	Attempts []Attempt
	// Response is what there is of the last answer, nil for nothing.
	Response *Response
	Timings  Timings
	Started  time.Time
	Err      error
}

// Error names the request, and what went wrong.
func (e *Error) Error() string {
	n := ""
	if len(e.Attempts) > 1 {
		n = fmt.Sprintf(" after %d attempts", len(e.Attempts))
	}
	return fmt.Sprintf("%s %s%s: %v", e.Method, e.URL, n, e.Err)
}

// Unwrap returns what went wrong.
func (e *Error) Unwrap() error { return e.Err }

// A classError gives an error its class.
type classError struct {
	class retry.Class
	error
}

func (e *classError) Unwrap() error      { return e.error }
func (e *classError) Class() retry.Class { return e.class }

// A TimeoutError says which time was over. It is a timeout to net.Error, and is
// os.ErrDeadlineExceeded by errors.Is.
type TimeoutError struct {
	Phase Phase // what was going on
	Limit time.Duration
}

// A Phase is a part of an exchange.
type Phase string

// The phases. Idle is when the body has stopped coming.
const (
	PhaseDNS     Phase = "dns"
	PhaseConnect Phase = "connect"
	PhaseTLS     Phase = "tls"
	PhaseHeader  Phase = "header"
	PhaseBody    Phase = "body"
	PhaseIdle    Phase = "idle"
)

var phaseTexts = map[Phase]string{
	PhaseDNS:     "the host was not looked up within %v",
	PhaseConnect: "no connection within %v",
	PhaseTLS:     "no TLS handshake within %v",
	PhaseHeader:  "no answer within %v",
	PhaseBody:    "the body was not read within %v",
	PhaseIdle:    "no byte of the body came for %v",
}

// Error names the phase and the limit.
func (e *TimeoutError) Error() string { return fmt.Sprintf(phaseTexts[e.Phase], e.Limit) }

// Is reports whether target is os.ErrDeadlineExceeded.
func (e *TimeoutError) Is(target error) bool { return target == os.ErrDeadlineExceeded }

// Timeout returns true.
func (e *TimeoutError) Timeout() bool { return true }

// Temporary returns true.
func (e *TimeoutError) Temporary() bool { return true }

// Class returns retry.ClassTimeout.
func (e *TimeoutError) Class() retry.Class { return retry.ClassTimeout }

// A StatusError is an answer that is a failure by its status.
type StatusError struct {
	Status int
	URL    string
	Body   []byte // the first bytes of the body
}

// Error names the URL and the status.
func (e *StatusError) Error() string {
	return fmt.Sprintf("%s: status %d %s", e.URL, e.Status, http.StatusText(e.Status))
}

// Class returns retry.ClassHTTP.
func (e *StatusError) Class() retry.Class { return retry.ClassHTTP }
