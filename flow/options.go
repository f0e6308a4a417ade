package flow

import (
	"io"
	"time"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/session"
)

// DefaultConcurrency is the default of Options.Concurrency.
const DefaultConcurrency = 32

// Options say how a flow is run. The zero value is the default.
type Options struct {
	// Vars are values for variables of the flow, instead of those in the file; env:NAME
	// is what the environment has.
	Vars map[string]string
	// Session is what requests are made by. Each limit of the flow has a session of its
	// own, with its rates and retries instead of these: a host that asks to be left
	// alone is left alone by all steps with that limit. URLs of a flow begin with http or
	// https, of which Transport makes the exchanges if it is there, or with demo, if it is
	// one of Schemes.
	Session session.Options
	// Drivers are those of the databases that the flow names: "sqlite" and "postgres",
	// of packages flow/sqlite and flow/postgres.
	Drivers map[string]Driver

	// Output is a file instead of that of the flow, of the same kind: that of the rows,
	// or of SQLite. Empty means that of the flow.
	Output string
	// State is the folder for what a run goes on with: the list as far as it was had,
	// and what since remembers. Empty means the name of the file that is written, with
	// .flow behind it; without such a file the name of the flow's own.
	State string
	// Sample runs the first so many items only, and writes their rows to Rows, as JSON
	// lines, and nothing else anywhere. Zero means a real run.
	Sample int64
	Rows   io.Writer

	// Concurrency is how many items of the list are worked on at once. Zero means
	// DefaultConcurrency.
	Concurrency int
	// Journal says how the output is written, and whether the run goes on with one.
	Journal batch.JournalOptions
	// Progress can be asked how far the run has come; nil means nobody.
	Progress *Progress
	// Deadline, Grace, Stop, MaxErrors, FailFast and OnEvent are those of batch.Options.
	Deadline, Grace time.Duration
	Stop            <-chan struct{}
	MaxErrors       int64
	FailFast        bool
	OnEvent         func(batch.Event)
}

func (o Options) withDefaults() Options {
	if o.Concurrency < 0 || o.Sample < 0 {
		panic("inflight/flow: negative Concurrency or Sample")
	}
	if o.Sample > 0 && o.Rows == nil {
		panic("inflight/flow: Sample without Rows")
	}
	if o.Concurrency == 0 {
		o.Concurrency = DefaultConcurrency
	}
	if o.Progress == nil {
		o.Progress = &Progress{}
	}
	o.Journal.Resume = o.Journal.Resume || o.Journal.RetryFailed
	return o
}
