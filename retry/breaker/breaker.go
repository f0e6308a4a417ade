package breaker

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/locks"
)

// Options say when a breaker opens, and for how long. The zero value has the
// defaults.
type Options struct {
	// Share is the share of failures that opens it, more than 0 and at most 1;
	// zero means 0.5.
	Share float64
	// Samples is how many calls there must have been in Window for that; zero
	// means 20.
	Samples int
	// Open is how long it stays open; zero means 30 s.
	Open time.Duration
	// Window is how far back calls count; zero means 30 s.
	Window time.Duration
	// Probes is how many calls are let through when it is half-open, all of which
	// must succeed; zero means 1.
	Probes int
	// Wait makes Allow wait until the call may go through. Without it Allow fails.
	Wait bool
	// OnChange, if it is not nil, is told when the breaker of a key goes to another
	// state: "open", "half-open" or "closed". It must not use the breaker.
	OnChange func(key, state string)
	// Keys is how many keys are remembered; zero means 10 000. Beyond that the one
	// that was used least recently is forgotten, as if it had never failed.
	Keys int
}

// buckets is in how many steps old calls are forgotten.
const buckets = 10

func (o *Options) fill() {
	if o.Share < 0 || o.Share > 1 || o.Samples < 0 || o.Open < 0 || o.Window < 0 || o.Probes < 0 || o.Keys < 0 {
		panic(fmt.Sprintf("inflight/retry/breaker: New(%+v): a share must be between 0 and 1, and nothing negative", *o))
	}
	if o.Share == 0 {
		o.Share = 0.5
	}
	if o.Samples == 0 {
		o.Samples = 20
	}
	if o.Open == 0 {
		o.Open = 30 * time.Second
	}
	if o.Window == 0 {
		o.Window = 30 * time.Second
	}
	if o.Probes == 0 {
		o.Probes = 1
	}
	if o.Keys == 0 {
		o.Keys = 10_000
	}
}

// A Breaker is a circuit breaker for each key. Make one with New. It may be used by
// any number of goroutines.
type Breaker struct {
	opts Options
	mu   sync.Mutex
	keys map[string]*list.Element // of *circuit
	used *list.List               // the one used last is in front
}

// New returns a breaker that has seen nothing. It panics for a share that is not
// between 0 and 1, and for anything negative.
func New(opts Options) *Breaker {
	opts.fill()
	return &Breaker{opts: opts, keys: make(map[string]*list.Element), used: list.New()}
}

// A circuit is the breaker of one key.
type circuit struct {
	key string
	cb  *gobreaker.TwoStepCircuitBreaker[struct{}]

	mu      sync.Mutex
	until   time.Time    // the end of the open state, zero if it is not open
	settled *locks.Event // set when a probe is over; made by the first who waits
}

// An Outcome is what became of a call.
type Outcome int

// The outcomes of a call. One that is Ignored counts as if there had been no call:
// it was cancelled, for example.
const (
	Success Outcome = iota
	Failure
	Ignored
)

// What the state machine is told.
var (
	errFailure = errors.New("failure")
	errIgnored = errors.New("ignored")
)

// A Pass is the permission for one call. The zero Pass is of no breaker.
type Pass struct {
	c    *circuit
	done func(error)
}

// Done says what became of the call. It must be called once for each Pass, also
// when the call was not made (Ignored): a probe without it would keep a breaker
// half-open.
func (p Pass) Done(o Outcome) {
	if p.c == nil {
		return
	}
	switch o {
	case Success:
		p.done(nil)
	case Failure:
		p.done(errFailure)
	default:
		p.done(errIgnored)
	}
	p.c.settle()
}

// Allow lets a call for the key through, or refuses it with an *OpenError. With
// Wait it waits instead, until the breaker lets the call through; if ctx ends
// first, or had ended before, it returns the cause.
func (b *Breaker) Allow(ctx context.Context, key string) (Pass, error) {
	if ctx.Err() != nil {
		return Pass{}, context.Cause(ctx)
	}
	c := b.circuit(key)
	for probes := (*locks.Event)(nil); ; {
		done, err := c.cb.Allow()
		if err == nil {
			return Pass{c, done}, nil
		}
		until := c.opens()
		if !b.opts.Wait {
			return Pass{}, &OpenError{Key: key, Until: until}
		}
		switch {
		case !errors.Is(err, gobreaker.ErrTooManyRequests):
			err = inflight.Sleep(ctx, max(time.Until(until), 0))
		case probes == nil: // asked for before the next Allow, so that none is missed
			probes, err = c.probes(), nil
		default:
			err, probes = probes.Wait(ctx), nil
		}
		if err != nil {
			return Pass{}, err
		}
	}
}

// Do calls fn if the breaker lets a call for the key through, and tells the breaker what
// became of it: nil is a success, and an error, a panic and runtime.Goexit are failures.
// An error when ctx has ended is neither, since it says nothing about the other side; so a
// timeout that is to count is one that fn makes.
//
// It returns what fn returned, or the error of Allow; then fn is not called. Where not
// every error is a failure, use Allow. Do panics for a nil fn.
func (b *Breaker) Do(ctx context.Context, key string, fn func(context.Context) error) error {
	if fn == nil {
		panic("inflight/retry/breaker: Do called with a nil function")
	}
	pass, err := b.Allow(ctx, key)
	if err != nil {
		return err
	}
	outcome := Failure
	defer func() { pass.Done(outcome) }()
	err = fn(ctx)
	switch {
	case err == nil:
		outcome = Success
	case ctx.Err() != nil:
		outcome = Ignored
	}
	return err
}

// Open reports whether the breaker of the key lets no calls through, and until
// when. It does not count as use of the key.
func (b *Breaker) Open(key string) (until time.Time, open bool) {
	b.mu.Lock()
	e := b.keys[key]
	b.mu.Unlock()
	if e == nil {
		return time.Time{}, false
	}
	until = e.Value.(*circuit).opens()
	return until, time.Now().Before(until)
}

// Len returns how many keys are remembered.
func (b *Breaker) Len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used.Len()
}

func (b *Breaker) circuit(key string) *circuit {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.keys[key]; e != nil {
		b.used.MoveToFront(e)
		return e.Value.(*circuit)
	}
	c := b.newCircuit(key)
	b.keys[key] = b.used.PushFront(c)
	if b.used.Len() > b.opts.Keys {
		oldest := b.used.Remove(b.used.Back()).(*circuit)
		delete(b.keys, oldest.key)
	}
	return c
}

func (b *Breaker) newCircuit(key string) *circuit {
	c := &circuit{key: key}
	c.cb = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		MaxRequests:  uint32(b.opts.Probes),
		Interval:     b.opts.Window,
		BucketPeriod: max(b.opts.Window/buckets, 1),
		Timeout:      b.opts.Open,
		ReadyToTrip: func(n gobreaker.Counts) bool {
			calls := n.TotalSuccesses + n.TotalFailures
			return int(calls) >= b.opts.Samples && float64(n.TotalFailures) >= b.opts.Share*float64(calls)
		},
		IsExcluded: func(err error) bool { return err == errIgnored },
		OnStateChange: func(_ string, _, to gobreaker.State) {
			if b.opts.OnChange != nil {
				b.opts.OnChange(key, to.String())
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			c.until = time.Time{}
			if to == gobreaker.StateOpen {
				// One more, because it is open at the very moment of its end too.
				c.until = time.Now().Add(b.opts.Open + 1)
			}
		},
	})
	return c
}

// opens returns the moment at which it is no longer open; when it is not open, but
// has no room for a probe, that is now.
func (c *circuit) opens() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.until.IsZero() {
		return time.Now()
	}
	return c.until
}

// probes returns what is set when the next call is over.
func (c *circuit) probes() *locks.Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.settled == nil {
		c.settled = new(locks.Event)
	}
	return c.settled
}

func (c *circuit) settle() {
	c.mu.Lock()
	e := c.settled
	c.settled = nil
	c.mu.Unlock()
	if e != nil {
		e.Set()
	}
}
