package inflight_test

import (
	"context"
	"runtime"
	"sync"
	"syscall"
	"testing"

	"github.com/inflight-go/inflight"
)

// A thread that a child has locked itself to and left so never runs another
// child: it dies with the goroutine.
func TestReuse_a_locked_thread_runs_no_other_child(t *testing.T) {
	var mu sync.Mutex
	locked := make(map[int]bool)
	err := inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
		for i := range 600 {
			g.Go(func(context.Context) error {
				if i%3 == 0 {
					runtime.LockOSThread() // first, so that the number stays true
				}
				mu.Lock()
				defer mu.Unlock()
				id := syscall.Gettid()
				if locked[id] {
					t.Errorf("child %d runs on the thread of one that has locked it", i)
				}
				if i%3 == 0 {
					locked[id] = true
				}
				if i%9 == 0 {
					runtime.Goexit()
				}
				return nil
			})
			if i%20 == 0 {
				runtime.Gosched()
			}
		}
		return nil
	}, inflight.Supervise())
	if err == nil {
		t.Error("nobody has called Goexit")
	}
}
