// Package park holds what every blocking operation of the library stands on:
// the one waiter, the four hooks, and the node that a task's context is.
//
// The words:
//
//   - A [Node] is a scope or a task: a context.Context that is its own place in
//     the tree. The list of children that cancellation needs is the tree that
//     introspection shows; there is no second one.
//   - A [Waiter] stands for one wait. A primitive puts it in a [List] under its
//     own mutex, releases the mutex and parks; whoever has something for it
//     takes it off the list under the same mutex, grants it, and unparks it.
//   - A grant is final. A wait that was granted returns nil, also when its
//     context ended at the same moment; a wait that was not granted returns the
//     context's cause and has left the list.
//
// # The four hooks
//
// [Point], [Waiter.Park], [Waiter.Unpark] and the clock ([Now], [AfterFunc]) are
// all that a scheduler needs to see in order to drive a program. In production
// they cost a predictable branch; a [Simulation] that is installed with
// [Simulate] takes them over.
//
// # Bubbles
//
// The library must live in testing/synctest bubbles of its users, so nothing
// here is shared between bubbles: there is no package-level goroutine, channel,
// timer or wait group, and nothing that holds a channel is ever pooled. A
// waiter is kept for reuse by its node alone. No mutex is held across a wait.
package park
