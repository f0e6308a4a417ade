package corpus_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/corpus"
)

var errDeadlock = errors.New("deadlock")

// plain runs p once, by goroutines as they are. It does so in a bubble, which is
// more than fair: a wait takes no time, and a deadlock is seen at once.
func plain(t *testing.T, p corpus.Program) (err error) {
	synctest.Test(t, func(t *testing.T) {
		var group atomic.Pointer[inflight.TaskGroup]
		sentinel := time.AfterFunc(1000*time.Hour, func() { group.Load().Cancel(errDeadlock) })
		defer sentinel.Stop()
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("panic: %v", r)
			}
		}()
		err = inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
			group.Store(g)
			return p(ctx)
		})
	})
	return err
}

// What is right never fails.
func TestRightByPlainGoroutines(t *testing.T) {
	for _, bug := range corpus.All() {
		t.Run(bug.Name, func(t *testing.T) {
			for range 300 {
				if err := plain(t, bug.Right); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func TestNamesAreUnique(t *testing.T) {
	names := make(map[string]bool)
	for _, bug := range corpus.All() {
		if names[bug.Name] {
			t.Errorf("there are two of %s", bug.Name)
		}
		names[bug.Name] = true
	}
}
