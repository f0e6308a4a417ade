package corpus

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/inflight-go/inflight"
)

// late are bugs of programs whose work takes longer than they think. In a bubble
// work takes no time, so that it takes a clock that hurries to see them.
var late = []Bug{
	{"lease-outlived", "it writes after its lease has ended, when the next one has written", leaseOutlived(false), leaseOutlived(true)},
	{"half-done", "the deadline passes between the two halves of a change", halfDone(false), halfDone(true)},
}

// leaseOutlived has two writers, of which the second waits until the lease of the
// first has ended.
func leaseOutlived(fenced bool) Program {
	return func(ctx context.Context) error {
		var lease, last atomic.Int64
		lease.Store(1)
		write := func(mine int64) {
			if !fenced || lease.Load() == mine {
				last.Store(mine)
			}
		}
		err := together(ctx, func(ctx context.Context) error {
			err := steps(ctx, 3) // the work
			write(1)
			return err
		}, func(ctx context.Context) error {
			if err := inflight.Sleep(ctx, moment); err != nil {
				return err
			}
			lease.Store(2)
			err := step(ctx)
			write(2)
			return err
		})
		if by := last.Load(); err == nil && by != 2 {
			return fmt.Errorf("what is there was written by %d", by)
		}
		return err
	}
}

// halfDone moves a coin from here to there, within a moment.
func halfDone(undone bool) Program {
	return func(ctx context.Context) error {
		here, there := 1, 0
		limited, cancel := context.WithTimeout(ctx, moment)
		defer cancel()
		err := func() error {
			if err := step(limited); err != nil {
				return err
			}
			here--
			if err := step(limited); err != nil {
				if undone {
					here++
				}
				return err
			}
			there++
			return nil
		}()
		if here+there != 1 {
			return fmt.Errorf("the coin is gone: %w", err)
		}
		if errors.Is(err, context.DeadlineExceeded) {
			return nil
		}
		return err
	}
}
