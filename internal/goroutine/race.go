//go:build race

package goroutine

import "runtime"

// Raced says whether the program is built with the race detector.
const Raced = true

// Unseen keeps the detector from taking what the calling goroutine does with locks
// for an order of events, until Seen. Memory that it touches meanwhile it has to touch
// in functions that are go:norace.
func Unseen() { runtime.RaceDisable() }

// Seen ends what Unseen began.
func Seen() { runtime.RaceEnable() }
