// Package goroutine knows what a goroutine carries from one function to the
// next, so that a goroutine can be reused without anybody noticing: profile
// labels, the lock on a thread, and what a fault does. (What it can't know, decision
// 0002 names.)
//
// The runtime shows the first and has no question for the second; both are read
// through names that the runtime has promised to keep (go.dev/issue/67401). A
// lock is found by looking at a counter whose place is learnt, and proven, when
// the program starts. Where that fails, [Reusable] says no every time: slower,
// and right.
package goroutine

import (
	"runtime"
	"runtime/debug"
	"sync"
	"unsafe"
)

// Labels are the profile labels of a goroutine.
type Labels = unsafe.Pointer

//go:linkname getLabels runtime/pprof.runtime_getProfLabel
func getLabels() unsafe.Pointer

//go:linkname setLabels runtime/pprof.runtime_setProfLabel
func setLabels(unsafe.Pointer)

//go:linkname getm runtime.getm
func getm() uintptr

// Current returns the calling goroutine's labels, which a go statement would
// hand to the new goroutine.
func Current() Labels { return getLabels() }

// Set gives the calling goroutine the labels.
func Set(l Labels) { setLabels(l) }

// Fresh makes the calling goroutine like one that was just started by a
// goroutine with the given labels.
func Fresh(l Labels) {
	setLabels(l)
	debug.SetPanicOnFault(false)
}

// Reusable reports whether the calling goroutine may run another function: it is
// not locked to its thread. Under the race detector it always says no, because a
// goroutine that runs two functions one after the other orders them, and would
// hide the races between them.
func Reusable() bool {
	if Raced {
		return false
	}
	offset := lockCounter()
	return offset != 0 && *threadLocks(offset) == 0
}

// lockCounter returns the offset of the runtime's count of LockOSThread calls in
// its record of a thread, 0 when it could not be found.
var lockCounter = sync.OnceValue(findLockCounter)

// threadLocks returns that count. A goroutine that is locked can't change its
// thread between the two steps, so a lock is never missed; one that is not may
// read another's count, and be taken for locked, which costs a new goroutine.
func threadLocks(offset uintptr) *uint32 {
	m := getm()
	return (*uint32)(unsafe.Add(*(*unsafe.Pointer)(unsafe.Pointer(&m)), offset))
}

// searched is how much of the thread's record is looked at; it is longer than
// that on every platform.
const searched = 768

// findLockCounter looks for the one word that counts along.
func findLockCounter() uintptr {
	found := make(chan uintptr)
	go func() { // a goroutine of its own, which no caller has locked
		var candidates []uintptr
		for off := uintptr(0); off < searched; off += 4 {
			if *threadLocks(off) == 0 {
				candidates = append(candidates, off)
			}
		}
		keep := func(want uint32) {
			var still []uintptr
			for _, off := range candidates {
				if *threadLocks(off) == want {
					still = append(still, off)
				}
			}
			candidates = still
		}
		for depth := uint32(1); depth <= 3; depth++ {
			runtime.LockOSThread()
			keep(depth)
		}
		for depth := int32(2); depth >= 0; depth-- {
			runtime.UnlockOSThread()
			if depth > 0 { // after the last one, the thread may be another
				keep(uint32(depth))
			}
		}
		if len(candidates) != 1 {
			candidates = []uintptr{0}
		}
		found <- candidates[0]
	}()
	return <-found
}
