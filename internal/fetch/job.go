package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/internal/connect"
	"github.com/inflight-go/inflight/internal/option"
	"github.com/inflight-go/inflight/internal/request"
	"github.com/inflight-go/inflight/internal/source"
	"github.com/inflight-go/inflight/session"
)

// A Job is one run of fetch. Make one with New, and close it.
type Job struct {
	// Log is told what happens, without what is secret; nil for nobody. It must be set
	// before Run.
	Log *slog.Logger

	o                     Options
	source                *source.Source
	plan                  *request.Plan
	args                  []string // URLs that are rows
	globs                 bool     // which may have globs
	again                 bool     // the input can be read again
	data                  bool     // the rows of the input need no URL
	sentData, sentRequest string   // digests of the files that say what is sent
	connection            *connect.Connection
	session               *session.Session // of the connection
	budgets               []*budget
	judge                 *judge
	show                  *show
	out                   *output
	sink                  batch.Sink
	journal               *batch.Journal // nil where nothing can be resumed
	relay                 *relay         // nil where the journal is all
	formed                *formed        // nil where lines are written as they are
	sent                  *sent          // nil where requests may be sent again
	closers               []io.Closer
	ramp                  *inflight.Limiter
	resume                string

	counts    batch.Progress
	latencies latencies
	times     histogram
	holds     atomic.Int64
	began     time.Time
	skipped   int64
	before    int64 // of those, the ones that failed
	torn      int64
	total     int64
	stop      context.CancelCauseFunc // of the run

	mu       sync.Mutex
	classes  map[string]int64 // of failures
	first    map[string]int64
	statuses [len(statusClasses)]int64
	hosts    map[string]*hostCount
	retries  int64
	bytes    int64
	bad      error // the first bad row, under Strict
	broken   error // what the run can't go on without

	untoldRows  int64 // of which a template made no text
	firstUntold error
	unreadable  int64 // failed rows that are not among the errors
}

// New makes a job of what the options say. An error is an *option.Error or an *Error:
// nothing was sent and nothing was written then, unless the output could not be opened.
func New(ctx context.Context, o Options, in io.Reader, out io.Writer) (job *Job, err error) {
	j := &Job{o: o, classes: make(map[string]int64), first: make(map[string]int64), hosts: make(map[string]*hostCount), total: -1}
	defer func() {
		if err != nil {
			j.Close()
		}
	}()
	if err := o.check(); err != nil {
		return nil, err
	}
	if j.out, err = newOutput(&o); err != nil {
		return nil, err
	}
	for _, part := range []func(context.Context) error{j.compile, j.connect} {
		if err := part(ctx); err != nil {
			return nil, err
		}
	}
	if err := j.recall(); err != nil {
		return nil, err
	}
	if err := j.open(in, out); err != nil {
		return nil, err
	}
	return j, nil
}

// check finds what is wrong with the options by themselves.
func (o *Options) check() error {
	switch {
	case len(o.Args) == 0 && len(o.Input) == 0 && o.Post == "" && o.Request == "" && (o.Resume || o.RetryFailed):
		return option.Errorf("what is to be gone on with? Give the same URLs, or the same input with -i, and the same flags as before")
	case len(o.Args) == 0 && len(o.Input) == 0 && o.Post == "" && o.Request == "":
		return option.Errorf("nothing to fetch: give URLs, or an input with -i FILE; -i - is stdin")
	case o.Concurrency < 1:
		return option.Wrong("concurrency", fmt.Sprint(o.Concurrency), "1 or more")
	case o.Resume && o.Force:
		return option.Errorf("--resume and --force: one goes on with the output, the other writes over it")
	}
	if _, _, err := option.MaxErrors(o.MaxErrors); err != nil {
		return err
	}
	if err := option.OneOf("on-uncertain", o.OnUncertain, "retry", "skip", "report"); err != nil {
		return err
	}
	if _, _, err := option.Fsync(o.Fsync); err != nil {
		return err
	}
	if err := errors.Join(option.Duration("deadline", o.Deadline), option.Duration("grace", o.Grace), option.Duration("ramp", o.Ramp)); err != nil {
		return err
	}
	if err := o.checkInput(); err != nil {
		return err
	}
	return option.OneOf("order", o.Order, "completion", "input")
}

// checkInput finds what is wrong with the options of the input.
func (o *Options) checkInput() error {
	stdins := 0
	for _, path := range o.Input {
		if path == "-" {
			stdins++
		}
	}
	switch {
	case stdins > 1:
		return option.Errorf("-i - is there more than once; the standard input can be read once")
	case o.Limit < 0:
		return option.Wrong("limit", fmt.Sprint(o.Limit), "a number of rows; 0 for all")
	case o.Offset < 0:
		return option.Wrong("offset", fmt.Sprint(o.Offset), "a number of rows")
	case !(o.Sample >= 0 && o.Sample <= 1):
		return option.Wrong("sample", fmt.Sprint(o.Sample), "a share from 0 to 1, such as 0.01")
	case o.Dedupe == "key" && o.KeyExpr == "":
		return option.Errorf("--dedupe key needs the key: --key .id")
	}
	if o.In != "" {
		if err := option.OneOf("in", o.In, "lines", "jsonl", "json", "csv", "tsv", "http", "curl"); err != nil {
			return err
		}
	}
	return option.OneOf("dedupe", o.Dedupe, "none", "request", "key")
}

// compile makes everything that is made of expressions and templates.
func (j *Job) compile(ctx context.Context) (err error) {
	if err := j.newPlan(ctx); err != nil {
		return err
	}
	if j.budgets, err = newBudgets(&j.o); err != nil {
		return err
	}
	if j.judge, err = newJudge(&j.o); err != nil {
		return err
	}
	if j.show, err = newShow(&j.o, j.out.form); err != nil || j.show.files == nil {
		return err
	}
	return j.show.files.of(j.out.journal, j.out.own(&j.o))
}

func (j *Job) connect(ctx context.Context) error {
	c, err := connect.New(ctx, &j.o.Options, func(s *session.Options) {
		s.SHA256 = j.show.fields&fieldSHA256 != 0
		s.Trace = j.show.fields&fieldRemote != 0 || option.Has(j.o.Include, "timings")
		j.watchHosts(s)
	})
	if err != nil {
		return err
	}
	j.connection, j.session = c, c.Session
	return nil
}

// Close frees what the job holds.
func (j *Job) Close() {
	if j.connection != nil {
		_ = j.connection.Close()
	}
	if j.source != nil {
		_ = j.source.Close()
	}
	if j.journal != nil {
		_ = j.journal.Close() // Run has closed it already if it ran
	}
	for _, c := range j.closers {
		_ = c.Close()
	}
}

// Run works through the rows. The summary is there also when it ended early; the
// error then says why: an *Error, or the cause of ctx.
func (j *Job) Run(ctx context.Context) (*Summary, error) {
	j.began = time.Now()
	j.tellBegin()
	run, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	j.stop = stop
	rows := batch.NewCursor(j.source.All(context.WithoutCancel(ctx)), batch.CursorOptions[source.Row]{
		Index:     func(r source.Row) int64 { return r.Index },
		ReadAhead: 2 * j.o.Concurrency,
	})
	defer rows.Close()
	maxErrors, share, err := option.MaxErrors(j.o.MaxErrors)
	if err != nil {
		return nil, err
	}
	o := batch.Options{
		Concurrency:   j.o.Concurrency,
		MaxErrors:     maxErrors,
		MaxErrorShare: share,
		FailFast:      j.o.FailFast,
		Deadline:      j.o.Deadline,
		Grace:         j.o.Grace,
		Progress:      &j.counts,
		OnEvent: func(e batch.Event) {
			if e.Kind == batch.EventStopping {
				j.session.Drain()
			}
			j.tellBatch(e)
		},
	}
	if j.o.Order == "input" {
		o.Order = batch.OrderInput
		if j.relay != nil {
			o.Window.Path = j.out.journal + ".spill"
		}
	}
	if j.o.Grace == 0 {
		o.Grace = -1
	}
	var sum batch.Summary
	err = inflight.Run(context.WithoutCancel(ctx), func(_ context.Context, g *inflight.TaskGroup) error {
		g.Service(j.count, inflight.Name("count"))
		if j.o.State != "" {
			if err := j.save(time.Now().Add(memoryEvery)); err != nil {
				return err
			}
			g.Service(j.remember, inflight.Name("remember"))
		}
		if j.ramp != nil {
			g.Service(j.climb, inflight.Name("ramp"))
		}
		if j.relay != nil {
			if err := j.relay.catchUp(); err != nil {
				return err
			}
		}
		var err error
		sum, err = batch.Run(run, rows, j.work, j.sink, o)
		return err
	})
	if j.o.State != "" {
		if failed := j.save(time.Time{}); err == nil {
			err = failed
		}
	}
	err = j.finish(ctx, sum.Complete, err)
	s := j.summary(sum, err)
	j.tellEnd(s)
	return s, err
}

// finish closes the output, and tells what ended the run.
func (j *Job) finish(ctx context.Context, complete bool, err error) error {
	if complete && err == nil {
		err = j.formed.flush()
	}
	if j.journal != nil {
		failed := j.settle(context.WithoutCancel(ctx), complete)
		if err == nil {
			err = failed
		} else if failed != nil {
			err = errors.Join(err, failed)
		}
	}
	j.mu.Lock()
	bad, broken := j.bad, j.broken
	j.mu.Unlock()
	switch {
	case broken != nil:
		return &Error{IO, broken}
	case bad != nil:
		return &Error{BadInput, bad}
	case err == nil:
		return nil
	case errors.Is(err, batch.ErrMaxErrors), errors.Is(err, batch.ErrFailFast), errors.Is(err, batch.ErrDeadline):
		return &Error{Stopped, err}
	case errors.Is(err, context.Canceled) && !errors.Is(err, batch.ErrDiskFull):
		return err
	}
	return &Error{IO, err}
}

// settle brings the journal into its last form, and makes of it what is made of it.
func (j *Job) settle(ctx context.Context, complete bool) (err error) {
	switch {
	case !complete || j.journal.Stats().Superseded == 0: // what was tried again, also by a run that ended early, has one line
	case j.relay != nil:
		err = j.relay.compact(ctx)
	default:
		err = j.journal.Compact(ctx)
	}
	err = errors.Join(err, j.derive(ctx), j.journal.Close())
	if complete && err == nil {
		err = j.sent.forget()
	}
	return err
}

// count finds out how many rows there are, for the progress.
func (j *Job) count(ctx context.Context) error {
	n, _, err := j.source.Count(ctx)
	if err == nil {
		j.mu.Lock()
		j.total = n
		j.mu.Unlock()
	}
	return nil // whoever reads the rows will meet the error too
}

// climb raises the number of requests at once, step by step.
func (j *Job) climb(ctx context.Context) error {
	const steps = 50
	for i := 1; i <= steps; i++ {
		if inflight.Sleep(ctx, j.o.Ramp/steps) != nil {
			return nil
		}
		j.ramp.SetLimit(max(1, j.o.Concurrency*i/steps))
	}
	j.ramp.SetLimit(inflight.Unlimited)
	return nil
}

// Progress says how far the job has come. It may be called by any goroutine.
func (j *Job) Progress() Progress {
	c := j.counts.Counts()
	q := j.latencies.quantiles(0.5, 0.99)
	var holds []Hold
	for _, h := range j.session.Holds() {
		holds = append(holds, Hold{h.Host, time.Until(h.Until)})
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	p := Progress{
		Total: j.total, Skipped: j.skipped, Done: c.Done, OK: c.Done - c.Failed, Failed: c.Failed,
		Retries: j.retries, InFlight: c.InFlight, Bytes: j.bytes, P50: q[0], P99: q[1],
		Holds: holds,
	}
	if !j.began.IsZero() {
		p.Elapsed = time.Since(j.began)
	}
	return p
}

func (j *Job) summary(sum batch.Summary, err error) *Summary {
	s := &Summary{Progress: j.Progress(), Sum: time.Duration(j.latencies.sum.Load()), Classes: j.classes, First: j.first}
	s.InFlight = 0
	if j.journal != nil {
		s.Output, s.Torn, s.Before = j.o.Output, j.torn, j.before
		if j.out.journal != s.Output {
			s.Journal = j.out.journal
		}
		s.Errors, s.Unreadable = j.out.errors, j.unreadable
	}
	s.Untold, s.FirstUntold = j.untoldRows, j.firstUntold
	if err != nil {
		s.Stopped = err
	}
	if !sum.Complete && j.journal != nil {
		s.Resume = j.resume
	}
	return s
}

// DryRun prints the first n requests as curl commands, and sends nothing.
func (j *Job) DryRun(ctx context.Context, out io.Writer, n int) error {
	printed := 0
	for row, err := range j.source.All(ctx) {
		if err != nil {
			return &Error{IO, err}
		}
		if printed == n {
			return nil
		}
		printed++
		if _, err := io.WriteString(out, j.dry(row)); err != nil {
			return &Error{IO, err}
		}
	}
	return nil
}

// dry is what DryRun prints of a row.
func (j *Job) dry(row source.Row) string {
	if row.Err != nil {
		return fmt.Sprintf("# %s\n", j.hide(row.Err.Error()))
	}
	req, err := j.plan.Build(row)
	if err != nil {
		return fmt.Sprintf("# %s:%d: %s\n", row.File, row.Line, j.hide(err.Error()))
	}
	ignored := ""
	if row.Request != nil && len(row.Request.Ignored) > 0 {
		ignored = fmt.Sprintf("# %s:%d: of no effect here: %s\n", row.File, row.Line, strings.Join(row.Request.Ignored, " "))
	}
	return ignored + j.connection.Hide(request.Curl(req)) + "\n"
}

// raw is the row as the output repeats it.
func raw(row *source.Row) json.RawMessage { return row.Raw }
