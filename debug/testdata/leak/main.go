// Command leak leaks five tasks, has package debug look at them in every way, and
// prints how many the runtime's profile of leaked goroutines finds.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"runtime/pprof"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/debug"
	"github.com/inflight-go/inflight/locks"
	"github.com/inflight-go/inflight/queue"
)

// leak starts a scope whose only task never ends, and forgets all of it.
func leak(fn func(ctx context.Context) error) {
	go inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(fn)
		return nil
	})
}

func main() {
	defer debug.Start(os.Stderr)()
	leak(leakChannel)
	leak(leakQueue)
	leak(leakMutex)
	leak(leakEvent)
	leak(leakAwait)
	for len(debug.Tasks()) < 12 {
		runtime.Gosched()
	}
	time.Sleep(100 * time.Millisecond)
	s := debug.Take()
	s.Diagnose(debug.Limits{Wait: 1})
	_ = s.WriteJSON(io.Discard)
	_ = debug.Dump(os.Stderr)
	for i := range s.Tasks {
		debug.Stack(&s.Tasks[i])
	}
	profile := pprof.Lookup("goroutineleak")
	if profile == nil {
		fmt.Println("no profile")
		return
	}
	var b bytes.Buffer
	if err := profile.WriteTo(&b, 2); err != nil {
		fmt.Println(err)
		return
	}
	found := make(map[string]bool)
	for _, name := range regexp.MustCompile(`main\.leak(Channel|Queue|Mutex|Event|Await)\(`).FindAllString(b.String(), -1) {
		found[name] = true
	}
	fmt.Printf("found %d of 5\n", len(found))
	runtime.KeepAlive(s)
}

func leakChannel(context.Context) error {
	<-make(chan int)
	return nil
}

func leakQueue(ctx context.Context) error {
	_, err := queue.New[int](1).Get(ctx)
	return err
}

func leakMutex(ctx context.Context) error {
	var m locks.Mutex
	if err := m.Lock(ctx); err != nil {
		return err
	}
	return m.Lock(ctx)
}

func leakEvent(ctx context.Context) error {
	return new(locks.Event).Wait(ctx)
}

// leakAwait awaits a task that waits for something that nobody has.
func leakAwait(ctx context.Context) error {
	return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		_, err := g.Go(func(ctx context.Context) error { return new(locks.Event).Wait(ctx) }).Await(ctx)
		return err
	})
}
