package inflight

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"reflect"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/inflight-go/inflight/internal/park"
	"github.com/inflight-go/inflight/internal/stopping"
)

// A SignalError is the cause of the context of Main once the program was told to
// end. By errors.Is it is context.Canceled.
type SignalError struct{ Signal os.Signal }

// Error names the signal.
func (e *SignalError) Error() string {
	if e.Signal == nil {
		return "signal"
	}
	return "signal: " + e.Signal.String()
}

// Unwrap returns context.Canceled.
func (e *SignalError) Unwrap() error { return context.Canceled }

// ExitCode returns 128 and the signal's number: 130 for an interrupt, 143 for
// SIGTERM, also where signals have no numbers.
func (e *SignalError) ExitCode() int {
	switch e.Signal {
	case os.Interrupt:
		return 130
	case syscall.SIGTERM:
		return 143
	}
	if number := reflect.ValueOf(e.Signal); number.CanInt() {
		return 128 + int(number.Int())
	}
	return 1
}

// DefaultGrace is how long Main waits for fn to clean up.
const DefaultGrace = 30 * time.Second

// A MainOption changes how Main works.
type MainOption func(*mainOptions)

type mainOptions struct {
	grace time.Duration
	drain time.Duration
	debug int
}

// Grace sets how long fn has to return once its context was cancelled; zero or
// less means not at all. The default is DefaultGrace.
func Grace(d time.Duration) MainOption { return func(o *mainOptions) { o.grace = d } }

// Drain puts a stage before the cancellation: on a signal the channel of Stopping
// is closed, for servers to take no more work and finish what they have, and the
// context is cancelled after d if fn has not returned by then. The default is
// zero: cancel at once.
func Drain(d time.Duration) MainOption { return func(o *mainOptions) { o.drain = d } }

// Debug is SetDebug for the time that Main runs. The default is what the
// environment variable INFLIGHT_DEBUG says, and 0 without that.
func Debug(level int) MainOption { return func(o *mainOptions) { o.debug = level } }

// Stopping returns a channel that is closed when the program was told to end and
// should begin to drain, see Drain; in what a server of package serve calls, when
// that drains. Outside of both it is nil: never closed.
func Stopping(ctx context.Context) <-chan struct{} { return stopping.Channel(ctx) }

// Main is the whole of a program's main function: it calls fn, and ends the
// process.
//
// The first SIGINT or SIGTERM cancels fn's context, with a *SignalError as the
// cause; fn cleans up and returns. The second ends the process at once. If fn has
// not returned Grace after the cancellation, Main writes to stderr what is still
// running, and ends the process.
//
// The exit code is 0 when fn returns nil; 130 (SIGINT) or 143 (SIGTERM) when it
// returns that it was cancelled by the signal, or did not return; otherwise 1, or
// what the method ExitCode() int of the error says, and the error is written to
// stderr, unless its text is empty. A panic is a panic.
func Main(fn func(context.Context) error, opts ...MainOption) {
	if fn == nil {
		panic("inflight: Main called with a nil function")
	}
	os.Exit(runMain(fn, os.Stderr, os.Exit, opts))
}

// runMain returns the exit code; exit is called for one that can't wait.
func runMain(fn func(context.Context) error, stderr io.Writer, exit func(int), opts []MainOption) int {
	o := mainOptions{grace: DefaultGrace, debug: debugFromEnv()}
	for _, opt := range opts {
		opt(&o)
	}
	defer park.Level.Store(park.Level.Swap(int32(o.debug)))

	drain := make(chan struct{})
	ctx, cancel := context.WithCancelCause(stopping.With(context.Background(), drain))
	defer cancel(nil)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	returned := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case s := <-signals:
			why := &SignalError{s}
			if o.drain <= 0 {
				cancel(why) // first, so that who is told to drain sees that there is no time for it
			}
			close(drain)
			o.end(why, cancel, signals, returned, stderr, exit)
		case <-returned:
		}
	})
	err := func() error {
		defer func() { // also when fn panics
			signal.Stop(signals)
			close(returned)
			watch.Wait()
		}()
		return Run(ctx, func(ctx context.Context, _ *TaskGroup) error { return fn(ctx) }, Label("main"))
	}()
	return exitCode(err, ctx, stderr)
}

// end takes fn from the first signal to its return, or ends the process.
func (o *mainOptions) end(s *SignalError, cancel context.CancelCauseFunc, signals <-chan os.Signal, returned <-chan struct{}, stderr io.Writer, exit func(int)) {
	grace := time.NewTimer(o.drain)
	defer grace.Stop()
	for cancelled := false; ; {
		select {
		case <-returned:
			return
		case <-signals:
			exit(s.ExitCode())
			return
		case <-grace.C:
			if cancelled {
				fmt.Fprintf(stderr, "%s: %v after %v:\n", program(), ErrAbandoned, o.grace)
				writeTree(stderr)
				exit(s.ExitCode())
				return
			}
			cancelled = true
			cancel(s)
			grace.Reset(o.grace)
		}
	}
}

func exitCode(err error, ctx context.Context, stderr io.Writer) int {
	var s *SignalError
	if errors.As(context.Cause(ctx), &s) && err != nil && onlyCancelled(err, context.Canceled, s) {
		return s.ExitCode()
	}
	if err == nil {
		return 0
	}
	if text := err.Error(); text != "" {
		fmt.Fprintf(stderr, "%s: %s\n", program(), text)
	}
	var coded interface{ ExitCode() int }
	if errors.As(err, &coded) {
		if _, ok := coded.(*SignalError); !ok {
			return coded.ExitCode()
		}
	}
	return 1
}

func debugFromEnv() int {
	level, _ := strconv.Atoi(os.Getenv("INFLIGHT_DEBUG"))
	return level
}

func program() string { return filepath.Base(os.Args[0]) }
