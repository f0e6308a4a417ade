package batch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/locks"
	"github.com/inflight-go/inflight/queue"
)

// Work does one unit and returns its line.
//
// The line is a JSON object. If it does not begin with {"index":N it is given the
// index; if there is an error with it, the unit has failed, and it is given
// "ok":false unless it has it. A line with "ok":false is a failure also without an
// error. An error without a line becomes a line with the error's text. What Again
// returns gives the unit back.
//
// When ctx has ended, the grace of a stop is over: an error, whatever it is, then
// means that the unit is not done.
type Work[T any] func(ctx context.Context, u Unit[T]) (line []byte, err error)

// Run leases units from q, does work on them, many at once, and commits their lines
// to sink, until q has no more. Then it returns nil, whatever the lines say; the
// summary tells how many have failed.
//
// If it ends early (see Options and the package) the error says why: the cause of
// ctx, ErrStopped, ErrDeadline, ErrMaxErrors, ErrFailFast, or what the queue or the
// sink returned; an error of the sink gives no grace. If ctx had ended before, Run
// returns its cause and calls nothing.
//
// A panic of the work is a failed unit, with a line that says so, an event and a
// place in the summary; a panic of anything else is raised again by Run. If work
// calls runtime.Goexit, its unit has failed, and the run stops with
// inflight.ErrGoexit.
//
// Memory: at most four lines for each unit in flight, of 64 MiB in all or as large
// as one line, and the window. A slow sink slows everything down to the queue.
//
// Run panics if q, work or sink is nil.
func Run[T any](ctx context.Context, q Queue[T], work Work[T], sink Sink, o Options) (Summary, error) {
	if q == nil || work == nil || sink == nil {
		panic("inflight/batch: Run called with a nil queue, work or sink")
	}
	o = o.withDefaults()
	if ctx.Err() != nil {
		return Summary{}, context.Cause(ctx)
	}
	began := time.Now()
	r := newRun(q, work, sink, o)
	defer r.end()
	// The scope does not end with ctx: what is in flight has its grace.
	err := inflight.Run(context.WithoutCancel(ctx), func(scope context.Context, g *inflight.TaskGroup) error {
		r.begin(ctx, scope)
		return r.body(scope, g)
	}, inflight.Label("batch"))
	r.abandonWaiting()
	r.mu.Lock()
	defer r.mu.Unlock()
	s := Summary{Counts: o.Progress.Counts(), Elapsed: time.Since(began)}
	s.Complete = r.atEnd && s.Abandoned == 0 && !r.fatal
	switch {
	case err != nil:
	case r.missing != nil && !errors.Is(r.why, inflight.ErrGoexit):
		err = r.missing
	case r.missing != nil || !s.Complete:
		err = r.why
	}
	return s, err
}

type stoppingKey struct{}

// Stopping returns a channel that is closed when the run that ctx, the context of the
// work, belongs to is stopped, and the grace begins. Work that waits for its turn
// somewhere, and has not done anything yet, may give up then, with Again. In any other
// context it is nil: never closed.
func Stopping(ctx context.Context) <-chan struct{} {
	stopping, _ := ctx.Value(stoppingKey{}).(<-chan struct{})
	return stopping
}

// A run is one call of Run.
type run[T any] struct {
	queue Queue[T]
	work  Work[T]
	sink  Sink
	o     Options

	leasing context.Context // ends when no more units are leased
	alive   context.Context // of the work; ends when the grace is over
	keeping context.Context // of the sink; ends when its grace is over too

	endLeasing, endAlive, endKeeping context.CancelCauseFunc
	deaf                             func() bool // to the caller's context

	finished *queue.Queue[finished]
	bytes    *locks.Semaphore // of the lines in finished
	window   *window
	turn     locks.Mutex // to lease, in the order of the input
	turns    int64       // how many units were leased; under turn
	open     locks.Event // set while the window has room

	ok, failed atomic.Int64 // units that are finished
	wasFailed  []bool       // of the lines that are being committed, before the sink looked at them

	mu      sync.Mutex
	atEnd   bool               // the queue said that everything is done
	why     error              // why it stops
	missing error              // a worker has called runtime.Goexit
	fatal   bool               // the sink has failed
	held    map[int64]struct{} // leases to be extended; nil without
	timers  []*time.Timer
	ended   bool
}

// finished is a line on its way to the sink.
type finished struct {
	Line
	turn  int64
	bytes int64 // taken from run.bytes
}

const lineBytes = 64 << 20

func newRun[T any](q Queue[T], work Work[T], sink Sink, o Options) *run[T] {
	r := &run[T]{
		queue: q, work: work, sink: sink, o: o,
		finished: queue.New[finished](min(max(o.Concurrency, 16), 4096)),
		bytes:    locks.NewSemaphore(lineBytes),
	}
	r.open.Set()
	if o.Order == OrderInput {
		if j, ok := sink.(*Journal); ok && o.Window.Path == "" {
			o.Window.Path = spillPath(j.path)
		}
		r.window = newWindow(o.Window)
	}
	if o.Lease > 0 {
		r.held = make(map[int64]struct{})
	}
	if s, ok := any(q).(interface{ Skipped() int64 }); ok {
		skipped := s.Skipped
		o.Progress.skipped.Store(&skipped)
	}
	return r
}

// begin makes the contexts, below that of the scope, starts the clock, and listens
// to the context of the caller.
func (r *run[T]) begin(caller, scope context.Context) {
	r.leasing, r.endLeasing = context.WithCancelCause(scope)
	r.alive, r.endAlive = context.WithCancelCause(context.WithValue(scope, stoppingKey{}, r.leasing.Done()))
	r.keeping, r.endKeeping = context.WithCancelCause(scope)
	r.deaf = context.AfterFunc(caller, func() { r.stop(context.Cause(caller)) })
	if r.o.Deadline > 0 {
		r.after(r.o.Deadline, func() {
			r.stop(&stopError{ErrDeadline, fmt.Sprintf("the deadline of the job, %v, has passed; it can be resumed", r.o.Deadline)})
		})
	}
}

// end frees what the run holds.
func (r *run[T]) end() {
	r.mu.Lock()
	for _, t := range r.timers {
		t.Stop()
	}
	r.ended = true
	r.mu.Unlock()
	r.deaf()
	if r.window != nil {
		r.window.close()
	}
	r.endLeasing(nil)
	r.endAlive(nil)
	r.endKeeping(nil)
}

// after calls f after d, unless the run has ended by then.
func (r *run[T]) after(d time.Duration, f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.ended {
		r.timers = append(r.timers, time.AfterFunc(d, f))
	}
}

// stop makes the run end: no more units are leased, and what is in flight has the
// grace. Only the first call counts.
func (r *run[T]) stop(why error) {
	r.mu.Lock()
	first := r.why == nil
	if first {
		r.why = why
	}
	r.mu.Unlock()
	if !first {
		return
	}
	r.endLeasing(why)
	r.o.OnEvent(Event{Kind: EventStopping, Err: why})
	grace := max(r.o.Grace, 0)
	r.after(grace, func() {
		r.o.OnEvent(Event{Kind: EventKilled, Err: why})
		r.endAlive(why)
	})
	r.after(2*grace, func() { r.endKeeping(why) })
}

// fail makes the run end at once: what is finished can't be kept.
func (r *run[T]) fail(err error) {
	r.mu.Lock()
	if r.why != nil && !errors.Is(err, r.why) {
		err = errors.Join(err, r.why)
	}
	r.why, r.fatal = err, true
	r.mu.Unlock()
	r.endLeasing(err)
	r.endAlive(err)
	r.o.OnEvent(Event{Kind: EventStopping, Err: err})
}

// body is the scope of the run: the workers, the one who commits, and the services.
func (r *run[T]) body(ctx context.Context, g *inflight.TaskGroup) error {
	if r.o.Stop != nil {
		g.Service(r.awaitStop, inflight.Name("stop"))
	}
	if r.held != nil {
		g.Service(r.extend, inflight.Name("extend"))
	}
	g.Go(r.commit, inflight.Name("commit"))
	defer r.finished.Shutdown()
	r.workers()
	return nil // an error would cut off the one who commits
}

// workers is the scope of the work. Its end is that of the grace, if it comes to
// that, and says nothing; but a worker must not go missing.
func (r *run[T]) workers() {
	err := inflight.Run(r.alive, func(_ context.Context, g *inflight.TaskGroup) error {
		g.Go(r.worker(g, 1))
		return nil
	}, inflight.Label("work"), inflight.Supervise())
	if errors.Is(err, inflight.ErrGoexit) {
		r.mu.Lock()
		r.missing = err
		r.mu.Unlock()
	}
}

func (r *run[T]) awaitStop(ctx context.Context) error {
	select {
	case <-r.o.Stop:
		r.stop(ErrStopped)
	case <-ctx.Done():
	}
	return nil
}

// extend keeps the leases until the units are done.
func (r *run[T]) extend(ctx context.Context) error {
	for inflight.Sleep(ctx, max(r.o.Lease/3, time.Millisecond)) == nil {
		r.mu.Lock()
		held := make([]int64, 0, len(r.held))
		for index := range r.held {
			held = append(held, index)
		}
		r.mu.Unlock()
		for _, index := range held {
			// A lease that is lost belongs to somebody else by now. Both commit, and the
			// sink keeps one; there is nothing to do about it here.
			_ = r.queue.Extend(ctx, index, r.o.Lease)
		}
	}
	return nil
}

// hold and release keep the books of the leases to be extended.
func (r *run[T]) hold(index int64) {
	if r.held != nil {
		r.mu.Lock()
		r.held[index] = struct{}{}
		r.mu.Unlock()
	}
}

func (r *run[T]) release(index int64) {
	if r.held != nil {
		r.mu.Lock()
		delete(r.held, index)
		r.mu.Unlock()
	}
}

// lease waits for the next unit. In the order of the input it waits for room in the
// window first, and units get their turns one by one.
func (r *run[T]) lease(ctx context.Context) (u Unit[T], turn int64, err error) {
	if r.window == nil {
		u, err = r.queue.Lease(r.leasing)
		return u, 0, err
	}
	// The worker waits for its turn, and not the run, which would seem to wait for itself. The
	// end of leasing ends what the one before it does with the turn.
	if err := r.turn.Lock(ctx); err != nil {
		return u, 0, err
	}
	defer r.turn.Unlock()
	if err := r.open.Wait(r.leasing); err != nil {
		return u, 0, err
	}
	if u, err = r.queue.Lease(r.leasing); err == nil {
		turn = r.turns
		r.turns++
	}
	return u, turn, err
}

// leaseEnded takes note of why there are no more units.
func (r *run[T]) leaseEnded(err error) {
	switch {
	case err == io.EOF:
		r.mu.Lock()
		r.atEnd = true
		r.mu.Unlock()
	case r.leasing.Err() == nil:
		r.stop(err) // the input has failed; what is in flight is fine
	}
}
