// Package serve runs servers well: from the first connection to the last, and to the
// end that every program comes to.
//
// The words:
//
//   - A Server has listeners. Behind each is an http.Handler, or a function that is
//     called for each connection.
//   - What is under way is a request that has no whole answer yet, or a connection
//     whose function has not returned. Each is a task in the tree of inflight.Tasks.
//   - To drain is to take nothing new and to let end what is under way.
//   - A probe is a question that whoever runs the program asks it: is it alive, is
//     it ready, has it started. Checks answer it, see [Health].
//
// A server drains when its context ends, or when inflight.Main was told to end the
// program. Then, in this order:
//
//  1. The probe for readiness says no. If there is a Notice, nothing else happens
//     for that long: it takes a while until nobody sends anything any more.
//  2. The listeners are closed, but for those of Admin. The channel of
//     inflight.Stopping is closed for what is under way, connections that only wait
//     for a next request are closed, and the functions of OnDrain are called.
//  3. What is under way has Grace to end.
//  4. What has not is cut off: its context is cancelled with ErrCut as the cause, and
//     its connections are closed a moment later.
//  5. The listeners of Admin are closed.
//
// Run returns when all of it has returned.
package serve
