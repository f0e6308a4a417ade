package explore_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/internal/explore"
)

func TestSeeds(t *testing.T) {
	for text, want := range map[string]string{
		"steady": "", "random.1f3a": "", "pct3.60.1f3a": "", "tape": "", "tape.3=1.17=2": "",
		"cancel7of2:tape.3=1": "", "fail3:random.1": "",
		"pos.1f3a": "", "urw.1f3a": "", "rand1f3a:tape.3=1": "", "rand1f:cancel7of2:tape": "",
		"tape.3=0": "tape", "random.001": "random.1", // the same runs
	} {
		if want == "" {
			want = text
		}
		if got, err := explore.Normalize(text); got != want || err != nil {
			t.Errorf("%q was read as %q, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"", "1", "random", "random.", "random.x", "random.1.2", "steady.1", "pct.1.2", "pct3.60", "pct3.-1.1", "tape.x=1", "tape.-1=1",
		"tape.1", "tape.99999999999=1", "cancel:tape", "cancel0of1:tape", "fail0:tape", "fail1x:tape", "oops:tape", "fail1:", "rand:tape", "randx:tape", "rand1:", "pos.x", "urw",
	} {
		if got, err := explore.Normalize(text); err == nil || !strings.Contains(err.Error(), "is no seed") {
			t.Errorf("%q was read as %q, %v", text, got, err)
		}
	}
}

// What was read is written as what reads the same.
func FuzzSeed(f *testing.F) {
	for _, text := range []string{"steady", "random.1f3a", "pct3.60.1f3a", "tape.3=1.17=2", "cancel7of2:tape.3=1", "fail3:random.1", "urw.1", "rand1f:fail3:tape.1=1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		first, err := explore.Normalize(text)
		if err != nil {
			return
		}
		if second, err := explore.Normalize(first); second != first || err != nil {
			t.Errorf("%q was read as %q, and that as %q, %v", text, first, second, err)
		}
	})
}

// Shrinking keeps what makes it fail, and little else, within its budget.
func TestShrink(t *testing.T) {
	tape := make([]int, 200)
	for i := range tape {
		tape[i] = 1 + i%3
	}
	calls := 0
	fails := func(tape []int) bool {
		calls++
		return len(tape) > 90 && tape[40] == 2 && tape[90] == 1
	}
	got := explore.Shrink(slices.Clone(tape), 1000, fails)
	want := make([]int, 91)
	want[40], want[90] = 2, 1
	if !slices.Equal(got, want) {
		t.Errorf("after %d runs there is %v", calls, got)
	}
	calls = 0
	explore.Shrink(tape, 10, fails)
	if calls != 10 {
		t.Errorf("with a budget of 10 it took %d runs", calls)
	}
	if got := explore.Shrink([]int{0, 1, 0}, 100, func([]int) bool { return true }); len(got) != 0 {
		t.Errorf("of what always fails there is left %v", got)
	}
}
