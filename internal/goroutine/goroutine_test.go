package goroutine

import (
	"context"
	"runtime"
	"runtime/pprof"
	"testing"
)

// isolated runs f in a goroutine of its own, so that what f leaves behind dies
// with it.
func isolated(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
}

func TestReusableSeesThreadLock(t *testing.T) {
	if Raced {
		t.Skip("goroutines are never reused under the race detector")
	}
	if lockCounter() == 0 {
		t.Fatal("the runtime's lock counter was not found: goroutines are never reused on this platform")
	}
	isolated(func() {
		if !Reusable() {
			t.Error("a fresh goroutine is not reusable")
		}
		runtime.LockOSThread()
		runtime.LockOSThread()
		if Reusable() {
			t.Error("a goroutine locked twice is reusable")
		}
		runtime.UnlockOSThread()
		if Reusable() {
			t.Error("a goroutine that is still locked once is reusable")
		}
		runtime.UnlockOSThread()
		if !Reusable() {
			t.Error("an unlocked goroutine is not reusable")
		}
	})
}

func TestFreshSetsTheSpawnersLabels(t *testing.T) {
	isolated(func() {
		pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels("who", "spawner")))
		spawner := Current()
		pprof.SetGoroutineLabels(context.Background())
		if Current() == spawner {
			t.Fatal("labels did not change")
		}
		Fresh(spawner)
		if Current() != spawner {
			t.Error("Fresh did not set the labels")
		}
	})
}

func BenchmarkReusable(b *testing.B) {
	for b.Loop() {
		Reusable()
	}
}
