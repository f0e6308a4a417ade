package memnet

import "time"

// A deadline is until when one side of a pipe waits. It is guarded by the pipe's lock.
type deadline struct {
	passed bool
	timer  *time.Timer
	round  int
}

func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}

// setDeadline sets one of the two deadlines of p.
func (p *pipe) setDeadline(d *deadline, t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	d.stop()
	d.round++ // a timer that fired meanwhile knows that it is out of date
	d.passed = !t.IsZero() && !t.After(time.Now())
	if !t.IsZero() && !d.passed && !p.ended() {
		mine := d.round
		d.timer = time.AfterFunc(time.Until(t), func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			if d.round == mine {
				d.passed = true
				p.moved.Broadcast()
			}
		})
	}
	p.moved.Broadcast()
}
