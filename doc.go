// Package inflight is asyncio's programming model for Go: it runs many things at
// once, and loses none of them.
//
// The words:
//
//   - A scope is opened by a function and is over when that function returns: Run,
//     Gather, Map and the others. Everything that was started in it has returned
//     by then, whatever happened.
//   - A task is a function that runs in a scope; its Task is the handle to await
//     it, to cancel it, and to ask how far it has come. Whoever waits does not
//     own: a wait that is given up leaves the task running.
//   - A failure is an error that a task or a body returns, and a panic. It cancels
//     what else is in the scope, and comes out of the scope.
//   - To cancel is to end a context, with a cause. It is a request: a task that
//     returns a value all the same has succeeded. What a task returns because it
//     was cancelled is no failure.
//   - To be admitted is to be called exactly once; to be refused is never to be
//     called, and to be told at once.
//
// # Which one to use
//
//	Gather     all of these, or the first failure      (asyncio.gather)
//	Settle     all of these, whatever comes of each    (return_exceptions=True)
//	Map, Each  the same for every item, at most n at once
//	Any, Race  the first success, the first to end
//	Hedge      the next one when this takes too long
//	Run, Go    tasks that are started as you go        (asyncio.TaskGroup)
//	Completed  tasks as they are done                  (asyncio.as_completed)
//	Wait       until some of these are done            (asyncio.wait)
//
// Where Go has it already, it is not here: the event loop is the runtime, a
// timeout is context.WithTimeoutCause, streams are package net, subprocesses are
// os/exec, context variables are context values, a lock around a few lines that
// do not wait is sync.Mutex, and a plain pipe between two goroutines is a channel.
//
// # Contexts
//
// The context that a task gets ends when the task returns, like that of an HTTP
// request: what is to outlive the task must not hang on it. It has the values of
// the context that its scope was opened with.
//
// A wait that was handed its value returns it, also when its context ends at the
// same moment; otherwise it returns the context's cause and has consumed nothing.
// A context that had ended before the call always makes it fail; only Wait takes a
// deadline that has passed for the wish to look.
//
// The cause is what was given to whoever cancelled. In a scope that a failure has
// cancelled errors.Is finds both context.Canceled and that failure in it; a cause
// of your own is returned as it is. Whether a context has ended its Err says.
//
// # Panics
//
// A panic cancels the scope, is raised again once everything in it has returned,
// in the goroutine that opened the scope, as a *PanicError with the stack of
// where it happened. runtime.Goexit in a task is a failure, ErrGoexit.
//
// What is wrong in itself panics where it is called, with a text that names it: a
// nil function or task, a limit below 1 of Map, a Release of what nobody has taken.
//
// # Testing
//
// Everything here may be used in a testing/synctest bubble; package inflighttest
// has more for tests.
package inflight
