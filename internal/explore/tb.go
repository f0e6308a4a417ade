package explore

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// A recorder is the testing.TB of one run. What goes wrong is recorded, and not
// reported: the run may be one of many that repeat a failure in order to make it
// shorter.
type recorder struct {
	testing.TB // of the test
	ctx        context.Context
	numbers    uint64        // what the program's random numbers are made from
	streams    atomic.Uint64 // how many it has asked for

	mu       sync.Mutex
	failed   bool
	skipped  bool
	log      strings.Builder
	cleanups []func()
}

// Stream returns what a stream of random numbers is to be made from, another one at
// each call. ok is false if t is not that of a run.
func Stream(t testing.TB) (seed, number uint64, ok bool) {
	r, ok := t.(*recorder)
	if ok {
		seed = r.numbers
		unseen(func() { number = r.streams.Add(1) })
	}
	return seed, number, ok
}

func (r *recorder) Context() context.Context { return r.ctx }
func (*recorder) Helper()                    {}

func (r *recorder) Cleanup(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cleanups = append(r.cleanups, f)
}

// lastCleanup takes out the function that was given to Cleanup last, nil if there
// is none.
func (r *recorder) lastCleanup() (f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.cleanups); n > 0 {
		f = r.cleanups[n-1]
		r.cleanups = r.cleanups[:n-1]
	}
	return f
}

// write adds to the log, with the line of the caller.
func (r *recorder) write(text string) {
	_, file, line, _ := runtime.Caller(2)
	r.add(fmt.Sprintf("%s:%d: %s", filepath.Base(file), line, strings.TrimSuffix(text, "\n")))
}

// add adds a line to the log.
func (r *recorder) add(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log.WriteString(line + "\n")
}

// report fails the run for what no line of the program has reported.
func (r *recorder) report(text string) {
	r.add(text)
	r.Fail()
}

// Output returns a writer to the log.
func (r *recorder) Output() io.Writer { return logWriter{r} }

type logWriter struct{ *recorder }

func (w logWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(b)
}

func (r *recorder) set(flag *bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*flag = true
}

func (r *recorder) get(flag *bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return *flag
}

func (r *recorder) Log(args ...any)                 { r.write(fmt.Sprintln(args...)) }
func (r *recorder) Logf(format string, args ...any) { r.write(fmt.Sprintf(format, args...)) }

func (r *recorder) Fail()        { r.set(&r.failed) }
func (r *recorder) Failed() bool { return r.get(&r.failed) }

func (r *recorder) FailNow() {
	r.Fail()
	runtime.Goexit()
}

func (r *recorder) Error(args ...any) {
	r.write(fmt.Sprintln(args...))
	r.Fail()
}

func (r *recorder) Errorf(format string, args ...any) {
	r.write(fmt.Sprintf(format, args...))
	r.Fail()
}

func (r *recorder) Fatal(args ...any) {
	r.write(fmt.Sprintln(args...))
	r.FailNow()
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.write(fmt.Sprintf(format, args...))
	r.FailNow()
}

func (r *recorder) Skipped() bool { return r.get(&r.skipped) }

func (r *recorder) SkipNow() {
	r.set(&r.skipped)
	runtime.Goexit()
}

func (r *recorder) Skip(args ...any) {
	r.write(fmt.Sprintln(args...))
	r.SkipNow()
}

func (r *recorder) Skipf(format string, args ...any) {
	r.write(fmt.Sprintf(format, args...))
	r.SkipNow()
}

func (r *recorder) logged() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}
