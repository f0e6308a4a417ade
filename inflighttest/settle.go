package inflighttest

import (
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/internal/explore"
)

// Settle returns when everybody else in the bubble is blocked or has ended: what
// could happen without the clock has happened. In an exploration, what could
// happen happens in an order that is chosen; elsewhere Settle is synctest.Wait.
// Two goroutines of a bubble must not call it at the same time.
//
// What the others did before happens before the return of Settle.
func Settle() {
	if s := explore.Current(); s != nil {
		s.Settle()
		return
	}
	synctest.Wait()
}

// Advance lets d pass on the bubble's clock, and then settles: what is to happen
// until then, and at that moment, has happened when it returns.
func Advance(d time.Duration) {
	time.Sleep(d)
	Settle()
}
