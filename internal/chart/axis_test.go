package chart_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/inflight-go/inflight/internal/chart"
)

func TestTicksAreRoundAndFewEnough(t *testing.T) {
	for _, test := range []struct {
		axis chart.Axis
		n    int
		want []float64
	}{
		{chart.Axis{Max: 10}, 6, []float64{0, 2, 4, 6, 8, 10}},
		{chart.Axis{Min: -1, Max: 1}, 5, []float64{-1, -0.5, 0, 0.5, 1}},
		{chart.Axis{Max: 0.3}, 4, []float64{0, 0.1, 0.2, 0.3}},
		{chart.Axis{}, 3, []float64{0, 0.5, 1}},
		{chart.Axis{Min: 5, Max: 5}, 3, []float64{5, 5.5, 6}},
		{chart.Axis{Max: 3600, Clock: true}, 5, []float64{0, 900, 1800, 2700, 3600}},
		{chart.Axis{Max: 90, Clock: true}, 4, []float64{0, 30, 60, 90}},
		{chart.Axis{Min: 0.01, Max: 10, Log: true}, 4, []float64{0.01, 0.1, 1, 10}},
		{chart.Axis{Min: 0.01, Max: 10, Log: true}, 7, []float64{0.01, 0.03, 0.1, 0.3, 1, 3, 10}},
		{chart.Axis{Min: 1e-6, Max: 1e6, Log: true}, 4, []float64{1e-4, 1, 1e4}},
		{chart.Axis{Min: 3, Max: 3.5, Log: true}, 3, []float64{3, 3.2, 3.4}},
		{chart.Axis{Min: 0.1, Max: 4000, Log: true, Clock: true}, 8, []float64{0.1, 1, 10, 60, 600, 3600}},
	} {
		got := test.axis.Ticks(test.n)
		same := slices.EqualFunc(got, test.want, func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Abs(b) })
		if !same {
			t.Errorf("%+v.Ticks(%d) = %v, want %v", test.axis, test.n, got, test.want)
		}
	}
}

func TestTicksOfAnyAxis(t *testing.T) {
	ends := []float64{-1e300, -7, 0, 1e-300, 1e-9, 0.3, 1, 59, 61, 1234, 86400 * 400, 1e15, 1e300}
	for _, lo := range ends {
		for _, hi := range ends {
			for n := range 12 {
				for _, a := range []chart.Axis{
					{Min: lo, Max: hi}, {Min: lo, Max: hi, Log: true},
					{Min: lo, Max: hi, Clock: true}, {Min: lo, Max: hi, Log: true, Clock: true},
				} {
					ticks := a.Ticks(n)
					if len(ticks) > max(n, 2) {
						t.Errorf("%+v.Ticks(%d): %d ticks", a, n, len(ticks))
					}
					if !slices.IsSorted(ticks) {
						t.Errorf("%+v.Ticks(%d) = %v: not in order", a, n, ticks)
					}
				}
			}
		}
	}
}

func TestAtStaysInside(t *testing.T) {
	a := chart.Axis{Min: 1, Max: 100, Log: true}
	for v, want := range map[float64]float64{1: 0, 10: 0.5, 100: 1, 0: 0, -5: 0, 1e9: 1} {
		if got := a.At(v); math.Abs(got-want) > 1e-12 {
			t.Errorf("At(%v) = %v, want %v", v, got, want)
		}
	}
	if got := a.At(math.NaN()); got != 0 {
		t.Errorf("At(NaN) = %v, want 0", got)
	}
}

func ExampleAxis_Nice() {
	a := chart.Axis{Min: 3, Max: 97}.Nice(5)
	fmt.Println(a.Min, a.Max)
	b := chart.Axis{Min: 0.02, Max: 31, Log: true}.Nice(5)
	fmt.Println(b.Min, b.Max)
	// Output:
	// 0 100
	// 0.01 100
}

func ExampleAxis_Ticks() {
	a := chart.Axis{Max: 300, Clock: true}
	for _, v := range a.Ticks(4) {
		fmt.Println(chart.Seconds(v))
	}
	// Output:
	// 0 s
	// 2m
	// 4m
}

func TestWholeAxisHasNoFractions(t *testing.T) {
	for _, hi := range []float64{0, 0.2, 1, 2, 3, 7} {
		for _, v := range (chart.Axis{Max: hi, Whole: true}).Nice(5).Ticks(5) {
			if v != math.Trunc(v) {
				t.Errorf("an axis to %v has a tick at %v", hi, v)
			}
		}
	}
}

func TestNiceAxisHasTicksAtItsEnds(t *testing.T) {
	for _, hi := range []float64{0.007, 1, 64, 99, 1001, 4.2e7} {
		for n := 3; n < 9; n++ {
			a := chart.Axis{Max: hi}.Nice(n)
			ticks := a.Ticks(n)
			if last := ticks[len(ticks)-1]; math.Abs(last-a.Max) > 1e-9*a.Max || a.Max < hi {
				t.Errorf("an axis to %v, made nice for %d ticks, ends at %v, and its ticks at %v", hi, n, a.Max, last)
			}
		}
	}
}
