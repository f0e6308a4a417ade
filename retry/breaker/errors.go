package breaker

import (
	"errors"
	"fmt"
	"time"

	"github.com/inflight-go/inflight/retry"
)

// ErrOpen is what an *OpenError is, by errors.Is.
var ErrOpen = errors.New("inflight/retry/breaker: the breaker is open")

// An OpenError is returned by Allow and Do, without Wait, for a call that was refused.
type OpenError struct {
	Key string
	// Until is when calls may be let through again. It may be now, when the
	// breaker is half-open and has all the probes that it wants.
	Until time.Time
}

// Error names the key and the moment.
func (e *OpenError) Error() string {
	return fmt.Sprintf("too many calls to %q have failed, none are made before %s", e.Key, e.Until.Format("15:04:05.000"))
}

// Is reports whether target is ErrOpen.
func (e *OpenError) Is(target error) bool { return target == ErrOpen }

// Class returns retry.ClassBreakerOpen.
func (e *OpenError) Class() retry.Class { return retry.ClassBreakerOpen }
