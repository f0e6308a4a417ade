package corpus

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/inflight-go/inflight/locks"
)

// shared are bugs of tasks that look at something, wait, and then believe it still.
var shared = []Bug{
	{"read-await-write", "two deposits at once, one is lost", deposits(apart), deposits(locked)},
	{"check-then-act", "it is not there yet, so both make it", getOrCreate(apart), getOrCreate(locked)},
	{"limit-by-a-look", "fewer than the limit are running, so both start", limitByALook(apart), limitByALook(locked)},
	{"torn-snapshot", "a sum is taken in the middle of a transfer", transfer(apart), transfer(locked)},
	{"stale-fill", "what was read before an update gets into the cache after it", staleFill(apart), staleFill(locked)},
	{"late-answer", "the answer to the old question comes last, and is shown", lateAnswer(false), lateAnswer(true)},
	{"two-leaders", "it was the leader when it looked, and writes after the next one", twoLeaders(false), twoLeaders(true)},
	{"aba", "the head of a stack is what it was, and its next is not", aba(0), aba(1)},
}

// A section runs fn in one of two ways.
type section func() func(ctx context.Context, fn func(context.Context) error) error

// apart calls fn as if nobody else were there.
func apart() func(context.Context, func(context.Context) error) error {
	return func(ctx context.Context, fn func(context.Context) error) error { return fn(ctx) }
}

// locked calls fn with a mutex locked.
func locked() func(context.Context, func(context.Context) error) error { return new(locks.Mutex).Do }

func deposits(by section) Program {
	return func(ctx context.Context) error {
		var balance atomic.Int64
		do := by()
		err := twice(ctx, func(ctx context.Context) error {
			return do(ctx, func(ctx context.Context) error {
				old := balance.Load()
				if err := step(ctx); err != nil {
					return err
				}
				balance.Store(old + 10)
				return nil
			})
		})
		if got := balance.Load(); err == nil && got != 20 {
			return fmt.Errorf("two deposits of 10 make %d", got)
		}
		return err
	}
}

func getOrCreate(by section) Program {
	return func(ctx context.Context) error {
		var there atomic.Bool
		var made atomic.Int64
		do := by()
		err := twice(ctx, func(ctx context.Context) error {
			return do(ctx, func(ctx context.Context) error {
				if there.Load() {
					return nil
				}
				made.Add(1)
				err := step(ctx)
				there.Store(true)
				return err
			})
		})
		if n := made.Load(); err == nil && n != 1 {
			return fmt.Errorf("made %d times", n)
		}
		return err
	}
}

func limitByALook(by section) Program {
	return func(ctx context.Context) error {
		const limit = 1
		var running atomic.Int64
		do := by()
		return together(ctx, three(func(ctx context.Context) error {
			free := false
			err := do(ctx, func(ctx context.Context) error {
				free = running.Load() < limit
				if err := step(ctx); err != nil || !free { // it is written into the log, say
					return err
				}
				if n := running.Add(1); n > limit {
					return fmt.Errorf("%d are running, the limit is %d", n, limit)
				}
				return nil
			})
			if err == nil && free {
				err = step(ctx)
				running.Add(-1)
			}
			return err
		})...)
	}
}

func three[F any](fn F) []F { return []F{fn, fn, fn} }

func transfer(by section) Program {
	return func(ctx context.Context) error {
		var a, b atomic.Int64
		a.Store(100)
		do := by()
		return together(ctx, func(ctx context.Context) error {
			return do(ctx, func(ctx context.Context) error {
				a.Add(-30)
				err := step(ctx)
				b.Add(30)
				return err
			})
		}, func(ctx context.Context) error {
			return do(ctx, func(ctx context.Context) error {
				if sum := a.Load() + b.Load(); sum != 100 {
					return fmt.Errorf("the sum is %d", sum)
				}
				return nil
			})
		})
	}
}

func staleFill(by section) Program {
	return func(ctx context.Context) error {
		const nothing, before, after = 0, 1, 2
		var stored, cached atomic.Int64
		stored.Store(before)
		do := by()
		err := together(ctx, func(ctx context.Context) error { // a reader, who misses the cache
			return do(ctx, func(ctx context.Context) error {
				value := stored.Load()
				err := step(ctx)
				cached.Store(value)
				return err
			})
		}, func(ctx context.Context) error { // a writer
			return do(ctx, func(ctx context.Context) error {
				stored.Store(after)
				err := step(ctx)
				cached.Store(nothing)
				return err
			})
		})
		if err == nil && cached.Load() == before {
			return fmt.Errorf("the cache has the value of before the update, for ever")
		}
		return err
	}
}

// lateAnswer shows the answers to two questions as they come, or only the one to the
// last question.
func lateAnswer(looks bool) Program {
	return func(ctx context.Context) error {
		var l locks.Mutex
		asked, shown := 0, 0
		err := twice(ctx, func(ctx context.Context) error {
			var mine int
			err := l.Do(ctx, func(context.Context) error {
				asked++
				mine = asked
				return nil
			})
			if err != nil {
				return err
			}
			return l.Do(ctx, func(context.Context) error { // the answer is there
				if !looks || mine == asked {
					shown = mine
				}
				return nil
			})
		})
		if err == nil && shown != asked {
			return fmt.Errorf("the answer to question %d is shown, and %d was asked last", shown, asked)
		}
		return err
	}
}

// twoLeaders has a leader, and one who takes over. With fences the store refuses
// what comes from an earlier term than what it has.
func twoLeaders(fences bool) Program {
	return func(ctx context.Context) error {
		var term, written atomic.Int64
		lead := func(ctx context.Context, mine int64) error {
			for term.Load() <= mine {
				last := written.Load()
				if err := step(ctx); err != nil { // what to write is worked out
					return err
				}
				if fences && (last > mine || written.CompareAndSwap(last, mine)) {
					return nil
				}
				if fences {
					continue
				}
				if last := written.Swap(mine); last > mine {
					return fmt.Errorf("the leader of term %d has written after that of term %d", mine, last)
				}
				return nil
			}
			return nil
		}
		return together(ctx, func(ctx context.Context) error {
			return lead(ctx, 1)
		}, func(ctx context.Context) error {
			term.Store(2)
			return lead(ctx, 2)
		})
	}
}

// aba is a stack of numbers that many pop from without a lock. Its head has the
// number on top and, in the upper half, a count that grows with each change by as
// much as given.
func aba(count int64) Program {
	return func(ctx context.Context) error {
		var next [4]atomic.Int64 // of 1, 2, 3; 0 for the last
		var owner [4]atomic.Int64
		var head atomic.Int64
		swing := func(old, to int64) bool { return head.CompareAndSwap(old, (old>>8+count)<<8|to) }
		push := func(n int64) {
			owner[n].Add(-1)
			for old := head.Load(); ; old = head.Load() {
				next[n].Store(old & 0xff)
				if swing(old, n) {
					return
				}
			}
		}
		pop := func(ctx context.Context) (int64, error) {
			for {
				old := head.Load()
				below := next[old&0xff].Load()
				if err := step(ctx); err != nil {
					return 0, err
				}
				if swing(old, below) {
					if owner[old&0xff].Add(1) > 1 {
						return 0, fmt.Errorf("two have popped %d", old&0xff)
					}
					return old & 0xff, nil
				}
			}
		}
		for n := range int64(3) {
			owner[n+1].Store(1)
			push(n + 1)
		}
		return together(ctx, func(ctx context.Context) error {
			if _, err := pop(ctx); err != nil {
				return err
			}
			_, err := pop(ctx)
			return err
		}, func(ctx context.Context) error {
			top, err := pop(ctx)
			if err != nil {
				return err
			}
			if _, err := pop(ctx); err != nil { // and keep it
				return err
			}
			push(top)
			return nil
		})
	}
}
