package explore

import (
	"context"
	"fmt"
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

// cleanUp calls the functions that were given to Cleanup, the last one first,
// also those that are given meanwhile, and also when one of them does not return.
func (r *recorder) cleanUp() {
	r.mu.Lock()
	n := len(r.cleanups)
	if n == 0 {
		r.mu.Unlock()
		return
	}
	f := r.cleanups[n-1]
	r.cleanups = r.cleanups[:n-1]
	r.mu.Unlock()
	defer r.cleanUp()
	f()
}

// write adds to the log, with the line of the caller.
func (r *recorder) write(text string) {
	_, file, line, _ := runtime.Caller(2)
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(&r.log, "%s:%d: %s\n", filepath.Base(file), line, strings.TrimSuffix(text, "\n"))
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
