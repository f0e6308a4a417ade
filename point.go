package inflight

import (
	"context"

	"github.com/inflight-go/inflight/internal/park"
)

// Point marks a place in the caller's own code that a test may want to get at,
// and gives it a name, such as "db.write": an exploration by package inflighttest
// may let others go on there, hold the caller up, or have it fail. It is for what
// waits or may fail without this library: a database, a file, a lock of another
// kind.
//
//	if err := inflight.Point(ctx, "db.write"); err != nil {
//		return err
//	}
//
// Everywhere but in such a test Point does nothing, returns nil, and costs about a
// nanosecond. It does not look whether ctx has ended.
func Point(ctx context.Context, name string) error { return park.Named(ctx, name) }
