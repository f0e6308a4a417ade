// Package queue holds queues between tasks: first in first out ([New]), lowest
// first ([NewPriority]), last in first out ([NewStack]). They are one type,
// [Queue], which differs in the order alone.
//
// A plain pipe between two goroutines is a channel. A queue is for what a channel
// lacks: waits that end with a context, a way to know that all work is done, an
// end that anybody may declare, an order of its own, and batches.
//
// The words:
//
//   - An item waits from the [Queue.Put] that brought it in until the [Queue.Get]
//     that returns it. No more items wait than the capacity says. With capacity 0
//     none does: a Put hands its item to a Get, and each waits for the other.
//   - An item is unfinished from its Put until [Queue.TaskDone] is called for it;
//     [Queue.Join] waits until none is. Whoever ranges over [Queue.All] need not
//     call TaskDone.
//   - A queue that is shut down takes no more items. Those that wait can still be
//     got, unless [Queue.ShutdownNow] took them out; then Get returns
//     [ErrShutdown].
//
// # Guarantees
//
// Nobody barges: those who wait to put are served in the order in which they came,
// and so are those who wait to get, and whoever comes later waits behind them.
//
// An operation that returns an error has done nothing: no item was put, none was
// got. (PutAll says how far it came.) When its context ends while it waits it returns the cause
// ([context.Cause]), unless it was served at the same moment; then it returns nil,
// and the item counts. A context that has ended before the call is always an
// error, even where the call would not have had to wait.
//
// A Put happens before the return of the Get that returns its item, and a
// TaskDone happens before the return of the Join that it lets through.
package queue
