package limit

import "time"

// credit is how far behind its ideal line a rate may be and still catch up:
// timers wake at a grain of a millisecond, and a caller that asks for thousands a
// second would get a fraction of them if each lateness were lost.
const credit = 2500 * time.Microsecond

// A pace spaces starts evenly: an ideal line on which one start follows another at
// the same distance. It is the generic cell rate algorithm with exact fractions.
// The zero pace spaces nothing.
type pace struct {
	n        int64         // starts in per; 0 for no spacing
	per      time.Duration //
	interval time.Duration // per / n, without the fraction
	rest     int64         // per % n
	burst    int64         // how many may be ahead of the line at once
	next     time.Duration // where the line is, and
	frac     int64         // the nth parts of a nanosecond beyond that
}

// set changes the pace. What was ahead of the line stays so in proportion.
func (p *pace) set(n int64, per time.Duration, burst int64, now time.Duration) {
	ahead := p.next - now
	if p.n > 0 && ahead > 0 {
		starts := float64(ahead) / float64(p.per) * float64(p.n)
		ahead = time.Duration(min(starts/float64(n), 1) * float64(per))
		p.next, p.frac = now+ahead, 0
	}
	p.n, p.per, p.burst = n, per, min(burst, n)
	p.interval, p.rest = per/time.Duration(n), int64(per)%n
	p.frac = min(p.frac, n-1)
}

// wait returns how long it is until the next start: zero or less for now.
func (p *pace) wait(now time.Duration) time.Duration {
	if p.n == 0 {
		return 0
	}
	return p.next - time.Duration(p.burst-1)*p.interval - now
}

// step moves the line on by one start. One that has waited and comes too late
// keeps what the credit allows of that; one that did not wait came to an idle
// line, of which nothing is to be made up for.
func (p *pace) step(now time.Duration, waited bool) {
	if p.n == 0 {
		return
	}
	if late := now - p.next; late > credit {
		p.next, p.frac = now, 0
		if waited {
			p.next -= credit
		}
	}
	p.next += p.interval
	if p.frac >= p.n-p.rest { // p.frac + p.rest >= p.n
		p.next++
		p.frac -= p.n - p.rest
	} else {
		p.frac += p.rest
	}
}
