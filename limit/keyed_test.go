package limit_test

import (
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/inflight-go/inflight/limit"
)

// Against a slow one that is obviously right: there are never more than max that
// are idle or kept, the one idle longest goes first, and never one in use.
func TestKeyedProperty(t *testing.T) {
	for seed := range 30 {
		rnd := random(seed)
		max := 1 + rnd.IntN(8)
		made := make(map[string]int)
		k := limit.NewKeyed(max, func(key string) *int {
			made[key]++
			n := made[key]
			return &n
		})
		users := make(map[string]int)
		var idle []string // the one idle longest first
		var dones []func()
		var keys []string
		trim := func() {
			for len(users)+len(idle) > max && len(idle) > 0 {
				idle = idle[1:]
			}
		}
		want := make(map[string]int) // how many were made
		for range 500 {
			if i := len(dones) - 1; i >= 0 && rnd.IntN(2) == 0 {
				i = rnd.IntN(i + 1)
				dones[i]()
				dones[i]()
				key := keys[i]
				dones, keys = slices.Delete(dones, i, i+1), slices.Delete(keys, i, i+1)
				if users[key]--; users[key] == 0 {
					delete(users, key)
					idle = append(idle, key)
					trim()
				}
			} else {
				key := strconv.Itoa(rnd.IntN(12))
				if i := slices.Index(idle, key); i >= 0 {
					idle = slices.Delete(idle, i, i+1)
				} else if users[key] == 0 {
					want[key]++
				}
				users[key]++
				trim()
				l, done := k.Use(key)
				same(t, "limiter of "+key, *l, want[key])
				dones, keys = append(dones, done), append(keys, key)
			}
			all := slices.Sorted(slices.Values(slices.Concat(idle, slices.Collect(maps.Keys(users)))))
			var got []string
			for key, l := range k.All() {
				got = append(got, key)
				same(t, "limiter of "+key, *l, want[key])
			}
			if !slices.Equal(got, all) || k.Len() != len(all) {
				t.Fatalf("seed %d: got %d, %v, want %v", seed, k.Len(), got, all)
			}
		}
	}
}

// Many goroutines at once agree on the limiter of a key that is in use.
func TestKeyedConcurrent(t *testing.T) {
	k := limit.NewKeyed(2, func(string) *int { return new(int) })
	var mu [5]sync.Mutex
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			rnd := random(g)
			for range 2000 {
				key := rnd.IntN(len(mu))
				l, done := k.Use(strconv.Itoa(key))
				mu[key].Lock()
				*l++
				mu[key].Unlock()
				done()
			}
		})
	}
	wg.Wait()
	same(t, "kept", k.Len(), 2)
}

// A function that panics leaves the others usable, and its key without a limiter.
func TestKeyedCreatePanics(t *testing.T) {
	k := limit.NewKeyed(2, func(key string) int {
		if key == "bad" {
			panic("inflight/limit: test")
		}
		return len(key)
	})
	panics(t, "test", func() { k.Use("bad") })
	l, done := k.Use("good")
	done()
	same(t, "limiter", l, 4)
	same(t, "kept", k.Len(), 1)
	for range k.All() {
		break
	}
}

func TestKeyedPanics(t *testing.T) {
	panics(t, "NewKeyed(0)", func() { limit.NewKeyed(0, func(string) int { return 0 }) })
	panics(t, "nil function", func() { limit.NewKeyed[int](1, nil) })
}
