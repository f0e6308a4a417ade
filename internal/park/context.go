package park

import (
	"context"
	"time"
)

var _ context.Context = (*Node)(nil)

// Err returns nil while the context lives, then context.Canceled or
// context.DeadlineExceeded.
func (n *Node) Err() error {
	if n.flags.Load()&(isShared|isCancelled|isEnded|isPolled) == 0 {
		return nil // without a stack frame, as nearly always
	}
	return n.err()
}

func (n *Node) err() error {
	f := n.flags.Load()
	if f&isShared != 0 {
		return n.parent.Err()
	}
	if f&(isCancelled|isEnded) == 0 {
		if f&isPolled == 0 {
			return nil
		}
		n.poll()
		f = n.flags.Load()
	}
	switch {
	case f&isExpired != 0:
		return context.DeadlineExceeded
	case f&(isCancelled|isEnded) != 0:
		return context.Canceled
	}
	return nil
}

// Done returns a channel that is closed when the context ends. It is made on the
// first call.
func (n *Node) Done() <-chan struct{} {
	if n.flags.Load()&isShared != 0 {
		return n.parent.Done()
	}
	if ext := n.ext.Load(); ext != nil {
		if done := ext.done.Load(); done != nil {
			return done
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	ext := n.extend()
	done := ext.done.Load()
	if done == nil {
		done = make(chan struct{})
		ext.done.Store(done)
	}
	if !ext.closed && n.flags.Load()&(isCancelled|isEnded) != 0 {
		ext.closed = true
		close(done)
	}
	return done
}

// extend returns n's extension. The caller holds n's lock.
func (n *Node) extend() *extension {
	ext := n.ext.Load()
	if ext == nil {
		ext = new(extension)
		n.ext.Store(ext)
	}
	return ext
}

// rarity returns the rare part of n's extension. The caller holds n's lock.
func (n *Node) rarity() *rarity {
	ext := n.extend()
	rare := ext.rare.Load()
	if rare == nil {
		rare = new(rarity)
		ext.rare.Store(rare)
	}
	return rare
}

// rare returns the rare part of n's extension, nil if there is none.
func (n *Node) rare() *rarity {
	if ext := n.ext.Load(); ext != nil {
		return ext.rare.Load()
	}
	return nil
}

// Deadline returns the earliest deadline at n and above it.
func (n *Node) Deadline() (t time.Time, ok bool) {
	for x := n; x != nil; x = x.parent {
		ext := x.ext.Load()
		if ext == nil {
			continue
		}
		if rare := ext.rare.Load(); rare != nil {
			if d := rare.deadline.Load(); d != nil && (!ok || d.Before(t)) {
				t, ok = *d, true
			}
		}
		if ext.values != nil {
			if d, has := ext.values.Deadline(); has && (!ok || d.Before(t)) {
				t, ok = d, true
			}
			return t, ok
		}
	}
	return t, ok
}

// SetDeadline sets what Deadline reports; the caller expires n by itself. The
// zero time means none.
func (n *Node) SetDeadline(t time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if t.IsZero() {
		n.rarity().deadline.Store(nil)
		return
	}
	n.rarity().deadline.Store(&t)
}

// Value returns what the scope's context holds for key.
func (n *Node) Value(key any) any {
	if _, ok := key.(nodeKey); ok {
		return n
	}
	if _, ok := key.(*int); ok && n.Cause() != nil {
		// context.Cause asks the nearest cancelCtx, by a private key of this
		// type; this answers with one that has our cause.
		ctx, cancel := context.WithCancelCause(above{n})
		cancel(n.Cause())
		return ctx.Value(key)
	}
	return n.valueAbove(key)
}

func (n *Node) valueAbove(key any) any {
	for x := n; x != nil; x = x.parent {
		if ext := x.ext.Load(); ext != nil && ext.values != nil {
			return ext.values.Value(key)
		}
	}
	return nil
}

// above is the values of a node's context, which never ends.
type above struct{ n *Node }

func (above) Deadline() (t time.Time, ok bool) { return }
func (above) Done() <-chan struct{}            { return nil }
func (above) Err() error                       { return nil }
func (a above) Value(key any) any              { return a.n.valueAbove(key) }

// AfterFunc arranges for f to be called when the context ends, unless stop,
// which reports whether it came in time, is called before. Package context uses
// it for the contexts that it derives from n, so that they need no goroutine and
// end before Cancel returns.
func (n *Node) AfterFunc(f func()) (stop func() bool) {
	if n.flags.Load()&isShared != 0 {
		return n.parent.AfterFunc(f)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	rare := n.rarity() // before the flags are read: End reads them the other way round
	if n.flags.Load()&(isCancelled|isEnded) != 0 {
		go f() // package context holds its own lock here
		return func() bool { return false }
	}
	if rare.afters == nil {
		rare.afters = make(map[*after]struct{})
	}
	a := &after{f}
	rare.afters[a] = struct{}{}
	return func() bool {
		n.mu.Lock()
		defer n.mu.Unlock()
		_, ok := rare.afters[a]
		delete(rare.afters, a)
		return ok
	}
}

// String names the context in the style of package context.
func (n *Node) String() string { return "inflight." + n.Name() }
