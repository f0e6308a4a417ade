package memnet

import "time"

// A slice of time is how much of a second a parcel may take on the line: what is
// long does not arrive all at once.
const slices = 100

// send puts n more bytes on the line. The lock is held.
func (p *pipe) send(n int) {
	if p.link == (Link{}) {
		p.arrived += n
		return
	}
	p.free = later(p.free, time.Now())
	for n > 0 {
		size := n
		if rate := p.link.Bandwidth; rate > 0 {
			size = int(min(int64(n), max(1, rate/slices)))
			p.free = p.free.Add(time.Duration(size) * time.Second / time.Duration(rate))
		}
		p.underWay = append(p.underWay, parcel{size, p.free.Add(p.link.Latency)})
		n -= size
	}
}

// arrive counts what has arrived by now. The lock is held.
func (p *pipe) arrive() {
	for len(p.underWay) > 0 && !p.underWay[0].at.After(time.Now()) {
		p.arrived += p.underWay[0].size
		p.underWay = p.underWay[1:]
	}
}

// ended reports whether the reader can know of the end. The lock is held.
func (p *pipe) ended() bool { return p.end != nil && !p.endAt.After(time.Now()) }

// setAlarm sees to it that the reader is told when something arrives. The lock is held.
func (p *pipe) setAlarm() {
	if p.alarm != nil {
		return
	}
	at := p.endAt
	if len(p.underWay) > 0 {
		at = p.underWay[0].at
	} else if p.end == nil {
		return
	}
	p.alarm = time.AfterFunc(time.Until(at), func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.alarm = nil
		p.moved.Broadcast()
	})
}

func (p *pipe) stopAlarm() {
	if p.alarm != nil {
		p.alarm.Stop()
		p.alarm = nil
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
