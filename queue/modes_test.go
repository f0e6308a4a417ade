package queue_test

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/inflighttest"
	"github.com/inflight-go/inflight/queue"
)

// What must hold in every interleaving, whoever is cancelled and wherever: one
// source for goroutines as they are, with chaos, explored, and cancelled
// everywhere. make explore does so for long.
func modes(t *testing.T, body inflighttest.Body) {
	inflighttest.Modes(t, inflighttest.Plan{Runs: 300, For: 300 * time.Millisecond}, body)
}

// A ledger knows what went in and what came out.
type ledger struct {
	mu       sync.Mutex
	put, got []int
}

func (l *ledger) note(to *[]int, vs ...int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	*to = append(*to, vs...)
}

// check fails the test unless all that was put has come out, or is still there,
// once.
func (l *ledger) check(t testing.TB, q *queue.Queue[int]) {
	t.Helper()
	got := slices.Clone(l.got)
	for v, err := q.GetNow(); err == nil; v, err = q.GetNow() {
		got = append(got, v)
	}
	slices.Sort(l.put)
	slices.Sort(got)
	if !slices.Equal(l.put, got) {
		t.Errorf("put %v, got %v", l.put, got)
	}
}

func eachKind(t *testing.T, test func(t *testing.T, create func(capacity int) *queue.Queue[int])) {
	for name, create := range map[string]func(capacity int) *queue.Queue[int]{
		"queue":    queue.New[int],
		"stack":    queue.NewStack[int],
		"priority": func(capacity int) *queue.Queue[int] { return queue.NewPriority(capacity, cmp.Compare[int]) },
	} {
		t.Run(name, func(t *testing.T) { test(t, create) })
	}
}

// Two producers and two consumers: nothing is lost, nothing is there twice, and
// the consumers' loops end when the last producer is done.
func TestModes_producers_and_consumers(t *testing.T) {
	eachKind(t, func(t *testing.T, create func(capacity int) *queue.Queue[int]) {
		modes(t, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
			q := create(1)
			l := new(ledger)
			for i := range 2 {
				p := q.Producer()
				task := g.Go(func(ctx context.Context) error {
					for j := range 2 {
						v := 10*i + j
						if err := p.Put(ctx, v); err != nil {
							return err
						}
						l.note(&l.put, v)
					}
					return nil
				})
				task.OnDone(p.Close)
			}
			for range 2 {
				g.Go(func(ctx context.Context) error {
					for v := range q.All(ctx) {
						l.note(&l.got, v)
					}
					return nil
				})
			}
			t.Cleanup(func() { l.check(t, q) })
		})
	})
}

// Join returns when all is done, and not before.
func TestModes_Join(t *testing.T) {
	modes(t, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		q := queue.New[int](2)
		for i := range 3 {
			if q.Put(ctx, i) != nil {
				return
			}
			g.Service(func(ctx context.Context) error {
				for {
					if _, err := q.Get(ctx); err != nil {
						return err
					}
					inflight.Point(ctx, "work")
					q.TaskDone()
				}
			})
		}
		if err := q.Join(ctx); err == nil && q.Unfinished() != 0 {
			t.Errorf("it is joined, and %d are unfinished", q.Unfinished())
		}
	})
}

// A shutdown, soft or hard, meets those who put and those who get: everybody is
// told, and nothing is lost.
func TestModes_Shutdown(t *testing.T) {
	for name, now := range map[string]bool{"soft": false, "now": true} {
		t.Run(name, func(t *testing.T) {
			modes(t, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
				q := queue.New[int](1)
				l := new(ledger)
				for i := range 2 {
					g.Go(func(ctx context.Context) error {
						n, err := q.PutAll(ctx, []int{10 * i, 10*i + 1})
						for j := range n {
							l.note(&l.put, 10*i+j)
						}
						return unless(queue.ErrShutdown, err)
					})
				}
				g.Go(func(ctx context.Context) error {
					vs, err := q.GetUpTo(ctx, 2)
					l.note(&l.got, vs...)
					return unless(queue.ErrShutdown, err)
				})
				g.Go(func(ctx context.Context) error {
					if !now {
						q.Shutdown()
					} else {
						l.note(&l.got, q.ShutdownNow()...)
					}
					return nil
				})
				t.Cleanup(func() { l.check(t, q) })
			})
		})
	}
}

// unless returns err, nil if it is of the given kind.
func unless(kind, err error) error {
	if errors.Is(err, kind) {
		return nil
	}
	return err
}
