//go:build race

package explore

import (
	"runtime"
	"unsafe"
)

// raceErrors counts the races that were reported in this process.
func raceErrors() int { return runtime.RaceErrors() }

// toController lets what the actor has done happen before what the controller
// does next, and closes the detector's eye until back.
func (s *Sim) toController() {
	release(&s.edge)
	runtime.RaceDisable()
}

func back() { runtime.RaceEnable() }

// fromActors is the other end of toController.
func (s *Sim) fromActors() { acquire(&s.edge) }

// release lets all that the caller has done happen before what is done after an
// acquire of the same byte.
func release(at *byte) { runtime.RaceReleaseMerge(unsafe.Pointer(at)) }
func acquire(at *byte) { runtime.RaceAcquire(unsafe.Pointer(at)) }

// unseen calls f with the detector's eye closed.
func unseen(f func()) {
	runtime.RaceDisable()
	f()
	runtime.RaceEnable()
}
