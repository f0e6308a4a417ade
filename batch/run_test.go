package batch_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/debug"
)

// memory is a sink that keeps what it gets, and does what it is told.
type memory struct {
	mu      sync.Mutex
	lines   []batch.Line
	commits int
	pause   time.Duration
	err     error
	after   int // commits that succeed before err
	ctxErr  error
}

func (m *memory) Commit(ctx context.Context, lines []batch.Line) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.commits++; m.err != nil && m.commits > m.after {
		return m.err
	}
	if m.pause > 0 {
		m.mu.Unlock()
		err := inflight.Sleep(ctx, m.pause)
		m.mu.Lock()
		if err != nil {
			m.ctxErr = err
			return err
		}
	}
	for _, l := range lines {
		l.Data = slices.Clone(l.Data)
		m.lines = append(m.lines, l)
	}
	return nil
}

func (m *memory) indices() (all []int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, l := range m.lines {
		all = append(all, l.Index)
	}
	return all
}

func upTo(n int) (all []int64) {
	for i := range int64(n) {
		all = append(all, i)
	}
	return all
}

func wantIndices(t *testing.T, m *memory, want []int64) {
	t.Helper()
	got := m.indices()
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("lines of the units %v, want %v", got, want)
	}
}

func cursor(t *testing.T, n int) *batch.Cursor[int64] {
	c := batch.NewCursor(ints(n), batch.CursorOptions[int64]{})
	t.Cleanup(c.Close)
	return c
}

// takes is work that takes some time, as each unit has it.
func takes(d func(u batch.Unit[int64]) time.Duration) batch.Work[int64] {
	return func(ctx context.Context, u batch.Unit[int64]) ([]byte, error) {
		if err := inflight.Sleep(ctx, d(u)); err != nil {
			return nil, err
		}
		return []byte(`{"x":1}`), nil
	}
}

func second(batch.Unit[int64]) time.Duration { return time.Second }

func TestRunDoesAll(t *testing.T) {
	for _, order := range []batch.Order{batch.OrderCompletion, batch.OrderInput} {
		synctest.Test(t, func(t *testing.T) {
			var m memory
			var running, peak, calls atomic.Int64
			began := time.Now()
			s, err := batch.Run(t.Context(), cursor(t, 100), func(ctx context.Context, u batch.Unit[int64]) ([]byte, error) {
				calls.Add(1)
				n := running.Add(1)
				defer running.Add(-1)
				for old := peak.Load(); n > old && !peak.CompareAndSwap(old, n); old = peak.Load() {
				}
				time.Sleep(time.Second)
				return []byte(`{}`), nil
			}, &m, batch.Options{Concurrency: 10, Order: order})
			if err != nil || !s.Complete || s.Done != 100 || s.Failed != 0 || s.InFlight != 0 || s.Waiting != 0 || s.Abandoned != 0 {
				t.Errorf("%v: %+v, %v", order, s, err)
			}
			if peak.Load() != 10 || calls.Load() != 100 {
				t.Errorf("%v: %d calls, %d at once; want 100, 10", order, calls.Load(), peak.Load())
			}
			if d := time.Since(began); d != 10*time.Second || s.Elapsed != d {
				t.Errorf("%v: it took %v (summary: %v), want 10 s", order, d, s.Elapsed)
			}
			wantIndices(t, &m, upTo(100))
		})
	}
}

// Workers that wait behind one who waits for a slow input are no deadlock.
func TestTurnsAreNoDeadlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(yield func(int64, error) bool) {
			for i := range int64(4000) {
				if i%4 == 0 {
					time.Sleep(time.Second)
				}
				if !yield(i, nil) {
					return
				}
			}
		}
		c := batch.NewCursor(slow, batch.CursorOptions[int64]{})
		defer c.Close()
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			defer cancel()
			_, err := batch.Run(ctx, c, takes(second), new(memory), batch.Options{Concurrency: 8, Order: batch.OrderInput})
			if err != nil {
				t.Error(err)
			}
		}()
		for time.Sleep(time.Second / 2); ctx.Err() == nil; time.Sleep(time.Second) {
			for _, f := range debug.Take().Diagnose(debug.Limits{}) {
				if f.Kind == debug.Deadlock && !t.Failed() {
					t.Error(f.Text)
				}
			}
		}
	})
}

// A small job has few workers, whatever the concurrency.
func TestRunStartsNoMoreWorkersThanUnits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memory
		before, most := runtime.NumGoroutine(), 0
		s, err := batch.Run(t.Context(), cursor(t, 3), func(ctx context.Context, u batch.Unit[int64]) ([]byte, error) {
			time.Sleep(time.Second)
			synctestMax(&most, runtime.NumGoroutine())
			return []byte(`{}`), nil
		}, &m, batch.Options{Concurrency: 10_000})
		if err != nil || s.Done != 3 || most-before > 20 {
			t.Errorf("%+v, %v, with %d goroutines", s, err, most-before)
		}
	})
}

var maxMu sync.Mutex

func synctestMax(most *int, n int) {
	maxMu.Lock()
	defer maxMu.Unlock()
	*most = max(*most, n)
}

func TestRunEmpty(t *testing.T) {
	var m memory
	s, err := batch.Run(t.Context(), cursor(t, 0), takes(second), &m, batch.Options{})
	if err != nil || !s.Complete || s.Done != 0 || m.commits != 0 {
		t.Errorf("%+v, %v, %d commits", s, err, m.commits)
	}
}

func TestRunInputOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memory
		s, err := batch.Run(t.Context(), cursor(t, 50), takes(func(u batch.Unit[int64]) time.Duration {
			return time.Duration((u.Index*37)%11) * time.Second
		}), &m, batch.Options{Concurrency: 7, Order: batch.OrderInput})
		if err != nil || !s.Complete || !slices.Equal(m.indices(), upTo(50)) {
			t.Errorf("%+v, %v: %v", s, err, m.indices())
		}
	})
}

// A slow first unit stops nobody until the file is full; then nothing more is leased,
// and when it is done everything goes on.
func TestRunInputOrderSlowFirst(t *testing.T) {
	for _, c := range []struct {
		name   string
		window batch.Window
		least  int64 // finished while the first is not
		most   int64
	}{
		{"memory", batch.Window{Lines: 20, Spill: -1}, 20, 20 + 2*4},
		{"bytes", batch.Window{Bytes: 1000, Spill: -1}, 10, 10 + 2*4},
		{"file", batch.Window{Lines: 20, Spill: 10_000}, 80, 140},
		{"all", batch.Window{Lines: 20}, 499, 499},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var m memory
				var p batch.Progress
				time.AfterFunc(time.Hour-time.Second, func() {
					if n := p.Counts(); n.Waiting < c.least || n.Waiting > c.most || n.Done != 0 {
						t.Errorf("%+v are waiting, want %d to %d", n, c.least, c.most)
					}
				})
				s, err := batch.Run(t.Context(), cursor(t, 500), func(ctx context.Context, u batch.Unit[int64]) ([]byte, error) {
					time.Sleep(time.Millisecond)
					if u.Index == 0 {
						time.Sleep(time.Hour)
					}
					return fmt.Appendf(nil, `{"pad":"%080d"}`, u.Index), nil
				}, &m, batch.Options{Concurrency: 4, Order: batch.OrderInput, Progress: &p, Window: c.window})
				if err != nil || !s.Complete || !slices.Equal(m.indices(), upTo(500)) {
					t.Errorf("%+v, %v: %v", s, err, m.indices())
				}
				for _, l := range m.lines {
					if want := fmt.Sprintf(`{"index":%d,"pad":"%080d"}`, l.Index, l.Index); string(l.Data) != want {
						t.Fatalf("line %s, want %s", l.Data, want)
					}
				}
			})
		})
	}
}

// A slow sink slows down the source.
func TestRunSlowSink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := memory{pause: time.Hour}
		var leased atomic.Int64
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Minute)
		defer cancel()
		s, err := batch.Run(ctx, cursor(t, 100_000), func(ctx context.Context, u batch.Unit[int64]) ([]byte, error) {
			leased.Add(1)
			return []byte(`{}`), nil
		}, &m, batch.Options{Concurrency: 20, Grace: 24 * time.Hour})
		if !errors.Is(err, context.DeadlineExceeded) || s.Complete {
			t.Errorf("%+v, %v", s, err)
		}
		if n := leased.Load(); n < 40 || n > 4*20+1 { // the one that the commit waited for, and what came meanwhile
			t.Errorf("%d units were begun while nothing was committed; want no more than four for each of 20, and one", n)
		}
		if s.Done != leased.Load() || s.Abandoned != 0 || len(m.lines) != int(s.Done) {
			t.Errorf("%d were begun, %+v, %d lines: what is finished is kept", leased.Load(), s, len(m.lines))
		}
	})
}

// Large lines are bounded by what they take together.
func TestRunLargeLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := memory{pause: time.Hour}
		var made atomic.Int64
		text := `{"x":"` + strings.Repeat("x", 20<<20) + `"}`
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Minute)
		defer cancel()
		_, err := batch.Run(ctx, cursor(t, 100), func(ctx context.Context, u batch.Unit[int64]) ([]byte, error) {
			made.Add(1)
			return []byte(text), nil
		}, discard{&m}, batch.Options{Concurrency: 4, Grace: 24 * time.Hour})
		if !errors.Is(err, context.DeadlineExceeded) || made.Load() > 3+4 {
			t.Errorf("%v, %d lines of 20 MiB were made; want 3 that fit into 64 MiB and one for each worker", err, made.Load())
		}
	})
}

// discard keeps only the numbers.
type discard struct{ m *memory }

func (d discard) Commit(ctx context.Context, lines []batch.Line) error {
	var short []batch.Line
	for _, l := range lines {
		short = append(short, batch.Line{Index: l.Index})
	}
	return d.m.Commit(ctx, short)
}

func TestRunFailuresAreLines(t *testing.T) {
	var m memory
	s, err := batch.Run(t.Context(), cursor(t, 10), func(ctx context.Context, u batch.Unit[int64]) ([]byte, error) {
		switch u.Index % 5 {
		case 0:
			return nil, errors.New("no luck")
		case 1:
			return []byte(`{"status":500}`), errors.New("status 500")
		case 2:
			return []byte(`{"ok":false}`), nil
		case 3:
			return []byte(`{"ok":true}`), nil
		}
		return fmt.Appendf(nil, `{"index":%d,"x":1}`, u.Index), nil
	}, &m, batch.Options{Order: batch.OrderInput, MaxErrors: 100, MaxErrorShare: 1})
	if err != nil || !s.Complete || s.Done != 10 || s.Failed != 6 {
		t.Errorf("%+v, %v", s, err)
	}
	for i, want := range []string{
		`{"index":0,"ok":false,"error":{"class":"error","message":"no luck"}}`,
		`{"index":1,"ok":false,"status":500}`,
		`{"index":2,"ok":false}`,
		`{"index":3,"ok":true}`,
		`{"index":4,"x":1}`,
	} {
		l := m.lines[i]
		if string(l.Data) != want || l.Failed != (i < 3) {
			t.Errorf("line %s (failed: %v), want %s", l.Data, l.Failed, want)
		}
	}
}

func TestRunPanic(t *testing.T) {
	var m memory
	var events []batch.Event
	var mu sync.Mutex
	s, err := batch.Run(t.Context(), cursor(t, 5), func(ctx context.Context, u batch.Unit[int64]) ([]byte, error) {
		if u.Index == 2 {
			panic(fmt.Sprintf("boom %d", u.Index))
		}
		return []byte(`{}`), nil
	}, &m, batch.Options{Order: batch.OrderInput, OnEvent: func(e batch.Event) {
		mu.Lock()
		defer mu.Unlock()
		if e.Kind == batch.EventPanicked {
			events = append(events, e)
		}
	}})
	if err != nil || !s.Complete || s.Done != 5 || s.Failed != 1 || s.Panicked != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	if got, want := string(m.lines[2].Data), `{"index":2,"ok":false,"error":{"class":"panic","message":"boom 2"}}`; got != want {
		t.Errorf("line %s, want %s", got, want)
	}
	if len(events) != 1 || events[0].Index != 2 {
		t.Fatalf("events %+v", events)
	}
	if p, ok := events[0].Err.(*inflight.PanicError); !ok || p.Value != "boom 2" || !strings.Contains(string(p.Stack), "TestRunPanic") {
		t.Errorf("the event has %v", events[0].Err)
	}
}

func TestRunGoexit(t *testing.T) {
	for _, pause := range []time.Duration{0, 10 * time.Second} { // what is finished is kept, however long the sink takes
		synctest.Test(t, func(t *testing.T) {
			m := memory{pause: pause}
			s, err := batch.Run(t.Context(), cursor(t, 1000), func(ctx context.Context, u batch.Unit[int64]) ([]byte, error) {
				time.Sleep(time.Second)
				if u.Index == 2 {
					runtime.Goexit()
				}
				return []byte(`{}`), nil
			}, &m, batch.Options{Concurrency: 4, Grace: time.Minute})
			if !errors.Is(err, inflight.ErrGoexit) || s.Complete || s.Failed != 1 || s.Abandoned != 0 {
				t.Errorf("%+v, %v", s, err)
			}
			if !slices.Contains(m.indices(), 2) || len(m.lines) > 8 {
				t.Errorf("lines of %v", m.indices())
			}
		})
	}
}

// What is in flight when the run is stopped has its grace, and is committed.
func TestRunStops(t *testing.T) {
	cause := errors.New("enough")
	fails := func(at int64) batch.Work[int64] {
		return func(ctx context.Context, u batch.Unit[int64]) ([]byte, error) {
			if err := inflight.Sleep(ctx, time.Second); err != nil {
				return nil, err
			}
			if u.Index >= at {
				return nil, errors.New("bad")
			}
			return []byte(`{}`), nil
		}
	}
	for name, c := range map[string]struct {
		o    batch.Options
		work batch.Work[int64]
		want error
		done int64
	}{
		"context":        {batch.Options{}, fails(1000), cause, 15},
		"stop":           {batch.Options{}, fails(1000), batch.ErrStopped, 15},
		"deadline":       {batch.Options{Deadline: 2500 * time.Millisecond}, fails(1000), batch.ErrDeadline, 15},
		"max errors":     {batch.Options{MaxErrors: 2}, fails(10), batch.ErrMaxErrors, 15},
		"fail fast":      {batch.Options{FailFast: true}, fails(10), batch.ErrFailFast, 15},
		"share":          {batch.Options{MaxErrorShare: 0.1}, fails(100), batch.ErrMaxErrors, 115},
		"in input order": {batch.Options{Deadline: 2500 * time.Millisecond, Order: batch.OrderInput}, fails(1000), batch.ErrDeadline, 15},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var m memory
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				stop := make(chan struct{})
				switch name {
				case "context":
					time.AfterFunc(2500*time.Millisecond, func() { cancel(cause) })
				case "stop":
					time.AfterFunc(2500*time.Millisecond, func() { close(stop) })
				}
				c.o.Concurrency, c.o.Stop = 5, stop
				var stopping atomic.Int64
				c.o.OnEvent = func(e batch.Event) {
					if e.Kind == batch.EventStopping {
						stopping.Add(1)
						if !errors.Is(e.Err, c.want) {
							t.Errorf("stopping because of %v", e.Err)
						}
					}
				}
				s, err := batch.Run(ctx, cursor(t, 1000), c.work, &m, c.o)
				if !errors.Is(err, c.want) || s.Complete || s.Abandoned != 0 || s.InFlight != 0 {
					t.Errorf("%+v, %v, want %v", s, err, c.want)
				}
				// A failure is seen while its four siblings are at work, or have just
				// been replaced.
				if s.Done < c.done || s.Done >= c.done+5 || len(m.lines) != int(s.Done) {
					t.Errorf("%d done, %d lines, want %d", s.Done, len(m.lines), c.done)
				}
				if stopping.Load() != 1 {
					t.Errorf("%d events of stopping", stopping.Load())
				}
			})
		})
	}
}

// refusing is a sink that refuses the lines of every second unit.
type refusing struct{ memory }

func (s *refusing) Commit(ctx context.Context, lines []batch.Line) error {
	for i := range lines {
		lines[i].Failed = lines[i].Failed || lines[i].Index%2 == 1
	}
	return s.memory.Commit(ctx, lines)
}

// A unit whose line the sink refuses has failed, for what stops a run, too.
func TestRunCountsWhatTheSinkRefuses(t *testing.T) {
	for _, c := range []struct {
		o    batch.Options
		want error
		done int64
	}{
		{batch.Options{MaxErrors: 3}, batch.ErrMaxErrors, 6},
		{batch.Options{FailFast: true}, batch.ErrFailFast, 2},
		{batch.Options{MaxErrorShare: 0.4}, batch.ErrMaxErrors, 100},
		{batch.Options{MaxErrors: 3, Order: batch.OrderInput}, batch.ErrMaxErrors, 6},
	} {
		synctest.Test(t, func(t *testing.T) {
			c.o.Concurrency = 1
			s, err := batch.Run(t.Context(), cursor(t, 1000), takes(second), &refusing{}, c.o)
			// One more may have begun before the line was refused.
			if !errors.Is(err, c.want) || s.Done < c.done || s.Done > c.done+1 || s.Failed != s.Done/2 {
				t.Errorf("%+v: %+v, %v", c.o, s, err)
			}
		})
	}
}

// What has not finished when the grace is over is cut short, and is not done; what
// finishes all the same is kept.
func TestRunGraceIsOver(t *testing.T) {
	for _, order := range []batch.Order{batch.OrderCompletion, batch.OrderInput} {
		synctest.Test(t, func(t *testing.T) {
			var m memory
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			began := time.Now()
			var abandoned, killed atomic.Int64
			c := cursor(t, 1000)
			s, err := batch.Run(ctx, c, func(ctx context.Context, u batch.Unit[int64]) ([]byte, error) {
				switch u.Index {
				case 0: // finishes within the grace
					time.Sleep(2 * time.Second)
					return []byte(`{}`), nil
				case 1: // finishes after it
					<-ctx.Done()
					return []byte(`{}`), nil
				}
				<-ctx.Done()
				return []byte(`{"ok":false}`), context.Cause(ctx)
			}, &m, batch.Options{Concurrency: 4, Order: order, Grace: 5 * time.Second, OnEvent: func(e batch.Event) {
				switch e.Kind {
				case batch.EventAbandoned:
					abandoned.Add(1)
				case batch.EventKilled:
					killed.Add(1)
				}
			}})
			if !errors.Is(err, context.DeadlineExceeded) || s.Complete || s.Done != 2 || s.Abandoned != 2 {
				t.Errorf("%v: %+v, %v", order, s, err)
			}
			if d := time.Since(began); d != 5500*time.Millisecond {
				t.Errorf("%v: it took %v", order, d)
			}
			if abandoned.Load() != 2 || killed.Load() != 1 {
				t.Errorf("%v: %d abandoned, %d killed by the events", order, abandoned.Load(), killed.Load())
			}
			wantIndices(t, &m, []int64{0, 1})
			// They were given back.
			for range 2 {
				if u, err := c.Lease(t.Context()); err != nil || u.Index != 2 && u.Index != 3 && u.Index < 4 {
					t.Errorf("%v: leased %+v, %v after the run", order, u, err)
				}
			}
		})
	}
}

// In the order of the input nothing passes a unit that was cut short.
func TestRunGraceIsOverInInputOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memory
		ctx, cancel := context.WithTimeout(t.Context(), 4500*time.Millisecond)
		defer cancel()
		s, err := batch.Run(ctx, cursor(t, 1000), func(ctx context.Context, u batch.Unit[int64]) ([]byte, error) {
			d := time.Second
			if u.Index == 3 {
				d = time.Hour
			}
			if err := inflight.Sleep(ctx, d); err != nil {
				return nil, err
			}
			return []byte(`{}`), nil
		}, &m, batch.Options{Concurrency: 2, Order: batch.OrderInput, Grace: -1})
		// 0, 1 | 2, 3 | 4 | 5, and 6 is cut short with 3.
		if !errors.Is(err, context.DeadlineExceeded) || s.Done != 3 || s.Abandoned != 4 || s.Waiting != 0 {
			t.Errorf("%+v, %v", s, err)
		}
		if !slices.Equal(m.indices(), upTo(3)) {
			t.Errorf("lines of %v", m.indices())
		}
	})
}

func TestRunContextEndedBefore(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("enough")
	cancel(cause)
	s, err := batch.Run(ctx, cursor(t, 5), func(context.Context, batch.Unit[int64]) ([]byte, error) {
		t.Error("work was called")
		return nil, nil
	}, &memory{}, batch.Options{})
	if err != cause || s != (batch.Summary{}) {
		t.Errorf("%+v, %v", s, err)
	}
}

// A stop that comes when all is done changes nothing.
func TestRunStoppedAtTheEnd(t *testing.T) {
	s, err := batch.Run(t.Context(), cursor(t, 3), func(_ context.Context, u batch.Unit[int64]) ([]byte, error) {
		if u.Index == 2 {
			return nil, errors.New("bad")
		}
		return []byte(`{}`), nil
	}, &memory{}, batch.Options{Concurrency: 1, FailFast: true})
	// The last unit is done, but nobody has asked whether there are more.
	if !errors.Is(err, batch.ErrFailFast) || s.Done != 3 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestRunSinkFails(t *testing.T) {
	for _, order := range []batch.Order{batch.OrderCompletion, batch.OrderInput} {
		synctest.Test(t, func(t *testing.T) {
			broken := errors.New("disk on fire")
			m := memory{err: broken, after: 1}
			began := time.Now()
			s, err := batch.Run(t.Context(), cursor(t, 100_000), takes(func(u batch.Unit[int64]) time.Duration {
				return time.Duration(u.Index%50) * time.Second
			}), &m, batch.Options{Concurrency: 50, Order: order, Grace: time.Hour})
			if !errors.Is(err, broken) || s.Complete || s.Done != int64(len(m.lines)) {
				t.Errorf("%v: %+v, %v, %d lines", order, s, err, len(m.lines))
			}
			if s.Abandoned == 0 || s.Waiting != 0 || time.Since(began) > 10*time.Second {
				t.Errorf("%v: %+v after %v: nothing can be kept, so nobody is waited for", order, s, time.Since(began))
			}
			if m.commits != 2 {
				t.Errorf("%v: %d commits, of which the second has failed", order, m.commits)
			}
		})
	}
}

func TestRunSinkPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		defer func() {
			p, ok := recover().(*inflight.PanicError)
			if !ok || p.Value != "boom" {
				t.Errorf("recovered %v", p)
			}
		}()
		batch.Run(t.Context(), cursor(t, 1000), takes(second), sinkFunc(func([]batch.Line) error { panic("boom") }), batch.Options{Concurrency: 50})
		t.Error("Run returned")
	})
}

type sinkFunc func([]batch.Line) error

func (f sinkFunc) Commit(_ context.Context, lines []batch.Line) error { return f(lines) }

// The sink has a grace of its own, in which it may wait for room on a disk.
func TestRunSinkThatHangsIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := memory{pause: time.Hour}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		s, err := batch.Run(ctx, cursor(t, 1000), takes(second), &m, batch.Options{Concurrency: 5, Grace: time.Minute})
		if !errors.Is(err, context.DeadlineExceeded) || s.Done != 0 || s.Abandoned == 0 || time.Since(began) != 3*time.Minute {
			t.Errorf("%+v, %v after %v", s, err, time.Since(began))
		}
	})
}

func TestRunInputFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("line 4: torn")
		c := batch.NewCursor(func(yield func(int64, error) bool) {
			for i := range int64(3) {
				if !yield(i, nil) {
					return
				}
			}
			yield(0, broken)
		}, batch.CursorOptions[int64]{})
		defer c.Close()
		var m memory
		s, err := batch.Run(t.Context(), c, takes(second), &m, batch.Options{})
		if !errors.Is(err, broken) || s.Complete || s.Done != 3 {
			t.Errorf("%+v, %v: what was read before is done", s, err)
		}
	})
}

func TestRunInputPanics(t *testing.T) {
	defer func() {
		if p, ok := recover().(*inflight.PanicError); !ok || p.Value != "boom" && !strings.Contains(fmt.Sprint(p.Value), "boom") {
			t.Errorf("recovered %v", p)
		}
	}()
	c := batch.NewCursor(func(func(int64, error) bool) { panic("boom") }, batch.CursorOptions[int64]{})
	defer c.Close()
	batch.Run(t.Context(), c, takes(second), &memory{}, batch.Options{})
	t.Error("Run returned")
}

// An input that blocks does not keep a run that is stopped.
func TestRunInputBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		block := make(chan struct{})
		c := batch.NewCursor(func(yield func(int64, error) bool) {
			yield(0, nil)
			<-block
		}, batch.CursorOptions[int64]{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		s, err := batch.Run(ctx, c, takes(second), &memory{}, batch.Options{})
		if !errors.Is(err, context.DeadlineExceeded) || s.Done != 1 {
			t.Errorf("%+v, %v", s, err)
		}
		c.Close()
		close(block)
	})
}

func TestRunAgain(t *testing.T) {
	for _, order := range []batch.Order{batch.OrderCompletion, batch.OrderInput} {
		synctest.Test(t, func(t *testing.T) {
			var m memory
			reason := errors.New("busy")
			var retried atomic.Int64
			began := time.Now()
			s, err := batch.Run(t.Context(), cursor(t, 20), func(ctx context.Context, u batch.Unit[int64]) ([]byte, error) {
				if u.Index%2 == 0 && u.Attempt < 3 {
					return []byte(`{"not":"kept"}`), batch.Again(time.Minute, reason)
				}
				return fmt.Appendf(nil, `{"attempt":%d}`, u.Attempt), nil
			}, &m, batch.Options{Order: order, OnEvent: func(e batch.Event) {
				if e.Kind == batch.EventRetried {
					retried.Add(1)
					if e.Err != reason {
						t.Errorf("retried because of %v", e.Err)
					}
				}
			}})
			if err != nil || s.Done != 20 || s.Failed != 0 || s.Retried != 20 || retried.Load() != 20 || time.Since(began) != 2*time.Minute {
				t.Errorf("%v: %+v, %v, %d events, after %v", order, s, err, retried.Load(), time.Since(began))
			}
			for _, l := range m.lines {
				want := fmt.Sprintf(`{"index":%d,"attempt":%d}`, l.Index, 3-2*(l.Index%2))
				if string(l.Data) != want {
					t.Errorf("%v: line %s, want %s", order, l.Data, want)
				}
			}
			if order == batch.OrderInput && !slices.Equal(m.indices(), upTo(20)) {
				t.Errorf("lines of %v", m.indices())
			}
		})
	}
}

// A unit that waits for its next attempt does not hold up the end.
func TestRunStopsWhileUnitsWait(t *testing.T) {
	for _, order := range []batch.Order{batch.OrderCompletion, batch.OrderInput} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			began := time.Now()
			s, err := batch.Run(ctx, cursor(t, 3), func(context.Context, batch.Unit[int64]) ([]byte, error) {
				return nil, batch.Again(time.Hour, errors.New("busy"))
			}, &memory{}, batch.Options{Order: order, Grace: time.Hour})
			if !errors.Is(err, context.DeadlineExceeded) || s.Done != 0 || s.Complete || time.Since(began) != time.Minute {
				t.Errorf("%v: %+v, %v after %v", order, s, err, time.Since(began))
			}
		})
	}
}

// A queue with leases that end.
type leases struct {
	batch.Queue[int64]
	mu    sync.Mutex
	until map[int64]time.Time
	lost  int
}

func (q *leases) Lease(ctx context.Context) (batch.Unit[int64], error) {
	u, err := q.Queue.Lease(ctx)
	if err == nil {
		q.mu.Lock()
		q.until[u.Index] = time.Now().Add(time.Minute)
		q.mu.Unlock()
	}
	return u, err
}

func (q *leases) Extend(ctx context.Context, index int64, d time.Duration) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if until, ok := q.until[index]; !ok || time.Now().After(until) {
		return batch.ErrNotLeased
	}
	q.until[index] = time.Now().Add(d)
	return nil
}

func (q *leases) Done(ctx context.Context, index int64) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if until, ok := q.until[index]; !ok || time.Now().After(until) {
		q.lost++
	}
	delete(q.until, index)
	return q.Queue.Done(ctx, index)
}

// Leases last as long as the work, and as the line that waits for its turn.
func TestRunExtendsLeases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &leases{Queue: cursor(t, 20), until: make(map[int64]time.Time)}
		s, err := batch.Run(t.Context(), q, takes(func(u batch.Unit[int64]) time.Duration {
			return time.Hour / time.Duration(u.Index+1)
		}), &memory{}, batch.Options{Order: batch.OrderInput, Lease: time.Minute})
		if err != nil || s.Done != 20 || q.lost != 0 {
			t.Errorf("%+v, %v, %d leases were lost", s, err, q.lost)
		}
	})
}

func TestRunLingers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memory
		s, err := batch.Run(t.Context(), cursor(t, 20), takes(func(u batch.Unit[int64]) time.Duration {
			return time.Duration(u.Index) * 10 * time.Millisecond
		}), &m, batch.Options{Concurrency: 20, Linger: 95 * time.Millisecond})
		if err != nil || s.Done != 20 || m.commits != 2 {
			t.Errorf("%+v, %v, %d commits", s, err, m.commits)
		}
	})
}

// The queue can be asked by others while the run goes on, and skipped units count.
func TestRunProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := batch.NewCursor(ints(20), batch.CursorOptions[int64]{Skip: func(i int64) bool { return i < 5 }})
		defer c.Close()
		var p batch.Progress
		if p.Counts() != (batch.Counts{}) {
			t.Errorf("before the run: %+v", p.Counts())
		}
		time.AfterFunc(1500*time.Millisecond, func() {
			want := batch.Counts{Done: 4, Failed: 1, Skipped: 5, InFlight: 4}
			if got := p.Counts(); got != want {
				t.Errorf("after 1.5 s: %+v, want %+v", got, want)
			}
		})
		s, err := batch.Run(t.Context(), c, func(_ context.Context, u batch.Unit[int64]) ([]byte, error) {
			time.Sleep(time.Second)
			if u.Index == 5 {
				return nil, errors.New("bad")
			}
			return []byte(`{}`), nil
		}, &memory{}, batch.Options{Concurrency: 4, Progress: &p})
		if want := (batch.Counts{Done: 15, Failed: 1, Skipped: 5}); err != nil || s.Counts != want || p.Counts() != want {
			t.Errorf("%+v, %v, want %+v", s, err, want)
		}
	})
}

func TestRunMisuse(t *testing.T) {
	q, m := cursor(t, 1), &memory{}
	for name, call := range map[string]func(){
		"nil work":             func() { batch.Run(t.Context(), q, nil, m, batch.Options{}) },
		"nil queue":            func() { batch.Run[int64](t.Context(), nil, takes(second), m, batch.Options{}) },
		"nil sink":             func() { batch.Run(t.Context(), q, takes(second), nil, batch.Options{}) },
		"negative concurrency": func() { batch.Run(t.Context(), q, takes(second), m, batch.Options{Concurrency: -1}) },
		"negative errors":      func() { batch.Run(t.Context(), q, takes(second), m, batch.Options{MaxErrors: -1}) },
		"unknown order":        func() { batch.Run(t.Context(), q, takes(second), m, batch.Options{Order: 7}) },
		"nil writer":           func() { batch.NewWriter(nil) },
	} {
		func() {
			defer func() {
				if p, ok := recover().(string); !ok || !strings.HasPrefix(p, "inflight/batch: ") {
					t.Errorf("%s: recovered %v", name, p)
				}
			}()
			call()
			t.Errorf("%s: no panic", name)
		}()
	}
}

// Work that has not begun need not use up the grace.
func TestRunStopping(t *testing.T) {
	if batch.Stopping(t.Context()) != nil {
		t.Error("a context of no run has a channel")
	}
	for _, order := range []batch.Order{batch.OrderCompletion, batch.OrderInput} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			began := time.Now()
			s, err := batch.Run(ctx, cursor(t, 100), func(ctx context.Context, u batch.Unit[int64]) ([]byte, error) {
				select {
				case <-batch.Stopping(ctx):
					return nil, batch.Again(0, errors.New("had no turn"))
				case <-ctx.Done():
					t.Error("the context ended without a warning")
				}
				return []byte(`{}`), nil
			}, &memory{}, batch.Options{Order: order, Grace: time.Hour})
			if !errors.Is(err, context.DeadlineExceeded) || s.Complete || s.Done != 0 || time.Since(began) != time.Minute {
				t.Errorf("%v: %+v, %v after %v", order, s, err, time.Since(began))
			}
		})
	}
}
