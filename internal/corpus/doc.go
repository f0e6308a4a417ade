// Package corpus holds classic bugs of concurrent programs, each as a small program
// that is wrong and, beside it, the one that is right: test data for what claims to
// find such bugs.
//
// The words:
//
//   - A Program starts some tasks, waits for them, and returns an error if what came
//     of it is wrong. A program that never returns is wrong too: it is a deadlock.
//   - A Bug is a pair of programs. The wrong one fails in some of its interleavings;
//     the right one fails in none.
//
// They are written as people write them, on the primitives of this library, and,
// where the bug is inside of a primitive, on internal/park, as the author of one
// would. What the tasks share is atomic or behind a lock, so none of the bugs is a
// data race: the race detector has nothing to say about them.
//
// None of them knows by what it is run. The package's tests run them by goroutines
// as they are, and by exploration; the table in docs/testing.md is what comes of
// that:
//
//	go test ./internal/corpus -run Table -update
package corpus
