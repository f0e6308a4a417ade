package batch

import (
	"fmt"
	"time"
)

// The defaults of Options.
const (
	DefaultConcurrency = 100
	DefaultGrace       = 10 * time.Second
)

// Order is the order in which lines are committed.
type Order int

const (
	// OrderCompletion: as units are finished.
	OrderCompletion Order = iota
	// OrderInput: in the order in which units were leased, which with a Cursor is the
	// order of the input.
	OrderInput
)

// String returns the order's name in lower case.
func (o Order) String() string {
	switch o {
	case OrderCompletion:
		return "completion"
	case OrderInput:
		return "input"
	}
	return fmt.Sprintf("order(%d)", int(o))
}

// Options changes how Run works. The zero value is the default.
type Options struct {
	// Concurrency is how many units are worked on at once, at most. The default is
	// DefaultConcurrency.
	Concurrency int
	// Order is the order of the lines. The default is OrderCompletion. In the order of the
	// input, finished lines wait for those before them in Window, and a unit that is
	// to be tried again keeps its place, and its worker.
	Order Order
	// Window bounds what waits in the order of the input.
	Window Window

	// MaxErrors stops the run when so many units have failed, those counted whose line
	// the sink has refused. The default, 0, is no limit.
	MaxErrors int64
	// MaxErrorShare stops the run when more than this share of the units has failed,
	// from 0 to 1, once 100 are finished. The default, 0, is no limit.
	MaxErrorShare float64
	// FailFast stops the run at the first failure.
	FailFast bool
	// Deadline stops the run after so long. The default, 0, is none.
	Deadline time.Duration
	// Stop stops the run when it is closed. The default, nil, is never.
	Stop <-chan struct{}
	// Grace is how long units that are in flight may go on after a stop, before their
	// context ends; and then the sink, for the lines that are finished. The default
	// is DefaultGrace; a negative one means not at all.
	Grace time.Duration

	// Lease is for queues whose leases end by themselves: how long one lasts. The
	// lease of a unit is extended by as much again each third of it, until its line
	// is committed. The default, 0, is for queues whose leases don't.
	Lease time.Duration
	// Linger is how long a finished line may wait for others to be committed with.
	// The default, 0, is not at all: lines are committed together when they are
	// finished faster than the sink commits.
	Linger time.Duration

	// Progress can be asked how far the run has come. The default, nil, is nobody.
	Progress *Progress
	// OnEvent is told what happens. It is called by the goroutines of the run, by
	// several at once, and holds up the one that calls it.
	OnEvent func(Event)
}

// Window bounds the lines that wait for those before them. Beyond Lines or Bytes
// they are moved to a temporary file, up to Spill; beyond that no more units are
// leased until the one that all wait for is finished. What waits is not done: if the
// process dies, its units run again.
type Window struct {
	// Lines and Bytes are what is kept in memory. The defaults are 65536 and 16 MiB.
	Lines int
	Bytes int64
	// Spill is the size of the temporary file. The default is 1 GiB; a negative one
	// means no file.
	Spill int64
	// Path is the name of the temporary file, which is overwritten, and removed at
	// the end. The default is one beside the output, if the sink is a Journal, and
	// else a new one in the system's directory for such files.
	Path string
}

func (w Window) withDefaults() Window {
	if w.Lines <= 0 {
		w.Lines = 1 << 16
	}
	if w.Bytes <= 0 {
		w.Bytes = 16 << 20
	}
	if w.Spill == 0 {
		w.Spill = 1 << 30
	}
	return w
}

func (o Options) withDefaults() Options {
	switch {
	case o.Concurrency < 0:
		panic(fmt.Sprintf("inflight/batch: negative Concurrency %d", o.Concurrency))
	case o.MaxErrors < 0:
		panic(fmt.Sprintf("inflight/batch: negative MaxErrors %d", o.MaxErrors))
	case o.Order != OrderCompletion && o.Order != OrderInput:
		panic(fmt.Sprintf("inflight/batch: unknown Order %d", int(o.Order)))
	}
	if o.Concurrency == 0 {
		o.Concurrency = DefaultConcurrency
	}
	if o.Grace == 0 {
		o.Grace = DefaultGrace
	}
	if o.Progress == nil {
		o.Progress = new(Progress)
	}
	if o.OnEvent == nil {
		o.OnEvent = func(Event) {}
	}
	o.Window = o.Window.withDefaults()
	return o
}

// EventKind says what an Event is about.
type EventKind int

const (
	// EventCommitted: Lines lines were committed.
	EventCommitted EventKind = iota
	// EventStopping: no more units are leased, because of Err.
	EventStopping
	// EventKilled: the grace is over; the contexts of what is in flight have ended.
	EventKilled
	// EventPanicked: the work for unit Index panicked; Err is an *inflight.PanicError. The
	// unit has failed.
	EventPanicked
	// EventRetried: unit Index was given back for another attempt, because of Err.
	EventRetried
	// EventAbandoned: unit Index was cut short; it is not done.
	EventAbandoned
)

// An Event is something that happens in a run.
type Event struct {
	Kind  EventKind
	Index int64
	Lines int
	Err   error
}
