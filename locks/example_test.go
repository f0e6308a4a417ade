package locks_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/locks"
)

// fetchToken and loadPage are the slow services of these examples.
func fetchToken(ctx context.Context) (string, error) {
	return "token", inflight.Sleep(ctx, time.Millisecond)
}

func loadPage(ctx context.Context, page int) (string, error) {
	return fmt.Sprint("page ", page), inflight.Sleep(ctx, time.Millisecond)
}

// waitUntil waits until something is so that others bring about.
func waitUntil(ctx context.Context, so func() bool) error {
	for !so() {
		if err := inflight.Sleep(ctx, time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// The token is fetched once, by the first who needs it, while the others wait;
// each of them could give up any time.
func ExampleMutex() {
	var mu locks.Mutex
	token, fetched := "", 0
	get := func(ctx context.Context) (string, error) {
		if err := mu.Lock(ctx); err != nil {
			return "", err
		}
		defer mu.Unlock()
		if token != "" {
			return token, nil
		}
		fetched++
		var err error
		token, err = fetchToken(ctx)
		return token, err
	}
	fmt.Println(inflight.Gather(context.Background(), get, get, get))
	fmt.Println("fetched:", fetched)
	// Output:
	// [token token token] <nil>
	// fetched: 1
}

func ExampleMutex_Lock() {
	ctx := context.Background()
	var mu locks.Mutex
	if err := mu.Lock(ctx); err != nil {
		fmt.Println(err)
		return
	}
	defer mu.Unlock()

	brief, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	err := mu.Lock(brief) // somebody has it, and keeps it
	fmt.Println(errors.Is(err, context.DeadlineExceeded))
	// Output: true
}

// A round that finds the last one still busy is left out.
func ExampleMutex_TryLock() {
	var busy locks.Mutex
	round := func() {
		if !busy.TryLock() {
			fmt.Println("left out")
			return
		}
		defer busy.Unlock()
		fmt.Println("round")
	}
	round()
	busy.TryLock()
	round()
	// Output:
	// round
	// left out
}

// Unlock hands the mutex to those who wait in the order in which they came.
func ExampleMutex_Unlock() {
	ctx := context.Background()
	var mu locks.Mutex
	mu.TryLock()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		for i, name := range []string{"first", "second", "third"} {
			g.Go(func(ctx context.Context) error {
				if err := mu.Lock(ctx); err != nil {
					return err
				}
				defer mu.Unlock()
				fmt.Println(name)
				return nil
			})
			if err := waitUntil(ctx, func() bool { return mu.Stats().Waiting > i }); err != nil {
				return err
			}
		}
		mu.Unlock()
		return nil
	})
	fmt.Println(err)
	// Output:
	// first
	// second
	// third
	// <nil>
}

// The account is locked across the wait, and unlocked whatever happens.
func ExampleMutex_Do() {
	ctx := context.Background()
	var mu locks.Mutex
	balance := 0
	deposit := func(ctx context.Context) error {
		was := balance
		if err := inflight.Sleep(ctx, time.Millisecond); err != nil {
			return err
		}
		balance = was + 10
		return nil
	}
	err := inflight.Run(ctx, func(_ context.Context, g *inflight.TaskGroup) error {
		for range 5 {
			g.Go(func(ctx context.Context) error { return mu.Do(ctx, deposit) })
		}
		return nil
	})
	fmt.Println(balance, err)
	// Output: 50 <nil>
}

func ExampleMutex_Stats() {
	var mu locks.Mutex
	err := inflight.Run(context.Background(), func(_ context.Context, g *inflight.TaskGroup) error {
		g.Go(func(ctx context.Context) error {
			return mu.Do(ctx, func(context.Context) error {
				fmt.Printf("%+v\n", mu.Stats())
				return nil
			})
		}, inflight.Name("fetch"))
		return nil
	})
	fmt.Println(err)
	// Output:
	// {Locked:true Waiting:0 Owner:fetch}
	// <nil>
}

// A cache is worth its refresh only while the queue for it is short.
func ExampleMutexStats() {
	var mu locks.Mutex
	worthwhile := func(s locks.MutexStats) bool { return !s.Locked || s.Waiting < 3 }
	fmt.Println(worthwhile(mu.Stats()))
	// Output: true
}

func ExampleMutex_String() {
	var mu locks.Mutex
	fmt.Println(&mu)
	err := inflight.Run(context.Background(), func(_ context.Context, g *inflight.TaskGroup) error {
		g.Go(func(ctx context.Context) error {
			return mu.Do(ctx, func(context.Context) error {
				fmt.Println(&mu)
				return nil
			})
		}, inflight.Name("fetch"))
		return nil
	})
	fmt.Println(err)
	// Output:
	// mutex [unlocked]
	// mutex [locked by fetch]
	// <nil>
}

// The workers wait until the configuration is there.
func ExampleEvent() {
	var ready locks.Event
	config := ""
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		for range 2 {
			g.Go(func(ctx context.Context) error {
				if err := ready.Wait(ctx); err != nil {
					return err
				}
				fmt.Println("working with", config)
				return nil
			})
		}
		config = "verbose=true"
		ready.Set()
		return nil
	})
	fmt.Println(err)
	// Output:
	// working with verbose=true
	// working with verbose=true
	// <nil>
}

func ExampleEvent_Wait() {
	var ready locks.Event
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	fmt.Println(ready.Wait(ctx)) // nobody sets it in time
	ready.Set()
	fmt.Println(ready.Wait(context.Background()))
	// Output:
	// context deadline exceeded
	// <nil>
}

func ExampleEvent_Set() {
	var stopped locks.Event
	stop := func() { stopped.Set() } // may be called more than once
	stop()
	stop()
	fmt.Println(stopped.Wait(context.Background()))
	// Output: <nil>
}

// A gate that is open now and then.
func ExampleEvent_Clear() {
	var open locks.Event
	open.Set()
	fmt.Println(&open)
	open.Clear()
	fmt.Println(&open)
	// Output:
	// event [set]
	// event [unset]
}

func ExampleEvent_IsSet() {
	var enough locks.Event
	for page := 1; !enough.IsSet(); page++ {
		text, err := loadPage(context.Background(), page)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(text)
		if page == 2 {
			enough.Set()
		}
	}
	// Output:
	// page 1
	// page 2
}

// Done is for a select, with other channels.
func ExampleEvent_Done() {
	var closing locks.Event
	jobs := make(chan string, 1)
	jobs <- "job"
	for {
		select {
		case job := <-jobs:
			fmt.Println(job)
			closing.Set()
		case <-closing.Done():
			fmt.Println("closing")
			return
		}
	}
	// Output:
	// job
	// closing
}

func ExampleEvent_String() {
	var ready locks.Event
	fmt.Println(&ready)
	ready.Set()
	fmt.Println(&ready)
	// Output:
	// event [unset]
	// event [set]
}

// A basket that the shop fills and the customers empty.
func ExampleCond() {
	var mu locks.Mutex
	changed := locks.NewCond(&mu)
	var basket []string
	take := func(ctx context.Context) (string, error) {
		if err := mu.Lock(ctx); err != nil {
			return "", err
		}
		defer mu.Unlock()
		if err := changed.WaitFor(ctx, func() bool { return len(basket) > 0 }); err != nil {
			return "", err
		}
		item := basket[0]
		basket = basket[1:]
		return item, nil
	}
	fill := func(ctx context.Context) (string, error) {
		if err := mu.Lock(ctx); err != nil {
			return "", err
		}
		defer mu.Unlock()
		basket = append(basket, "tea", "milk")
		return "full", changed.Notify(2)
	}
	got, err := inflight.Gather(context.Background(), take, take, fill)
	slices.Sort(got) // who was first is anybody's guess
	fmt.Println(got, err)
	// Output: [full milk tea] <nil>
}

// Two conditions of one mutex: who waits for the one is not woken for the other.
func ExampleNewCond() {
	var mu locks.Mutex
	notEmpty, notFull := locks.NewCond(&mu), locks.NewCond(&mu)
	mu.TryLock()
	fmt.Println(notEmpty, notFull)
	mu.Unlock()
	fmt.Println(notEmpty, notFull)
	// Output:
	// cond [locked] cond [locked]
	// cond [unlocked] cond [unlocked]
}

// Wait stands in a loop, because between the notification and its return others
// may have had the mutex. WaitFor is that loop.
func ExampleCond_Wait() {
	var mu locks.Mutex
	changed := locks.NewCond(&mu)
	level := 0
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(func(ctx context.Context) error {
			return mu.Do(ctx, func(ctx context.Context) error {
				for level < 3 {
					if err := changed.Wait(ctx); err != nil {
						return err
					}
				}
				fmt.Println("level", level)
				return nil
			})
		})
		for range 3 {
			err := mu.Do(ctx, func(context.Context) error {
				level++
				return changed.NotifyAll()
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	fmt.Println(err)
	// Output:
	// level 3
	// <nil>
}

// The mutex is locked also when WaitFor gives up.
func ExampleCond_WaitFor() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	var mu locks.Mutex
	changed := locks.NewCond(&mu)
	stock := 2
	if err := mu.Lock(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	defer mu.Unlock()
	err := changed.WaitFor(ctx, func() bool { return stock >= 5 })
	fmt.Println(err)
	fmt.Println("still only", stock, &mu)
	// Output:
	// context deadline exceeded
	// still only 2 mutex [locked]
}

// Notify is for whoever holds the mutex.
func ExampleCond_Notify() {
	var mu locks.Mutex
	changed := locks.NewCond(&mu)
	err := changed.Notify(1)
	fmt.Println(errors.Is(err, locks.ErrNotLocked))
	err = mu.Do(context.Background(), func(context.Context) error {
		return changed.Notify(1) // there may be nobody who waits
	})
	fmt.Println(err)
	// Output:
	// true
	// <nil>
}

// What concerns everybody, everybody must be told.
func ExampleCond_NotifyAll() {
	var mu locks.Mutex
	changed := locks.NewCond(&mu)
	closed := false
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		for range 3 {
			g.Go(func(ctx context.Context) error {
				return mu.Do(ctx, func(ctx context.Context) error {
					err := changed.WaitFor(ctx, func() bool { return closed })
					fmt.Println("closed:", closed)
					return err
				})
			})
		}
		return mu.Do(ctx, func(context.Context) error {
			closed = true
			return changed.NotifyAll()
		})
	})
	fmt.Println(err)
	// Output:
	// closed: true
	// closed: true
	// closed: true
	// <nil>
}

func ExampleCond_String() {
	var mu locks.Mutex
	changed := locks.NewCond(&mu)
	fmt.Println(changed)
	mu.TryLock()
	fmt.Println(changed)
	// Output:
	// cond [unlocked]
	// cond [locked]
}

// The pages weigh what they need of a memory of 10: never more are loaded at
// once than fit in.
func ExampleSemaphore() {
	memory := locks.NewSemaphore(10)
	load := func(ctx context.Context, weight int) (string, error) {
		if err := memory.Acquire(ctx, int64(weight)); err != nil {
			return "", err
		}
		defer memory.Release(int64(weight))
		return loadPage(ctx, weight)
	}
	weights := []int{7, 2, 5, 10}
	fmt.Println(inflight.Map(context.Background(), weights, inflight.Unlimited, load))
	fmt.Println(memory)
	// Output:
	// [page 7 page 2 page 5 page 10] <nil>
	// semaphore [0/10]
}

func ExampleNewSemaphore() {
	seats := locks.NewSemaphore(3)
	fmt.Println(seats.TryAcquire(2), seats.TryAcquire(2), seats)
	// Output: true false semaphore [2/3]
}

func ExampleSemaphore_Acquire() {
	ctx := context.Background()
	seats := locks.NewSemaphore(3)
	fmt.Println(seats.Acquire(ctx, 2))

	brief, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	fmt.Println(seats.Acquire(brief, 2)) // nobody leaves in time
	err := seats.Acquire(ctx, 4)         // there will never be 4
	fmt.Println(errors.Is(err, locks.ErrTooMany))
	// Output:
	// <nil>
	// context deadline exceeded
	// true
}

// Who can't be served at once is turned away.
func ExampleSemaphore_TryAcquire() {
	slots := locks.NewSemaphore(1)
	serve := func(name string) {
		if !slots.TryAcquire(1) {
			fmt.Println(name, "is turned away")
			return
		}
		fmt.Println(name, "is served")
	}
	serve("the first")
	serve("the second")
	// Output:
	// the first is served
	// the second is turned away
}

// What was taken together may be given back in parts.
func ExampleSemaphore_Release() {
	seats := locks.NewSemaphore(4)
	seats.TryAcquire(4)
	seats.Release(1)
	fmt.Println(seats)
	seats.Release(3)
	fmt.Println(seats)
	// Output:
	// semaphore [3/4]
	// semaphore [0/4]
}

func ExampleSemaphore_Do() {
	connections := locks.NewSemaphore(2)
	err := connections.Do(context.Background(), 1, func(ctx context.Context) error {
		page, err := loadPage(ctx, 1)
		fmt.Println(page, connections)
		return err
	})
	fmt.Println(err, connections)
	// Output:
	// page 1 semaphore [1/2]
	// <nil> semaphore [0/2]
}

func ExampleSemaphore_Stats() {
	seats := locks.NewSemaphore(4)
	seats.TryAcquire(3)
	fmt.Printf("%+v\n", seats.Stats())
	// Output: {InUse:3 Capacity:4 Waiting:0}
}

// How full it is, for a gauge.
func ExampleSemaphoreStats() {
	load := func(s locks.SemaphoreStats) string {
		return fmt.Sprintf("%d%%", 100*s.InUse/s.Capacity)
	}
	seats := locks.NewSemaphore(4)
	seats.TryAcquire(3)
	fmt.Println(load(seats.Stats()))
	// Output: 75%
}

func ExampleSemaphore_String() {
	seats := locks.NewSemaphore(10)
	seats.TryAcquire(3)
	fmt.Println(seats)
	// Output: semaphore [3/10]
}

// Three workers do a step each, and none begins the next before all have done
// this one.
func ExampleBarrier() {
	step := locks.NewBarrier(3)
	done := make([][]int, 3) // by worker, the steps
	err := inflight.Run(context.Background(), func(_ context.Context, g *inflight.TaskGroup) error {
		for worker := range 3 {
			g.Go(func(ctx context.Context) error {
				for i := range 2 {
					done[worker] = append(done[worker], i)
					index, err := step.Wait(ctx)
					if err != nil {
						return err
					}
					if index == 0 { // one of the three
						fmt.Println("all have done step", i)
					}
					if _, err := step.Wait(ctx); err != nil {
						return err
					}
				}
				return nil
			})
		}
		return nil
	})
	fmt.Println(done, err)
	// Output:
	// all have done step 0
	// all have done step 1
	// [[0 1] [0 1] [0 1]] <nil>
}

func ExampleNewBarrier() {
	alone := locks.NewBarrier(1) // waits for nobody else
	fmt.Println(alone.Wait(context.Background()))
	// Output: 0 <nil>
}

// A wait that is given up does not break the barrier for the others.
func ExampleBarrier_Wait() {
	start := locks.NewBarrier(2)
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	fmt.Println(start.Wait(ctx)) // nobody else comes
	fmt.Println(start)
	// Output:
	// -1 context deadline exceeded
	// barrier [parties:2]
}

// brokenBy returns what one who waits is told when end is called.
func brokenBy(start *locks.Barrier, end func()) error {
	return inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(func(ctx context.Context) error {
			_, err := start.Wait(ctx)
			return err
		})
		if err := waitUntil(ctx, func() bool { return start.Waiting() == 1 }); err != nil {
			return err
		}
		end()
		return nil
	})
}

// Who waits is told, and so is everybody who comes later.
func ExampleBarrier_Abort() {
	start := locks.NewBarrier(2)
	err := brokenBy(start, start.Abort)
	fmt.Println(errors.Is(err, locks.ErrBroken))
	_, err = start.Wait(context.Background())
	fmt.Println(errors.Is(err, locks.ErrBroken))
	// Output:
	// true
	// true
}

// Who waits is told, and for those who come later the barrier is as good as new.
func ExampleBarrier_Reset() {
	start := locks.NewBarrier(2)
	err := brokenBy(start, start.Reset)
	fmt.Println(errors.Is(err, locks.ErrBroken), start)
	// Output: true barrier [parties:2]
}

func ExampleBarrier_Broken() {
	start := locks.NewBarrier(2)
	start.Abort()
	fmt.Println(start.Broken())
	start.Reset()
	fmt.Println(start.Broken())
	// Output:
	// true
	// false
}

func ExampleBarrier_Parties() {
	start := locks.NewBarrier(3)
	fmt.Println("waiting for", start.Parties()-start.Waiting(), "more")
	// Output: waiting for 3 more
}

// The starter comes when all the others are there.
func ExampleBarrier_Waiting() {
	start := locks.NewBarrier(3)
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		for range 2 {
			g.Go(func(ctx context.Context) error {
				_, err := start.Wait(ctx)
				return err
			})
		}
		if err := waitUntil(ctx, func() bool { return start.Waiting() == 2 }); err != nil {
			return err
		}
		fmt.Println("ready:", start)
		_, err := start.Wait(ctx)
		return err
	})
	fmt.Println(err)
	// Output:
	// ready: barrier [parties:3, waiters:2]
	// <nil>
}

func ExampleBarrier_String() {
	start := locks.NewBarrier(3)
	fmt.Println(start)
	start.Abort()
	fmt.Println(start)
	// Output:
	// barrier [parties:3]
	// barrier [broken]
}
