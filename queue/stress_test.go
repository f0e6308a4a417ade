package queue_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inflight-go/inflight/queue"
)

// A token is one item of a stress run: which producer put it, as which of its own.
type token struct{ producer, number int }

func byNumber(a, b token) int { return a.number%7 - b.number%7 }

const (
	stressProducers = 4
	stressConsumers = 4
	stressTokens    = 2500 // of each producer
)

// A stress is one run: producers and consumers that give up at random.
type stress struct {
	*testing.T
	q    *queue.Queue[token]
	fifo bool
	put  [stressProducers]int // how many each has put; they have the lowest numbers
	mu   sync.Mutex
	seen map[token]int
	cut  atomic.Int64 // how many operations were given up
}

// impatient returns a context that ends soon, sometimes while the operation runs.
func impatient(r *rand.Rand) (context.Context, context.CancelFunc) {
	switch r.IntN(4) {
	case 0:
		return context.WithTimeout(context.Background(), time.Duration(r.IntN(60))*time.Microsecond)
	case 1:
		ctx, cancel := context.WithCancel(context.Background())
		go cancel()
		return ctx, cancel
	}
	return context.WithCancel(context.Background())
}

// gaveUp counts the errors of a context; no others may come before the shutdown.
func (s *stress) gaveUp(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		s.cut.Add(1)
		return true
	}
	return false
}

// produce puts each of its tokens until it is in, singly and in batches.
func (s *stress) produce(id int) {
	r := rand.New(rand.NewPCG(uint64(id), 2))
	for s.put[id] < stressTokens {
		ctx, cancel := impatient(r)
		var err error
		switch r.IntN(4) {
		case 0:
			if err = s.q.PutNow(token{id, s.put[id]}); err == nil {
				s.put[id]++
			}
		case 1:
			var batch []token
			for i := range min(1+r.IntN(9), stressTokens-s.put[id]) {
				batch = append(batch, token{id, s.put[id] + i})
			}
			var n int
			n, err = s.q.PutAll(ctx, batch)
			s.put[id] += n
		default:
			if err = s.q.Put(ctx, token{id, s.put[id]}); err == nil {
				s.put[id]++
			}
		}
		cancel()
		if errors.Is(err, queue.ErrShutdown) {
			return
		}
		if err != nil && !s.gaveUp(err) && !errors.Is(err, queue.ErrFull) {
			s.Errorf("put: %v", err)
		}
	}
}

// consume gets tokens in each of the ways that there are, until the shutdown.
func (s *stress) consume(id int) {
	r := rand.New(rand.NewPCG(uint64(id), 3))
	last := [stressProducers]int{-1, -1, -1, -1}
	for {
		ctx, cancel := impatient(r)
		var vs []token
		var err error
		switch r.IntN(4) {
		case 0:
			vs, err = s.q.GetUpTo(ctx, 1+r.IntN(9))
		case 1:
			left := r.IntN(9)
			for v := range s.q.All(ctx) {
				s.take(&last, v)
				if left--; left < 0 {
					break
				}
			}
			err = ctx.Err()
		default:
			vs = make([]token, 1)
			if r.IntN(3) == 0 {
				vs[0], err = s.q.GetNow()
			} else {
				vs[0], err = s.q.Get(ctx)
			}
		}
		cancel()
		if errors.Is(err, queue.ErrShutdown) {
			return
		}
		if err != nil {
			if !s.gaveUp(err) && !errors.Is(err, queue.ErrEmpty) {
				s.Errorf("get: %v", err)
			}
			continue
		}
		s.take(&last, vs...)
		for range vs {
			s.q.TaskDone()
		}
	}
}

// take notes that one consumer got the tokens.
func (s *stress) take(last *[stressProducers]int, vs ...token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range vs {
		s.seen[v]++
		if s.fifo && v.number <= last[v.producer] {
			s.Errorf("%v was got after %d", v, last[v.producer])
		}
		last[v.producer] = v.number
	}
}

// Under many goroutines that put, get and give up at random, each item that was put
// is got or drained exactly once, those of one producer in their order, and in the
// end nobody waits and nothing is unfinished.
func TestStress(t *testing.T) {
	makers := []struct {
		name string
		make func(capacity int) *queue.Queue[token]
	}{
		{"fifo", queue.New[token]},
		{"fifo with two ends", queue.NewTwoEnded[token]},
		{"priority", func(c int) *queue.Queue[token] { return queue.NewPriority(c, byNumber) }},
		{"stack", queue.NewStack[token]},
	}
	for _, m := range makers {
		for _, capacity := range []int{0, 1, 10, queue.Unbounded} {
			for _, sudden := range []bool{false, true} {
				t.Run(m.name, func(t *testing.T) {
					s := &stress{T: t, q: m.make(capacity), fifo: strings.HasPrefix(m.name, "fifo"), seen: make(map[token]int)}
					s.run(sudden)
				})
			}
		}
	}
}

// run ends with a Shutdown when all is done, or with a sudden ShutdownNow.
func (s *stress) run(sudden bool) {
	var producers, consumers sync.WaitGroup
	for i := range stressProducers {
		producers.Go(func() { s.produce(i) })
	}
	for i := range stressConsumers {
		consumers.Go(func() { s.consume(i) })
	}
	if sudden {
		time.Sleep(3 * time.Millisecond)
		for _, v := range s.q.ShutdownNow() {
			s.mu.Lock()
			s.seen[v]++
			s.mu.Unlock()
		}
	}
	producers.Wait()
	if err := s.q.Join(context.Background()); err != nil {
		s.Errorf("Join: %v", err)
	}
	s.q.Shutdown()
	consumers.Wait()
	s.check()
}

func (s *stress) check() {
	total := 0
	for id, n := range s.put {
		total += n
		for i := range n {
			if c := s.seen[token{id, i}]; c != 1 {
				s.Fatalf("item %d of producer %d was seen %d times", i, id, c)
			}
		}
	}
	expect(s, "items seen", len(s.seen), total)
	expect(s, "Unfinished", s.q.Unfinished(), 0)
	expect(s, "Len", s.q.Len(), 0)
	expectErr(s, "queue", s.q.Check(), nil)
	expectWaiting(s, s.q, 0, 0, 0)
	s.Logf("capacity %d: %d items, %d operations given up", s.q.Cap(), total, s.cut.Load())
}
