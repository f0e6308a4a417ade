package limit_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/limit"
)

// Whenever another rate takes over, no window has more than n of both together.
func TestHistory(t *testing.T) {
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			n, per := 1+random.IntN(300), time.Second
			burst := 1 + random.IntN(n)
			make := func() *limit.Rate { return limit.NewRate(n, per, limit.Burst(burst)) }
			r := make()
			var starts []time.Time
			for range 4 * n {
				if random.IntN(n) == 0 {
					text, err := json.Marshal(r.History())
					if err != nil {
						t.Fatal(err)
					}
					time.Sleep(time.Duration(random.IntN(100)) * time.Millisecond)
					var history []limit.Start
					if err := json.Unmarshal(text, &history); err != nil || len(history) > 64 {
						t.Fatal(len(history), err)
					}
					r = make()
					r.Recall(history)
				}
				if random.IntN(20) == 0 {
					time.Sleep(time.Duration(random.IntN(50)) * time.Millisecond)
				}
				if err := r.Wait(t.Context()); err != nil {
					t.Fatal(err)
				}
				starts = append(starts, time.Now())
				if i := len(starts) - 1 - n; i >= 0 && starts[len(starts)-1].Sub(starts[i]) < per {
					t.Fatalf("seed %d: more than %d in %v, burst %d", seed, n, per, burst)
				}
			}
		})
	}
}

// What was reserved counts for the budget that comes after, for a period.
func TestHistoryOfBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := limit.NewBudget(100, time.Minute)
		for _, n := range []int64{30, 40} {
			if _, err := b.Reserve(t.Context(), n); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Second)
		}
		next := limit.NewBudget(100, time.Minute)
		next.Recall(b.History())
		same(t, "used", next.Stats().Used, 70)
		began := time.Now()
		if _, err := next.Reserve(t.Context(), 40); err != nil {
			t.Fatal(err)
		}
		same(t, "waited", time.Since(began), 40*time.Second)
	})
}

// What is long ago, or nothing, is passed over; what is yet to come is now.
func TestRecallOdd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := limit.NewRate(5, time.Minute, limit.Burst(5))
		now := time.Now()
		r.Recall([]limit.Start{{now.Add(time.Hour), 2}, {now.Add(-time.Hour), 3}, {now, -4}, {now.Add(-time.Second), 1}})
		same(t, "recent", r.Stats().Recent, 3)
		r.Recall([]limit.Start{{now, 1 << 40}})
		same(t, "try", r.Try(), false)
		time.Sleep(time.Minute)
		same(t, "try", r.Try(), true)
	})
}

func ExampleRate_History() {
	first := limit.NewRate(3, time.Hour, limit.Burst(3))
	first.Try()
	first.Try()
	second := limit.NewRate(3, time.Hour, limit.Burst(3))
	second.Recall(first.History())
	fmt.Println(second.Try(), second.Try())
	// Output: true false
}
