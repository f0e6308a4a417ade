// Package debug shows what a program that is built on inflight is doing, while it
// does it: a tree of its tasks and what each waits for, as text, as JSON, over
// HTTP, to the command inflight, and on SIGQUIT.
//
// One line in a program gives all of it:
//
//	defer debug.Start(os.Stderr)()
//
// The words:
//
//   - A [Snapshot] is all tasks at one moment. To take one stops nobody: a lock is
//     held for as long as it takes to look at some thousand tasks.
//   - A [Tree] is a snapshot with siblings that do the same folded into one
//     [Branch], so that ten thousand workers that wait for one queue are a line.
//   - A [Finding] is something that is probably wrong: a cycle of waits, a task that
//     does not end although it was cancelled, a wait that has grown old, a program
//     in which nothing can run any more.
//   - The level says how much is recorded: 0 the tree and what everybody waits for,
//     always and for nothing; 1 also since when, which tasks did not succeed, and
//     profile labels with the names of tasks, for less than 100 ns a task; 2 also
//     where each task was started and, by labels of its own, its stack, for 2 to
//     4 µs. The environment variable INFLIGHT_DEBUG says it to [Start] and to
//     inflight.Main; a program says it with inflight.SetDebug.
//
// Nothing here keeps tasks or what they wait for reachable: the runtime's profile
// of leaked goroutines finds what it would find without.
package debug
