package retry

import (
	"math/rand/v2"
	"time"
)

// The defaults of a Policy.
const (
	DefaultRetries = 4
	DefaultBase    = 500 * time.Millisecond
	DefaultMax     = 30 * time.Second
	DefaultFactor  = 2
)

// A Policy says how often something is tried again, and how long is waited before
// that. The zero Policy has the defaults. It may be copied and shared.
type Policy struct {
	// Retries is how many attempts may follow the first; zero means 4, less than
	// zero none.
	Retries int
	// Base is the ceiling of the first retry; zero means 500 ms.
	Base time.Duration
	// Max is the highest ceiling; zero means 30 s.
	Max time.Duration
	// Factor is by how much the ceiling grows from one retry to the next; zero
	// means 2, anything less than 1 means 1: all ceilings are Base.
	Factor float64
	// Rand returns a number of at least 0 and less than 1, for the jitter; it may
	// be called by several goroutines at once. Nil means one from math/rand/v2.
	Rand func() float64
	// If reports whether Do tries again after this error; nil means after any.
	// It is not asked about an error made by Permanent, nor when ctx has ended.
	If func(error) bool
	// OnRetry, if it is not nil, is told by Do of each attempt that another one follows,
	// with its number and its error, when the wait between them is over.
	OnRetry func(attempt int, err error)
	// Budget is shared with others; nil means that there is none.
	Budget *Budget
}

// Limit returns how many attempts may follow the first.
func (p *Policy) Limit() int {
	if p.Retries == 0 {
		return DefaultRetries
	}
	return max(p.Retries, 0)
}

// Ceiling returns the longest wait before a retry; the first one is number 1.
func (p *Policy) Ceiling(retry int) time.Duration {
	base, top, factor := p.Base, p.Max, p.Factor
	if base <= 0 {
		base = DefaultBase
	}
	if top <= 0 {
		top = DefaultMax
	}
	if factor == 0 {
		factor = DefaultFactor
	}
	d := float64(base)
	for i := 1; i < retry && factor > 1 && d < float64(top); i++ {
		d *= factor
	}
	if d >= float64(top) {
		return top
	}
	return time.Duration(d)
}

// Delay returns how long to wait before a retry, the first one is number 1: a
// random time of less than its Ceiling.
func (p *Policy) Delay(retry int) time.Duration {
	random := p.Rand
	if random == nil {
		random = rand.Float64
	}
	return time.Duration(random() * float64(p.Ceiling(retry)))
}
