package retry

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// An Error is returned by Do when no retries were left. It wraps the last error.
type Error struct {
	Attempts int
	Err      error
}

// Error names the number of attempts and the last error.
func (e *Error) Error() string {
	return fmt.Sprintf("after %d attempts: %v", e.Attempts, e.Err)
}

// Unwrap returns the last error.
func (e *Error) Unwrap() error { return e.Err }

type permanentError struct{ error }

func (e *permanentError) Unwrap() error { return e.error }

// Permanent wraps an error that Do returns at once. Permanent(nil) is nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanentError{err}
}

type laterError struct {
	error
	wait time.Duration
}

func (e *laterError) Unwrap() error { return e.error }

// Later wraps an error before whose retry Do waits for at least wait, for example
// because the other side has said so. Later(nil, wait) is nil.
func Later(err error, wait time.Duration) error {
	if err == nil {
		return nil
	}
	return &laterError{err, wait}
}

// floor returns how long an error asks to be waited for.
func floor(err error) time.Duration {
	if later, ok := errors.AsType[*laterError](err); ok {
		return later.wait
	}
	return 0
}

// cut returns the cause of ctx behind the error that it cut the retries of.
func cut(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if errors.Is(err, cause) {
		return err
	}
	return errors.Join(err, cause)
}
