// Package inflighttest is for the tests of concurrent code: a test entry that
// knows what must not be left behind, and control over who does what when.
//
//	func TestWorkers(t *testing.T) {
//		inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
//			jobs := queue.New[int](10)
//			g.Go(func(ctx context.Context) error { return work(ctx, jobs) })
//			...
//		})
//	}
//
// The words:
//
//   - A bubble is that of testing/synctest: the goroutines that a test starts in
//     it, with a clock of their own that moves on only when all of them are
//     blocked. Waiting takes no real time, and a test with timeouts of hours runs
//     in microseconds, the same way each time.
//   - To be blocked is to be durably blocked, as synctest calls it: by a wait of
//     this library, a channel of the bubble, a sleep. A wait for a sync.Mutex,
//     for a socket or a process is none, because something outside of the bubble
//     might end it: the clock stands still meanwhile. So nothing in the bubble
//     may hold a sync.Mutex across a wait, and a server is an Origin.
//   - An origin is a server that a test has for itself, in memory; a fault is what
//     goes wrong with a request to it.
//   - A deadlock is when everybody is blocked and no timer will ever fire. A ticker
//     that has ended nothing in 100 years of the bubble's clock is taken for none.
//
// In a bubble use the t that the function is given: its Cleanup functions run
// there, and its Run, Parallel and Deadline must not be called.
package inflighttest
