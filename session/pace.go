package session

import "time"

// A pace finds out how fast a host can be begun with again after a hold: nearly as
// fast as it has answered before, holds included, which is what it lets through;
// and then a bit faster each second, until that no longer matters. Without that,
// those who wait for the end of the hold would all come at once, and be sent away
// again.
type pace struct {
	mark     time.Time // since when answers are counted
	answers  int
	before   time.Duration // the same of the time before that
	answers0 int

	got  int           // answers before the hold
	took time.Duration // for those, the hold included

	first  float64 // per second, when the hold was over
	now    float64 // zero for any speed
	raised time.Time
}

const (
	paceWindow = 10 * time.Second // answers of one to two of these count
	paceShare  = 0.9              // of what was let through
	paceGrowth = 1.1              // in a second
	paceFree   = 8.0              // times what it began with: no longer matters
)

// held returns how many may start in a second when the hold is over.
func (p *pace) held(until time.Time) float64 {
	p.got, p.took = p.answers+p.answers0, until.Sub(p.mark)+p.before
	p.mark, p.answers, p.before, p.answers0 = until, 0, 0, 0
	return p.begin()
}

// begin works out how many may start in a second.
func (p *pace) begin() float64 {
	p.now = max(1, paceShare*float64(p.got)/max(p.took.Seconds(), 0.001))
	p.first, p.raised = p.now, p.mark
	return p.now
}

// answered counts an answer, and returns how many may start in a second from now
// on, zero for any number, if that has changed.
func (p *pace) answered(now time.Time) (perSecond float64, changed bool) {
	if now.Before(p.mark) { // during the hold: to what was sent before
		p.got++
		return p.begin(), true
	}
	if since := now.Sub(p.mark); since > paceWindow {
		p.mark, p.answers, p.before, p.answers0 = now, 0, since, p.answers
		if since > 2*paceWindow { // nothing for long: that says nothing
			p.before, p.answers0 = 0, 0
		}
	}
	p.answers++
	if p.now == 0 || now.Sub(p.raised) < time.Second {
		return p.now, false
	}
	p.now *= paceGrowth
	p.raised = now
	if p.now > paceFree*p.first {
		p.now = 0
	}
	return p.now, true
}
