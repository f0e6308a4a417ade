package goroutine

import (
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Alone says what synctest.Wait would do.
func TestAlone(t *testing.T) {
	if Raced {
		t.Skip("it is not known under the race detector")
	}
	Learn(func(f func()) { synctest.Test(t, func(*testing.T) { f() }) }, synctest.Wait)
	if Alone() {
		t.Error("there is no bubble")
	}
	if !bubblePlaces.known.Load() {
		if runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64" {
			t.Fatal("the places were not found")
		}
		t.Skip("it is not known on this platform")
	}
	for range 3 {
		synctest.Test(t, aloneInBubble)
	}
}

func aloneInBubble(t *testing.T) {
	want := func(want bool, what string) {
		t.Helper()
		if got := Alone(); got != want {
			t.Errorf("%s: %v", what, got)
		}
	}
	synctest.Wait() // for who has opened the bubble
	want(true, "at first")
	end := make(chan struct{})
	go func() { <-end }()
	want(false, "with one who was started")
	synctest.Wait()
	want(true, "with one who is blocked")

	var mu sync.Mutex
	mu.Lock()
	go func() { mu.Lock(); defer mu.Unlock() }()
	want(false, "with one at a mutex")
	mu.Unlock()
	synctest.Wait()
	want(true, "with one who has ended")

	timer := time.AfterFunc(time.Second, func() {})
	want(true, "with a timer")
	timer.Reset(0)
	want(false, "with a timer that was moved to now")
	synctest.Wait()
	want(true, "with a timer that has fired")
	time.AfterFunc(0, func() { <-end })
	want(false, "with a timer that is due")
	synctest.Wait()
	want(true, "with one who was started by a timer")
	time.Sleep(time.Hour)
	want(true, "after an hour")
	close(end)
	want(false, "with two who were woken")
}

func BenchmarkAlone(b *testing.B) {
	for b.Loop() {
		Alone()
	}
}
