package goroutine

import (
	"runtime"
	"testing"
	"testing/synctest"
)

// What Identify reads, once it has learnt where, is what a stack trace says.
func TestIdentify(t *testing.T) {
	Learn(func(f func()) { synctest.Test(t, func(*testing.T) { f() }) }, synctest.Wait)
	if fast := runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64"; fast && places.bubble.Load() == 0 {
		t.Error("the places of the identity were not found: Identify takes a stack trace each time")
	}
	bubbles := make(map[uint64]bool)
	check := func() Identity {
		got, want := Identify(), traced()
		if got.ID != want.ID || (got.Bubble == 0) != (want.Bubble == 0) {
			t.Errorf("got %v, want %v", got, want)
		}
		return got
	}
	check()
	isolated(func() { check() })
	for range 3 {
		synctest.Test(t, func(*testing.T) {
			own := check()
			isolated(func() {
				if other := check(); other.Bubble != own.Bubble || other.ID == own.ID {
					t.Errorf("two goroutines of one bubble are %v and %v", own, other)
				}
			})
			bubbles[own.Bubble] = true
			defer runtime.KeepAlive(bubbles)
		})
	}
	if bubbles[0] {
		t.Error("a bubble is none")
	}
}

func BenchmarkIdentify(b *testing.B) {
	for b.Loop() {
		Identify()
	}
}

// Each goroutine that is running has a key of its own, which stays.
func TestKey(t *testing.T) {
	keys := make(chan uint64)
	end := make(chan bool)
	for range 20 {
		go func() {
			key := Key()
			keys <- key
			<-end
			grow(1000)
			if Key() != key {
				t.Error("it has changed")
			}
			keys <- key
		}()
	}
	seen := make(map[uint64]bool)
	for range 20 {
		seen[<-keys] = true
	}
	if len(seen) != 20 {
		t.Errorf("20 goroutines have %d keys", len(seen))
	}
	close(end)
	for range 20 {
		<-keys
	}
}

// grow makes the stack move.
func grow(n int) int {
	var pad [100]int
	if n == 0 {
		return pad[0]
	}
	return grow(n-1) + pad[n%100]
}
