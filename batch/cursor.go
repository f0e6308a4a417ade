package batch

import (
	"context"
	"io"
	"iter"
	"runtime/debug"
	"sync"
	"time"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/queue"
)

// The defaults of CursorOptions.
const (
	DefaultReadAhead  = 64
	DefaultMaxWaiting = 10_000
)

// CursorOptions changes how a Cursor works. The zero value is the default.
type CursorOptions[T any] struct {
	// Index is for rows that know their position themselves, for example because some
	// have been left out. No two may have the same. The default is the position among
	// the rows that are read.
	Index func(row T) int64
	// Skip tells the units that are done already, as Journal.Done does. It is called
	// by one goroutine, in the order of the input. The default skips none.
	Skip func(index int64) bool
	// Key names a unit. The default is no name.
	Key func(index int64, row T) string
	// ReadAhead is how many units are kept ready, at most. The default is
	// DefaultReadAhead.
	ReadAhead int
	// MaxWaiting is how many units may wait, after they were given back, for their
	// time; while there are so many nothing more is read. The default is
	// DefaultMaxWaiting.
	MaxWaiting int
}

// A Cursor is the queue of a job that one process runs: the input, in its order,
// minus what is done. Make one with NewCursor and close it. Its methods may be called
// by any number of goroutines, and fail as Queue says: with the cause of a ctx that has
// ended, and with ErrNotLeased.
type Cursor[T any] struct {
	input iter.Seq2[T, error]
	o     CursorOptions[T]
	ready *queue.Queue[Unit[T]]
	start sync.Once
	more  chan struct{} // capacity 1: there may be room to read on
	quit  chan struct{} // closed by Close

	mu      sync.Mutex
	held    int // ready to be leased
	left    int // read and not done
	leased  *roaring64.Bitmap
	retries map[int64]*time.Timer
	next    int64 // position of the row to be read next
	skipped int64
	ended   bool
	closed  bool
	err     error // of the input
}

// NewCursor returns a queue of the rows of input, in their order.
// An error of the input ends it: Lease returns it behind the units that were read.
// (A row that is bad and no reason to stop should be a value of T that says so.)
//
// The input is read by a goroutine of the cursor, from the first Lease on, and no
// further ahead than ReadAhead. NewCursor panics if input is nil.
func NewCursor[T any](input iter.Seq2[T, error], o CursorOptions[T]) *Cursor[T] {
	if input == nil {
		panic("inflight/batch: NewCursor called with a nil input")
	}
	if o.ReadAhead <= 0 {
		o.ReadAhead = DefaultReadAhead
	}
	if o.MaxWaiting <= 0 {
		o.MaxWaiting = DefaultMaxWaiting
	}
	return &Cursor[T]{
		input: input, o: o,
		ready:   queue.New[Unit[T]](queue.Unbounded), // bounded by full
		more:    make(chan struct{}, 1),
		quit:    make(chan struct{}),
		leased:  roaring64.New(),
		retries: make(map[int64]*time.Timer),
	}
}

// Rows makes an input of rows that can't fail, such as slices.Values.
func Rows[T any](rows iter.Seq[T]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

// Lease returns the next unit of the input, or one that was given back and whose
// time has come. It returns io.EOF when all are done; while some are leased they may
// still come back, and it waits. After Close it returns ErrClosed.
//
// A panic of the input is raised again here, as an *inflight.PanicError.
func (c *Cursor[T]) Lease(ctx context.Context) (Unit[T], error) {
	if ctx.Err() != nil {
		return Unit[T]{}, context.Cause(ctx)
	}
	c.start.Do(func() { go c.read() })
	u, err := c.ready.Get(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == queue.ErrShutdown {
		return Unit[T]{}, c.verdict()
	}
	if err != nil {
		return Unit[T]{}, err
	}
	c.leased.Add(uint64(u.Index))
	c.held--
	c.readOn()
	u.Attempt++
	return u, nil
}

// verdict says why there are no more units. The caller holds mu.
func (c *Cursor[T]) verdict() error {
	if p, ok := c.err.(*inflight.PanicError); ok {
		panic(p)
	}
	switch {
	case c.err != nil:
		return c.err
	case c.closed:
		return ErrClosed
	}
	return io.EOF
}

// Extend returns nil for a unit that is leased: leases of a Cursor do not end by
// themselves.
func (c *Cursor[T]) Extend(ctx context.Context, index int64, d time.Duration) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.leased.Contains(uint64(index)) {
		return ErrNotLeased
	}
	return nil
}

// Done says that the unit is done.
func (c *Cursor[T]) Done(ctx context.Context, index int64) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leased.CheckedRemove(uint64(index)) {
		c.left--
		c.endIfDone()
	}
	return nil
}

// Retry gives a unit back.
func (c *Cursor[T]) Retry(ctx context.Context, u Unit[T], after time.Duration) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.leased.CheckedRemove(uint64(u.Index)) {
		return ErrNotLeased
	}
	switch {
	case c.closed:
	case after <= 0:
		c.put(u)
	default:
		c.retries[u.Index] = time.AfterFunc(after, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			delete(c.retries, u.Index)
			c.put(u)
			c.readOn()
		})
	}
	return nil
}

// put makes a unit ready. The queue is unbounded, and refuses nothing unless the
// cursor is closed or the input has failed. The caller holds mu.
func (c *Cursor[T]) put(u Unit[T]) {
	c.held++
	_ = c.ready.PutNow(u)
}

// full reports whether the reader has to wait. The caller holds mu.
func (c *Cursor[T]) full() bool {
	return c.held >= c.o.ReadAhead || len(c.retries) >= c.o.MaxWaiting
}

// Skipped returns how many units were skipped so far.
func (c *Cursor[T]) Skipped() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.skipped
}

// Read returns how many units were read so far, and whether that was all.
func (c *Cursor[T]) Read() (units int64, all bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.next, c.ended && c.err == nil
}

// Close ends the cursor: nothing more is read, and Lease returns ErrClosed. It does
// not wait for the input: one that blocks (in a read from a terminal, say) keeps its
// goroutine until that returns.
func (c *Cursor[T]) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.closed = true
	close(c.quit)
	for _, t := range c.retries {
		t.Stop()
	}
	clear(c.retries)
	c.ready.ShutdownNow()
}

// read brings the rows of the input in until it ends or the cursor is closed.
func (c *Cursor[T]) read() {
	var err error
	defer func() {
		if v := recover(); v != nil {
			err = &inflight.PanicError{Value: v, Stack: debug.Stack(), Task: "input of a batch"}
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.ended, c.err = true, err
		if err != nil {
			c.ready.Shutdown()
		}
		c.endIfDone()
	}()
	for row, e := range c.input {
		if e != nil {
			err = e
			return
		}
		if !c.take(row) {
			return
		}
	}
}

// take brings one row in when there is room for it. It reports false when the
// cursor is closed.
func (c *Cursor[T]) take(row T) bool {
	index := c.next
	if c.o.Index != nil {
		index = c.o.Index(row)
	}
	skip := c.o.Skip != nil && c.o.Skip(index)
	u := Unit[T]{Index: index, Row: row}
	if !skip && c.o.Key != nil {
		u.Key = c.o.Key(index, row)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for !skip && c.full() && !c.closed {
		c.mu.Unlock()
		select {
		case <-c.more:
		case <-c.quit:
		}
		c.mu.Lock()
	}
	if c.closed {
		return false
	}
	c.next++
	if skip {
		c.skipped++
		return true
	}
	c.left++
	c.put(u)
	return true
}

// readOn lets the reader go on if there is room for half of what it may be ahead: to
// wake it for each unit costs more than to read one. The caller holds mu.
func (c *Cursor[T]) readOn() {
	if c.held <= c.o.ReadAhead/2 && !c.full() {
		select {
		case c.more <- struct{}{}:
		default:
		}
	}
}

// endIfDone ends the queue when nothing is left that could be leased. The caller
// holds mu.
func (c *Cursor[T]) endIfDone() {
	if c.ended && c.left == 0 {
		c.ready.Shutdown()
	}
}
