package seen_test

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/inflight-go/inflight/internal/seen"
)

func TestSetAgainstMap(t *testing.T) {
	var set seen.Set
	want := make(map[string]bool)
	for range 50_000 {
		text := "http://host.example/" + strconv.Itoa(rand.IntN(30_000))
		if got := set.Add(text); got == want[text] {
			t.Fatalf("%s: added %t, known %t", text, got, want[text])
		}
		want[text] = true
	}
}
