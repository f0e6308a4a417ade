package main

import (
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/alitto/pond/v2"
	"github.com/destel/rill"
	conciter "github.com/sourcegraph/conc/iter"
	"golang.org/x/sync/errgroup"
)

// What docs/why.md says that the others do better is so, too. The figures are those of
// the benchmarks.

func TestConcReturnsAllValuesAndErrors(t *testing.T) {
	in := []int{1, 2, 3, 4}
	values, err := conciter.MapErr(in, func(n *int) (int, error) {
		switch *n {
		case 2:
			return 0, errDatabase
		case 3:
			return 0, errRefund
		}
		return 10 * *n, nil
	})
	if values[0] != 10 || values[3] != 40 || !errors.Is(err, errDatabase) || !errors.Is(err, errRefund) {
		t.Error(values, err)
	}
}

func TestPondIsAPoolForAProgram(t *testing.T) {
	before := runtime.NumGoroutine()
	pool := pond.NewPool(2, pond.WithQueueSize(2), pond.WithNonBlocking(true))
	pool.Resize(1)
	release := make(chan struct{})
	for range 4 {
		pool.Go(func() { <-release })
	}
	if dropped := pool.DroppedTasks(); dropped != 1 {
		t.Errorf("%d tasks were dropped, for a third there was no room", dropped)
	}
	close(release)
	for pool.SuccessfulTasks() < 3 {
		time.Sleep(time.Millisecond)
	}
	if n := left(before); n > 0 {
		t.Errorf("an idle pool has %d goroutines", n)
	}
	pool.StopAndWait()
}

func TestRillMakesBatchesByTime(t *testing.T) {
	in := rill.Generate(func(send func(int), _ func(error)) {
		send(1)
		send(2)
		time.Sleep(300 * time.Millisecond)
		send(3)
	})
	batches, err := rill.ToSlice(rill.Batch(in, 10, 50*time.Millisecond))
	if err != nil || len(batches) != 2 {
		t.Error(batches, err)
	}
}

func TestErrgroupNeedsNoContext(t *testing.T) {
	var g errgroup.Group
	g.Go(func() error { return errDatabase })
	if err := g.Wait(); err != errDatabase {
		t.Error(err)
	}
}
