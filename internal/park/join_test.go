package park_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/inflight-go/inflight/internal/park"
)

// Join returns when Joined was called, before or after, and not when the scope or
// the caller's context ends; the scope says meanwhile that it is joining.
func TestJoin(t *testing.T) {
	for _, joinedFirst := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(context.Background())
			defer cancel(nil)
			s := scope(t, ctx)
			if w := s.Waiting(); w.Op != park.OpNone {
				t.Errorf("before the join it waits for %q", w.Op)
			}
			s.Lock()
			s.BeginJoin(ctx)
			s.Unlock()
			returned := false
			join := func() {
				s.Join()
				returned = true
			}
			if joinedFirst {
				s.Joined()
				join()
				return
			}
			go join()
			cancel(errStop)
			s.Cancel(errStop)
			synctest.Wait()
			if returned {
				t.Error("it has returned by itself")
			}
			if w := s.Waiting(); w.Op != park.OpJoin || w.On != s.ID() {
				t.Errorf("it waits for %q of %d", w.Op, w.On)
			}
			s.Joined()
			synctest.Wait()
			if !returned {
				t.Error("it has not returned")
			}
		})
	}
}
