package hooktest_test

import (
	"slices"
	"testing"

	"github.com/inflight-go/inflight/internal/park"
)

// notBlocking are the ops of what blocks nobody. Those of operations that wake
// somebody are in wakingRows, and Cancel, Notify, Start, End and Go have tests of
// their own.
//
// Those of the hub block, but stand between sockets, which have no hooks: its tests
// show what they do.
var notBlocking = []park.Op{
	park.OpBroadcast, park.OpShard, park.OpFlush,
	park.OpStart, park.OpEnd, park.OpGo, park.OpCancel, park.OpResolve, park.OpUnlock,
	park.OpSet, park.OpNotify, park.OpRelease, park.OpTaskDone, park.OpShutdown,
	park.OpPoint, park.OpTimer, park.OpSettle,
}

// Every op has a name of its own, and is the op of a blocking row, or known not
// to block: a new one can't be forgotten.
func TestEveryOpIsCovered(t *testing.T) {
	known := make(map[park.Op][]string)
	for _, row := range slices.Concat(rootRows, lockRows, queueRows, limitRows) {
		known[row.op] = []string{"has rows that block"}
	}
	for _, op := range notBlocking {
		known[op] = append(known[op], "is said not to block")
	}
	names := make(map[string]park.Op)
	op := park.OpNone + 1
	for ; op.String() != "unknown"; op++ {
		if len(known[op]) != 1 {
			t.Errorf("op %d, %q: want one of the tables to have it, and it %q", op, op, known[op])
		}
		if other, ok := names[op.String()]; ok || op.String() == "" {
			t.Errorf("op %d is called %q, as op %d is", op, op, other)
		}
		names[op.String()] = op
		delete(known, op)
	}
	for op := range known {
		t.Errorf("there is no op %d", op)
	}
}
