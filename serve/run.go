package serve

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/stopping"
)

// Listen opens all listeners, so that their addresses are known; Run does it
// otherwise. If one can't be opened the others are closed again.
func (s *Server) Listen(ctx context.Context) error {
	if !s.state.CompareAndSwap(idle, listening) {
		return ErrRunning
	}
	for i, l := range s.listeners {
		if err := l.open(ctx); err != nil {
			for _, opened := range s.listeners[:i] {
				_ = opened.listener.Close()
			}
			s.state.Store(running)
			return err
		}
	}
	return nil
}

// Run serves until ctx ends, or inflight.Main was told to end the program, drains,
// and returns when all that was under way has returned.
//
// It returns nil if all has ended within the grace; ErrCut if something had to be cut
// off, also because ctx ended while the server drained; what functions of OnDrain
// returned; why a listener could not be opened, or failed, after which the server
// drains too. A request or a connection whose function does not return keeps Run from
// returning.
//
// A panic costs its own request or connection alone. Where there is no Options.Log to tell
// it to, Run panics in the end with the first, an *inflight.PanicError.
func (s *Server) Run(ctx context.Context) error {
	if s.state.Load() == idle {
		if err := s.Listen(ctx); err != nil {
			return err
		}
	}
	if !s.state.CompareAndSwap(listening, running) {
		return ErrRunning
	}
	err := s.run(ctx)
	if p := s.panicked.Load(); p != nil {
		panic(p)
	}
	return err
}

func (s *Server) run(ctx context.Context) error {
	// What is under way outlives ctx: it ends when it is done, or is cut off.
	work := stopping.With(context.WithoutCancel(ctx), s.drain)
	return inflight.Run(work, func(_ context.Context, g *inflight.TaskGroup) error {
		for _, l := range s.listeners {
			g.Go(l.serve, inflight.Name(l.Name))
		}
		s.Health.gate(nil)
		s.opts.Log.Info("serving")
		why := s.wait(ctx)
		s.Health.gate(errDraining)
		hurry := ctx.Done() // the end of ctx while the server drains
		if ctx.Err() != nil {
			hurry = nil
		}
		err := s.end(work, hurry)
		for l := range s.of(admin) {
			l.cut()
			l.close()
		}
		return errors.Join(why, err)
	}, inflight.Label("server"))
}

// wait returns when the server has to end.
func (s *Server) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		s.opts.Log.Info("draining", "why", context.Cause(ctx))
	case <-inflight.Stopping(ctx):
		s.opts.Log.Info("draining", "why", "the program was told to end")
	case err := <-s.failed:
		s.opts.Log.Error("draining", "why", err)
		return err
	}
	return nil
}

// end takes the server from the first moment of draining to the return of all that
// was under way. When hurry is closed, what is left is cut off.
func (s *Server) end(ctx context.Context, hurry <-chan struct{}) error {
	over, cut := context.WithCancelCause(ctx)
	defer cut(nil)
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		pause(s.opts.Notice, hurry)
		close(s.drain)
		for l := range s.of(public) {
			g.Go(func(context.Context) error { l.drain(over); return nil }, inflight.Name(l.Name))
		}
		for _, h := range s.hooks {
			g.Go(func(context.Context) error { return h.drain(over) }, inflight.Name(h.name))
		}
		g.Service(func(ctx context.Context) error { // ends with the last of the others
			if !pause(s.opts.Grace, hurry, ctx.Done()) && ctx.Err() != nil {
				return nil
			}
			s.opts.Log.Warn("cutting off", "under way", s.underWay())
			cut(ErrCut)
			for l := range s.of(public) {
				l.cut()
			}
			if pause(farewell, ctx.Done()) {
				for l := range s.of(public) {
					l.close()
				}
			}
			return nil
		}, inflight.Name("grace"))
		return nil
	}, inflight.Supervise(), inflight.Label("drain"))
	for l := range s.of(public) {
		l.close() // what was hijacked, too
	}
	if context.Cause(over) == ErrCut {
		err = errors.Join(ErrCut, err)
	}
	return err
}

// drain calls the function of OnDrain. That it was cut off is said once for all.
func (h hook) drain(ctx context.Context) error {
	if err := h.call(ctx); err != nil && !errors.Is(err, ErrCut) {
		return fmt.Errorf("serve: draining %s: %w", h.name, err)
	}
	return nil
}

// pause waits for d, unless one of the channels is closed before: then it returns
// false.
func pause(d time.Duration, a <-chan struct{}, b ...<-chan struct{}) bool {
	if d <= 0 {
		return true
	}
	b = append(b, nil)
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-a:
	case <-b[0]:
	}
	return false
}

const (
	public = false
	admin  = true
)

// of returns the listeners of Admin, or the others.
func (s *Server) of(admin bool) iter.Seq[*Listener] {
	return func(yield func(*Listener) bool) {
		for _, l := range s.listeners {
			if l.admin == admin && !yield(l) {
				return
			}
		}
	}
}

// underWay counts what has not ended, but for that of Admin.
func (s *Server) underWay() (n int) {
	for l := range s.of(public) {
		n += l.Stats().UnderWay
	}
	return n
}
