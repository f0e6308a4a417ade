// Package hooktest is the proof that nothing in the library blocks, or looks at
// the clock, but through the hooks of internal/park: a scheduler that takes them
// over sees everything. All of it is tests.
//
// There are two halves. One runs every blocking operation, and every one that
// wakes somebody, under a simulation that records what it is asked, and that can
// keep a wake-up back: what goes on all the same was woken by something else. The
// other reads the source for what would block without being asked.
package hooktest
