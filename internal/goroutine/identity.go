package goroutine

import (
	"bytes"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"unsafe"
)

// An Identity says which goroutine is calling, and in which synctest bubble:
// two goroutines are in the same one if their Bubble is the same, and in none if
// it is 0.
type Identity struct{ ID, Bubble uint64 }

// places holds the offsets of the two in the runtime's record of a goroutine, 0
// while they are not known.
var places struct {
	once       sync.Once
	id, bubble atomic.Uintptr
}

// Identify returns the caller's identity: in a nanosecond or two after Learn,
// where the platform allows that, else by a stack trace, in one or two
// microseconds. It must not be asked for while Learn runs, because the numbers
// of the bubbles are others after.
//
//go:norace
func Identify() Identity {
	if at := places.bubble.Load(); at != 0 {
		g := self()
		return Identity{*(*uint64)(unsafe.Add(g, places.id.Load())), *(*uint64)(unsafe.Add(g, at))}
	}
	return traced()
}

// Key returns what tells the calling goroutine from all others that are running; one that
// begins when it has ended may have the same.
func Key() uint64 {
	if g := self(); g != nil {
		return uint64(uintptr(g))
	}
	return traced().ID
}

// traced reads the identity from the first line of a stack trace, such as
// "goroutine 12 [running, synctest bubble 3]:".
func traced() (i Identity) {
	var buf [96]byte
	line, _, _ := bytes.Cut(buf[:runtime.Stack(buf[:], false)], []byte("\n"))
	i.ID = number(line, "goroutine ")
	i.Bubble = number(line, "synctest bubble ")
	return i
}

// number returns the number that follows the word, 0 if there is none.
func number(line []byte, word string) uint64 {
	_, after, ok := bytes.Cut(line, []byte(word))
	if !ok {
		return 0
	}
	end := 0
	for end < len(after) && '0' <= after[end] && after[end] <= '9' {
		end++
	}
	n, _ := strconv.ParseUint(string(after[:end]), 10, 64)
	return n
}

// recorded is how much of the runtime's record is looked at; it is longer than
// that on the platforms that have it.
const recorded = 432

// A record is what is looked at, and what the trace says.
type record struct {
	words [recorded / 8]uint64
	Identity
}

//go:norace
func read() (r record) {
	r.Identity = traced()
	g := self()
	for i := range r.words {
		r.words[i] = *(*uint64)(unsafe.Add(g, 8*i))
	}
	return r
}

// Learn finds out where the identity of a goroutine is recorded, and what Alone
// looks at. bubble calls f in a bubble of its own, and returns when that has ended;
// wait is synctest.Wait, which only tests may link. Learn looks at
// goroutines in bubbles and out of them, and believes only what fits all of
// them; where nothing does, Identify goes on by stack traces. Only the first
// call does something.
func Learn(bubble func(f func()), wait func()) {
	places.once.Do(func() {
		if self() == nil {
			return
		}
		var records []record
		note := func() { r := read(); records = append(records, r) }
		noteAnother := func() {
			done := make(chan struct{})
			go func() {
				defer close(done)
				note()
			}()
			<-done
		}
		noteAnother()
		note()
		for range 2 {
			bubble(func() {
				note()
				noteAnother()
			})
		}
		id, ok1 := find(records, isID)
		at, ok2 := find(records, isBubble)
		if ok1 && ok2 {
			places.id.Store(id)
			places.bubble.Store(at)
			learnBubble(bubble, wait)
		}
	})
}

// find returns the one offset at which the words of the records fit.
func find(records []record, fits func(records []record, i int) bool) (offset uintptr, ok bool) {
	for i := range records[0].words {
		if !fits(records, i) {
			continue
		}
		if ok {
			return 0, false
		}
		offset, ok = uintptr(8*i), true
	}
	return offset, ok
}

// isID reports whether the i-th word is always the goroutine's number.
func isID(records []record, i int) bool {
	for _, r := range records {
		if r.words[i] != r.ID {
			return false
		}
	}
	return true
}

// isBubble reports whether the i-th word is the same for the same bubble, another
// for another, and 0 for none.
func isBubble(records []record, i int) bool {
	words := map[uint64]uint64{0: 0}   // by bubble
	bubbles := map[uint64]uint64{0: 0} // by word
	for _, r := range records {
		word, known := words[r.Bubble]
		bubble, used := bubbles[r.words[i]]
		if known && word != r.words[i] || used && bubble != r.Bubble {
			return false
		}
		words[r.Bubble], bubbles[r.words[i]] = r.words[i], r.Bubble
	}
	return true
}

// BubbleNumber returns the number that stack traces give the caller's bubble, 0
// for none.
func BubbleNumber() int { return int(traced().Bubble) }
