package inflighttest

import "testing/synctest"

// Settle returns when everybody else in the bubble is blocked or has ended: what
// could happen without the clock has happened. It is synctest.Wait; two
// goroutines of a bubble must not call it at the same time.
//
// What the others did before happens before the return of Settle.
func Settle() { synctest.Wait() }
