package flow

import (
	"context"

	"github.com/inflight-go/inflight/batch"
)

// NewTables is the sink of a flow in a database.
func NewTables(ctx context.Context, db Database, f *Flow) (batch.Sink, error) {
	t, err := newTables(ctx, db, f, "{}")
	if err != nil {
		return nil, err
	}
	if _, err := t.begin(ctx, batch.JournalOptions{Force: true}); err != nil {
		return nil, err
	}
	return t, t.anew(ctx)
}
