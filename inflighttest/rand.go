package inflighttest

import (
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/inflight-go/inflight/internal/explore"
)

// Rand returns a source of random numbers that belongs to the test: where Explore and
// its kin run t, the numbers are others in each run, and the same again when a run is
// repeated, by its seed or its tape. Elsewhere they are those of the test's name, each
// time. Code that takes its random numbers from a *rand.Rand stays under control so:
//
//	backoff := NewBackoff(inflighttest.Rand(t))
//
// Each call returns another stream. As a *rand.Rand it is for one goroutine at a time:
// let each task have its own.
func Rand(t testing.TB) *rand.Rand {
	seed, number, ok := explore.Stream(t)
	if !ok {
		h := fnv.New64a()
		h.Write([]byte(t.Name()))
		seed, number = h.Sum64(), streamOf(t)
	}
	return rand.New(rand.NewPCG(seed, number))
}

// streams has how many streams each test that is no exploration has asked for.
var streams struct {
	sync.Mutex
	of map[testing.TB]uint64
}

// streamOf returns the number of the next stream of t.
func streamOf(t testing.TB) uint64 {
	streams.Lock()
	defer streams.Unlock()
	if streams.of == nil {
		streams.of = make(map[testing.TB]uint64)
	}
	if streams.of[t] == 0 {
		t.Cleanup(func() {
			streams.Lock()
			defer streams.Unlock()
			delete(streams.of, t)
		})
	}
	streams.of[t]++
	return streams.of[t]
}
