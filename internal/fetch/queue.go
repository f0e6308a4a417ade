package fetch

import (
	"context"
	"sync"
	"time"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/internal/source"
)

// rows is the queue of a job: a cursor over the source, whose rows keep the indices
// that they have there. (The source leaves out what is done, so that a cursor would
// count differently.)
type rows struct {
	cursor *batch.Cursor[source.Row]
	mu     sync.Mutex
	places map[int64]int64 // of the rows that are leased, in the cursor
}

func newRows(ctx context.Context, s *source.Source, ahead int) *rows {
	return &rows{
		cursor: batch.NewCursor(s.All(ctx), batch.CursorOptions[source.Row]{ReadAhead: ahead}),
		places: make(map[int64]int64),
	}
}

// Lease is part of batch.Queue.
func (q *rows) Lease(ctx context.Context) (batch.Unit[source.Row], error) {
	u, err := q.cursor.Lease(ctx)
	if err != nil {
		return u, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.places[u.Row.Index] = u.Index
	u.Index = u.Row.Index
	return u, nil
}

// Extend is part of batch.Queue.
func (q *rows) Extend(ctx context.Context, index int64, d time.Duration) error {
	return q.cursor.Extend(ctx, q.place(index, false), d)
}

// Done is part of batch.Queue.
func (q *rows) Done(ctx context.Context, index int64) error {
	return q.cursor.Done(ctx, q.place(index, true))
}

// Retry is part of batch.Queue.
func (q *rows) Retry(ctx context.Context, u batch.Unit[source.Row], after time.Duration) error {
	u.Index = q.place(u.Index, true)
	return q.cursor.Retry(ctx, u, after)
}

// place returns where the cursor has a row.
func (q *rows) place(index int64, forget bool) int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	place, ok := q.places[index]
	if !ok {
		return -1
	}
	if forget {
		delete(q.places, index)
	}
	return place
}
