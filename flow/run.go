package flow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/session"
)

// A Summary says what came of a run.
type Summary struct {
	batch.Summary
	Stats Stats
	// FailedBefore is how many items have failed in runs before, and not again in this one,
	// that has come to its end: Failed and it are what the output has.
	FailedBefore int64
	// Output and State are the file that was written, or what stands for it, and the
	// folder of the state; empty for a sample.
	Output, State string
}

// run is one call of Run.
type run struct {
	f         *Flow
	o         Options
	vars      map[string]any
	since     any // what the list begins with
	lanes     map[*limits]*lane
	databases map[string]Database
	counts    map[*step]*stepCount
	list      *list
	listJob   batch.Job
}

// Run runs a flow, and writes its rows. It returns nil when every item is done, whatever
// the lines say: the summary tells how many have failed.
//
// If it ends early the error says why: the cause of ctx, what batch.Run returns, ErrList,
// ErrOutput; with Journal.Resume it goes on later. Where it can't begin (ErrVar,
// ErrDriver, ErrExists, ErrState, ErrOutput, ErrList for a file that is not there, what the
// driver of a database returns, or batch.Open) nothing was asked for.
//
// Run panics for a negative Concurrency, Sample or MaxErrors, and for a Sample without Rows.
// It raises a panic of a driver, an exchange or OnEvent again; one in the work on an item is
// a failure of that item.
func (f *Flow) Run(ctx context.Context, o Options) (s Summary, err error) {
	if ctx.Err() != nil {
		return Summary{}, context.Cause(ctx)
	}
	o = o.withDefaults()
	if err := f.output.fits(o.Output); err != nil {
		return s, err
	}
	r := &run{f: f, o: o, lanes: make(map[*limits]*lane), databases: make(map[string]Database)}
	if r.vars, err = f.values(o.Vars); err != nil {
		return s, err
	}
	defer func() { err = f.secrets.cleaned(errors.Join(err, r.close())) }()
	if err := r.open(ctx); err != nil {
		return s, err
	}
	r.counts = o.Progress.count(f)
	r.list = r.newList(f.list)
	if o.Sample > 0 {
		return r.sample(ctx)
	}
	return r.whole(ctx)
}

// open makes the sessions and opens the databases.
func (r *run) open(ctx context.Context) error {
	for _, s := range r.f.steps {
		if r.lanes[s.limit] == nil {
			l, err := r.newLane(s.limit)
			if err != nil {
				return err
			}
			r.lanes[s.limit] = l
		}
		if s.kind() == "sql" {
			if err := r.connect(ctx, s.database); err != nil {
				return err
			}
		}
	}
	if d := r.f.output.database; d.driver != "" && r.o.Sample == 0 {
		if err := r.connect(ctx, r.outputDSN()); err != nil {
			return err
		}
	}
	return nil
}

// newLane makes the session of a limit.
func (r *run) newLane(l *limits) (*lane, error) {
	o := r.o.Session
	made := &lane{}
	if l != nil {
		if l.rate.n > 0 {
			o.Rate = session.Rate{N: l.rate.n, Per: l.rate.per}
		}
		if l.rateHost.n > 0 {
			o.RateHost = session.Rate{N: l.rateHost.n, Per: l.rateHost.per}
		}
		if l.perHost > 0 {
			o.PerHost = int(l.perHost)
		}
		if l.timeout > 0 {
			o.Timeout = l.timeout
		}
		switch {
		case l.retries == 0:
			o.Backoff.Retries = -1
		case l.retries > 0:
			o.Backoff.Retries = int(l.retries)
		}
		if l.concurrency > 0 {
			made.slots = inflight.NewLimiter(int(l.concurrency))
		}
	}
	var err error
	made.session, err = session.New(o)
	return made, err
}

// connect opens a database, once.
func (r *run) connect(ctx context.Context, d dsn) error {
	if r.databases[d.dsnKey()] != nil {
		return nil
	}
	driver := r.o.Drivers[d.driver]
	if driver == nil {
		return fmt.Errorf("%s: %w", d.driver, ErrDriver)
	}
	name, err := r.f.secrets.fromEnv(d.driver, d.string)
	if err != nil {
		return err
	}
	db, err := driver.Open(ctx, name, r.queries(d))
	if err != nil {
		return fmt.Errorf("%s: %w", d.driver, err)
	}
	r.databases[d.dsnKey()] = db
	return nil
}

// dsnKey tells databases apart.
func (d dsn) dsnKey() string { return d.driver + " " + d.string }

// queries is how many queries may be sent to a database at once.
func (r *run) queries(d dsn) int {
	n, list := 0, 0
	for _, s := range r.f.steps {
		if s.kind() != "sql" || s.database.dsnKey() != d.dsnKey() {
			continue
		}
		if s.parent == nil {
			list = 1 // whose query goes on while those of a sample's items run
			continue
		}
		some := r.o.Concurrency
		if s.limit != nil && s.limit.concurrency > 0 {
			some = int(s.limit.concurrency)
		}
		n = max(n, some)
	}
	return max(1, min(n, 64)+list)
}

// close closes what is open.
func (r *run) close() error {
	var errs []error
	for _, l := range r.lanes {
		errs = append(errs, l.session.Close())
	}
	for _, db := range r.databases {
		errs = append(errs, db.Close())
	}
	return errors.Join(errs...)
}

// drain lets nothing more be sent.
func (r *run) drain() {
	for _, l := range r.lanes {
		l.session.Drain()
	}
}

// outputDSN is the database of the output.
func (r *run) outputDSN() dsn {
	d := r.f.output.database
	if r.o.Output != "" && d.driver == "sqlite" {
		d.string = r.o.Output
	}
	return d
}

// outputName is the file that is written; what stands for it where there is none.
func (r *run) outputName() string {
	switch o := r.f.output; {
	case o.database.driver == "postgres":
		return flowName(r.f.name)
	case r.o.Output != "":
		return r.o.Output
	case o.database.driver != "":
		return o.database.string
	default:
		return o.file.string
	}
}

// written is what the run writes to, for who reads it.
func (r *run) written() string {
	if r.f.output.database.driver != "postgres" {
		return r.outputName()
	}
	var names []string
	for _, t := range r.f.output.tables {
		names = append(names, t.name)
	}
	return "PostgreSQL, " + strings.Join(names, ", ")
}

// flowName is the name of a flow without its folder.
func flowName(name string) string { return filepath.Base(name) }

func (r *run) state() string {
	if r.o.State != "" {
		return r.o.State
	}
	return r.outputName() + ".flow"
}

// sample runs the first items.
func (r *run) sample(ctx context.Context) (Summary, error) {
	if err := r.beginSince(); err != nil {
		return Summary{}, err
	}
	return r.batch(ctx, batch.NewWriter(r.o.Rows), nil, batch.OrderInput)
}

func (r *run) beginSince() (err error) {
	since := r.f.list.since
	if since == nil {
		return nil
	}
	if r.since, err = readSince(r.state()); err == nil && r.since == nil {
		r.since = since.start.string
	}
	return err
}

// An outlet is where a real run writes.
type outlet struct {
	sink   batch.Sink
	done   func(index int64) bool
	failed func(ctx context.Context) (int64, error)    // how many items are done that have failed, those of runs before too
	resume bool                                        // something is done already
	anew   func(ctx context.Context) error             // before the first item of a run that begins
	end    func(ctx context.Context, s *Summary) error // behind the last
	close  func() error
	id     string // tells the run from others; may be empty
	linger time.Duration
}

// whole runs all items.
func (r *run) whole(ctx context.Context) (s Summary, err error) {
	if err := r.keepsInput(); err != nil {
		return s, err
	}
	if err := r.beginSince(); err != nil {
		return s, err
	}
	out, err := r.outlet(ctx)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, out.close()) }()
	if err := r.openList(ctx, out); err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, r.list.journal.Close()) }()
	order := batch.OrderCompletion
	if r.f.output.order == orderInput {
		order = batch.OrderInput
	}
	s, err = r.batch(ctx, &orderly{r.list.journal, out.sink, r.o.Journal.Sync}, out, order)
	s.Output, s.State = r.written(), r.state()
	if e := out.end(context.WithoutCancel(ctx), &s); e != nil {
		err = errors.Join(err, e)
	}
	if err != nil {
		return s, err
	}
	failed, err := out.failed(context.WithoutCancel(ctx))
	s.FailedBefore = max(failed-s.Failed, 0)
	// One that has failed has to come again, also where that was before.
	if err == nil && failed == 0 {
		err = r.remember()
	}
	return s, err
}

// remember leaves for the next run what since has seen.
func (r *run) remember() error {
	if r.f.list.since == nil || r.list.max == nil {
		return nil
	}
	return writeSince(r.state(), r.list.max)
}

// keepsInput is an error if the output is the file that the list is read from, whatever
// it is called: that would be gone before it is read.
func (r *run) keepsInput() error {
	if r.f.list.kind() != "file" {
		return nil
	}
	in, err := os.Stat(r.f.list.file.string)
	if err != nil {
		return nil // which opening it will say
	}
	if out, err := os.Stat(r.outputName()); err == nil && os.SameFile(in, out) {
		return fmt.Errorf("%w: %s is the list of the flow, %s: write to another file", ErrOutput, r.outputName(), r.f.list.file.string)
	}
	return nil
}

// openList opens the journal of the list, which locks the state folder, and begins the
// run.
func (r *run) openList(ctx context.Context, out *outlet) (err error) {
	if r.listJob, err = r.job(); err != nil {
		return err
	}
	switch name := r.outputName(); {
	case out.id != "":
		r.listJob.Options["run"] = out.id
	case filepath.Clean(r.state()) != filepath.Clean(name)+".flow": // one for several outputs, each with a list of its own
		r.listJob.Options["output"] = name
	}
	if file := r.f.list.file.string; out.resume && file != "" {
		if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
			return fmt.Errorf("%w: %s is no regular file, and may not have the items again that it had: force the run to begin anew", ErrState, file)
		}
	}
	if err := r.list.open(r.state(), r.listJob, out.resume); err != nil {
		return err
	}
	if !out.resume {
		err = out.anew(context.WithoutCancel(ctx)) // the list of the run before is gone by now
	} else if lost, e := r.list.lost(); e != nil || lost {
		err = cmp.Or(e, fmt.Errorf("%w: %s has no list, or not all of it: bring it back, or force the run to begin anew", ErrState, r.state()))
	}
	if err != nil {
		return errors.Join(err, r.list.journal.Close())
	}
	return nil
}

// batch runs the items of the list.
func (r *run) batch(ctx context.Context, sink batch.Sink, out *outlet, order batch.Order) (Summary, error) {
	listing, cancel := context.WithCancelCause(ctx)
	reading := &reading{ended: make(chan struct{})}
	o := batch.CursorOptions[item]{Key: func(_ int64, it item) string { return it.key }, ReadAhead: r.o.Concurrency}
	if out != nil {
		o.Skip = out.done
	}
	cursor := batch.NewCursor(reading.of(r.list.all(listing)), o)
	bo := batch.Options{
		Concurrency: r.o.Concurrency, Order: order, Progress: &r.o.Progress.run,
		Deadline: r.o.Deadline, Grace: r.o.Grace, Stop: r.o.Stop, MaxErrors: r.o.MaxErrors, FailFast: r.o.FailFast,
		OnEvent: func(e batch.Event) {
			if e.Kind == batch.EventStopping {
				r.drain()
			}
			if r.o.OnEvent != nil {
				r.o.OnEvent(e)
			}
		},
	}
	if out != nil {
		bo.Linger = out.linger
	}
	sum, err := batch.Run(ctx, cursor, r.work, sink, bo)
	cancel(errEnough)
	cursor.Close()
	reading.wait()
	return Summary{Summary: sum, Stats: r.o.Progress.Stats()}, err
}

// reading knows whether the list is being read: by a goroutine for which nobody waits
// otherwise.
type reading struct {
	mu           sync.Mutex
	begun, never bool
	ended        chan struct{}
}

func (g *reading) of(all iter.Seq2[item, error]) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		g.mu.Lock()
		never := g.never
		g.begun = !never
		g.mu.Unlock()
		if never {
			return
		}
		defer close(g.ended)
		all(yield)
	}
}

// wait returns when the list is not read, and won't be.
func (g *reading) wait() {
	g.mu.Lock()
	begun := g.begun
	g.never = true
	g.mu.Unlock()
	if begun {
		<-g.ended
	}
}

// orderly is a sink that has the list on the disk before the rows.
type orderly struct {
	list *batch.Journal
	sink batch.Sink
	sync batch.Sync
}

func (o *orderly) Commit(ctx context.Context, lines []batch.Line) error {
	if o.sync != batch.SyncNever {
		if err := o.list.Sync(ctx); err != nil {
			return fmt.Errorf("%w: %w", ErrOutput, err)
		}
	}
	return o.sink.Commit(ctx, lines)
}
