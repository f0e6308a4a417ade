package retry

import (
	"sync"
	"time"
)

// The defaults of a Budget.
const (
	DefaultShare = 0.2
	DefaultFloor = 10
)

// A Budget bounds the retries of all who share it to a share of their requests,
// and a small number a second that there may always be. The zero Budget has the
// defaults; a nil *Budget bounds nothing. It must not be copied.
type Budget struct {
	// Share is how many retries each request pays for; zero means 0.2, that is one
	// for five requests, and less than zero none.
	Share float64
	// Floor is how many retries there may be in a second whatever the requests
	// are; zero means 10, and less than zero none. What is not used of it is kept
	// for 10 seconds, and those 10 seconds are there at the beginning: the share of
	// a few requests is so small that chance would use it up.
	Floor float64

	mu      sync.Mutex
	balance float64
	filled  time.Time // when Floor was paid in last; zero before the first time
}

// savings is for how many requests, and how many seconds, a budget keeps what was
// not used: without a bound a good hour would pay for a storm.
const (
	savings = 1000
	reserve = 10 // seconds of Floor
)

// Request pays in for a request, that is for a first attempt.
func (b *Budget) Request() {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	share, floor := b.rates()
	if limit := max(share*savings, floor*reserve); b.balance < limit {
		b.balance = min(b.balance+share, limit)
	}
}

// Take reports whether there is room for a retry now, and takes it.
func (b *Budget) Take() bool {
	if b == nil {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	_, floor := b.rates()
	now := time.Now()
	if b.balance < floor*reserve {
		paid := floor * reserve
		if !b.filled.IsZero() {
			paid = max(now.Sub(b.filled).Seconds(), 0) * floor
		}
		b.balance = min(b.balance+paid, floor*reserve)
	}
	b.filled = now
	if b.balance < 1 {
		return false
	}
	b.balance--
	return true
}

func (b *Budget) rates() (share, floor float64) {
	share, floor = b.Share, b.Floor
	if share == 0 {
		share = DefaultShare
	}
	if floor == 0 {
		floor = DefaultFloor
	}
	return max(share, 0), max(floor, 0)
}
