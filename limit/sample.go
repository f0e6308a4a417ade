package limit

import (
	"math"
	"time"
)

// A sample is latencies, of which the logarithms are taken together: one that is
// ten times as long as the others weighs no more than one that is a tenth.
type sample struct {
	n       int
	sum     float64
	squares float64
}

func (s *sample) add(d time.Duration) {
	x := math.Log(float64(d))
	s.n++
	s.sum += x
	s.squares += x * x
}

func (s sample) mean() float64 { return s.sum / float64(max(1, s.n)) }

// variance returns that of the mean: the square of its standard error.
func (s sample) variance() float64 {
	if s.n < 2 {
		return 0
	}
	n := float64(s.n)
	return max(0, s.squares/n-s.mean()*s.mean()) / (n - 1)
}

// typical returns the geometric mean, 0 if there is none.
func (s sample) typical() time.Duration {
	if s.n == 0 {
		return 0
	}
	return time.Duration(math.Round(math.Exp(s.mean())))
}

// over returns how many times as long as the others these are.
func (s sample) over(o sample) float64 { return math.Exp(s.mean() - o.mean()) }

// doubt returns by which factor the two may differ by chance: by more in one of
// twenty cases.
func (s sample) doubt(o sample) float64 {
	return math.Exp(2 * math.Sqrt(s.variance()+o.variance()))
}
