package chart

import (
	"math"
	"slices"
)

// An Axis maps values to a length. The zero value goes from 0 to 1.
type Axis struct {
	// Min and Max are its ends. Where Max is not above Min, it is 1 above it.
	Min, Max float64
	// Log makes equal lengths of equal ratios; Min must be above 0 then, and is
	// taken as a thousandth of Max if it is not.
	Log bool
	// Clock puts ticks at full minutes, hours and days; values are seconds. With Log
	// too, ticks above 10 s are at 1 and 10 minutes, and so on.
	Clock bool
	// Whole keeps ticks at whole numbers: for counts.
	Whole bool
	// Label says what is measured and in what. Default: nothing is said.
	Label string
	// Format writes a value. Default: Number.
	Format func(float64) string
}

func (a Axis) ends() (lo, hi float64) {
	lo, hi = a.Min, a.Max
	if a.Log {
		if !(hi > 0) {
			hi = 1
		}
		if !(lo > 0) {
			lo = hi / 1000
		}
		if !(hi > lo) {
			hi = lo * 10
		}
		return lo, hi
	}
	if !(hi > lo) {
		hi = lo + 1
	}
	return lo, hi
}

// At returns where v stands: 0 at Min, 1 at Max, and never outside.
func (a Axis) At(v float64) float64 {
	lo, hi := a.ends()
	var at float64
	if a.Log {
		at = (math.Log10(v) - math.Log10(lo)) / (math.Log10(hi) - math.Log10(lo))
	} else {
		at = (v - lo) / (hi - lo)
	}
	if !(at > 0) { // NaN too
		return 0
	}
	return min(at, 1)
}

// Nice returns the axis with its ends moved out to round values, as ticks have them
// when there are about n; an axis by logarithms goes to full powers of ten.
func (a Axis) Nice(n int) Axis {
	a.Min, a.Max = a.ends()
	if a.Log {
		a.Min = power(int(math.Floor(math.Log10(a.Min) + 1e-9)))
		a.Max = power(int(math.Ceil(math.Log10(a.Max) - 1e-9)))
		return a
	}
	for {
		step := a.step(n)
		a.Min, a.Max = math.Floor(a.Min/step+1e-9)*step, math.Ceil(a.Max/step-1e-9)*step
		// The axis has grown, perhaps too much for as many ticks.
		if a.step(n) <= step {
			return a
		}
	}
}

// Ticks returns at most n round values (at least two where n allows) from Min to
// Max, in order.
func (a Axis) Ticks(n int) []float64 {
	n = max(n, 2)
	lo, hi := a.ends()
	if a.Log {
		ticks := logTicks(lo, hi, n)
		if a.Clock && hi > 30 {
			ticks = clockTicks(lo, hi, n)
		}
		if len(ticks) >= 2 {
			return ticks
		}
		a.Log = false
	}
	a.Min, a.Max = lo, hi
	step := a.step(n)
	first := math.Ceil(lo/step - 1e-9)
	var ticks []float64
	for i := first; i*step <= hi+step*1e-9 && len(ticks) < n; i++ {
		ticks = append(ticks, roundTo(i*step, step))
	}
	return ticks
}

// roundTo takes off v what floating point has put behind the digits of step.
func roundTo(v, step float64) float64 {
	p := power(max(0, 2-int(math.Floor(math.Log10(step)))))
	if math.IsInf(v*p, 0) {
		return v
	}
	return unsigned(math.Round(v*p) / p)
}

// clockSteps are the steps between full seconds, minutes, hours and days.
var clockSteps = []float64{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200,
	day, 2 * day, 5 * day, 10 * day, 20 * day, 50 * day, 100 * day, 200 * day, 500 * day, 1000 * day}

const day = 86400.0

// step returns the smallest round step that gives at most n ticks.
func (a Axis) step(n int) float64 {
	n = max(n, 2)
	lo, hi := a.ends()
	fits := func(step float64) bool {
		return math.Floor(hi/step+1e-9)-math.Ceil(lo/step-1e-9)+1 <= float64(n)
	}
	if a.Clock && hi-lo > 2 {
		if i := slices.IndexFunc(clockSteps, fits); i >= 0 {
			return clockSteps[i]
		}
	}
	exp := int(math.Floor(math.Log10((hi-lo)/float64(n)))) - 1
	for ; exp < 308; exp++ {
		for _, m := range []float64{1, 2, 5} {
			if step := m * power(exp); fits(step) && (!a.Whole || step >= 1) {
				return step
			}
		}
	}
	return hi - lo
}

// power is 10 to the n, without the rounding of math.Pow in either direction.
func power(n int) float64 {
	if n < 0 {
		return 1 / math.Pow10(-n)
	}
	return math.Pow10(n)
}

// logTicks returns the densest of the usual sets that has at most n values.
func logTicks(lo, hi float64, n int) []float64 {
	from, to := int(math.Floor(math.Log10(lo)-1e-9)), int(math.Ceil(math.Log10(hi)+1e-9))
	set := func(stride int, digits ...float64) []float64 {
		var ticks []float64
		for e := from; e <= to; e++ {
			if e%stride != 0 {
				continue
			}
			for _, d := range digits {
				if v := d * power(e); v >= lo*(1-1e-9) && v <= hi*(1+1e-9) {
					ticks = append(ticks, v)
				}
			}
		}
		return ticks
	}
	for _, digits := range [][]float64{{1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 5}, {1, 3}, {1}} {
		if ticks := set(1, digits...); len(ticks) <= n {
			return ticks
		}
	}
	for stride := 2; ; stride++ {
		if ticks := set(stride, 1); len(ticks) <= n {
			return ticks
		}
	}
}

// clockTicks returns powers of ten up to 10 s, and round times above; every so
// many of them, so that there are at most n.
func clockTicks(lo, hi float64, n int) []float64 {
	var all []float64
	for e := -9; e <= 1; e++ {
		all = append(all, power(e))
	}
	all = append(all, 60, 600, 3600, 36000, day)
	for v := 10 * day; v <= hi; v *= 10 {
		all = append(all, v)
	}
	all = slices.DeleteFunc(all, func(v float64) bool { return v < lo*(1-1e-9) || v > hi*(1+1e-9) })
	stride := (len(all) + n - 1) / n
	var ticks []float64
	for i := 0; i < len(all); i += stride {
		ticks = append(ticks, all[i])
	}
	return ticks
}

func (a Axis) format(v float64) string {
	if a.Format == nil {
		return Number(v)
	}
	return a.Format(v)
}
