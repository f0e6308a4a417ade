package goroutine

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// bubblePlaces holds the offsets in the runtime's record of a bubble, valid when
// known is set: how many goroutines are not durably blocked, the time, and the
// times of the first timer, among those in the heap and among those that were
// moved since.
var bubblePlaces struct {
	known                          atomic.Bool
	running, now, inHeap, modified uintptr
}

// Alone reports whether all other goroutines of the caller's bubble are durably
// blocked, and no timer is due: whether synctest.Wait would return at once. It is
// false where that is not known: before Learn, on some platforms, and under the race
// detector, where who is alone must not be the one who decides for the others.
//
// Where it is true it stays so until the caller does something: who is blocked is
// woken by a goroutine of the bubble, or by the clock, which stands still.
//
//go:norace
func Alone() bool {
	if !bubblePlaces.known.Load() {
		return false
	}
	b := *(*unsafe.Pointer)(unsafe.Add(self(), places.bubble.Load()))
	if b == nil || word(b, bubblePlaces.running) != 1 {
		return false
	}
	now := word(b, bubblePlaces.now)
	return later(word(b, bubblePlaces.inHeap), now) && later(word(b, bubblePlaces.modified), now)
}

// later reports whether a timer at that time, 0 for none, is not due yet.
func later(at, now int64) bool { return at == 0 || at > now }

// word reads a word of a record, whose size checkptr knows and we only learn.
//
//go:norace
//go:nocheckptr
func word(record unsafe.Pointer, offset uintptr) int64 {
	return atomic.LoadInt64((*int64)(unsafe.Add(record, offset)))
}

// bubbleRecorded is how much of the runtime's record of a bubble is looked at.
const bubbleRecorded = 160

// A bubbleRecord is what is looked at, and what must be in it.
type bubbleRecord struct {
	words                          [bubbleRecorded / 8]int64
	running, now, inHeap, modified int64
}

//go:norace
func readBubble(running, inHeap, modified int64) (r bubbleRecord) {
	b := *(*unsafe.Pointer)(unsafe.Add(self(), places.bubble.Load()))
	for i := range r.words {
		r.words[i] = word(b, uintptr(8*i))
	}
	r.running, r.now, r.inHeap, r.modified = running, time.Now().UnixNano(), inHeap, modified
	return r
}

// learnBubble finds out where Alone has to look. It makes bubbles of which it knows
// what is in them, and believes the words that fit all of them, if each is the only
// one.
func learnBubble(bubble func(f func()), wait func()) {
	if Raced {
		return
	}
	var records []bubbleRecord
	for n := range 3 {
		bubble(func() { records = append(records, observe(n, wait)...) })
	}
	known := true
	at := func(field func(*bubbleRecord) int64) (offset uintptr) {
		found := 0
		for i := range records[0].words {
			if !slices.ContainsFunc(records, func(r bubbleRecord) bool { return r.words[i] != field(&r) }) {
				offset = uintptr(8 * i)
				found++
			}
		}
		known = known && found == 1
		return offset
	}
	p := &bubblePlaces
	p.running = at(func(r *bubbleRecord) int64 { return r.running })
	p.now = at(func(r *bubbleRecord) int64 { return r.now })
	p.inHeap = at(func(r *bubbleRecord) int64 { return r.inHeap })
	p.modified = at(func(r *bubbleRecord) int64 { return r.modified })
	p.known.Store(known)
}

// observe takes records of the caller's bubble: at another time than those of other
// n, with goroutines that are durably blocked, with n that wait for a mutex, which
// counts as running, with a timer, and with one that was moved.
func observe(n int, wait func()) (records []bubbleRecord) {
	note := func(running, inHeap, modified int64) {
		records = append(records, readBubble(running, inHeap, modified))
	}
	time.Sleep(time.Duration(n) * time.Millisecond)
	end := make(chan struct{})
	var over sync.WaitGroup
	for range 2 {
		over.Go(func() { <-end })
	}
	wait()
	note(1, 0, 0)
	var mu sync.Mutex
	mu.Lock()
	for range n {
		over.Go(func() {
			mu.Lock()
			defer mu.Unlock()
		})
	}
	note(int64(1+n), 0, 0)
	mu.Unlock()
	close(end)
	over.Wait()
	wait()

	begin := time.Now()
	timer := time.AfterFunc(time.Hour, func() {})
	note(1, begin.Add(time.Hour).UnixNano(), 0)
	timer.Reset(time.Minute)
	note(1, begin.Add(time.Hour).UnixNano(), begin.Add(time.Minute).UnixNano())
	timer.Stop()
	return records
}
