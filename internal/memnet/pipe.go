package memnet

import (
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// maxPipe is how much is in a pipe before its writer waits.
const maxPipe = 64 << 10

// A pipe is one direction of a connection.
type pipe struct {
	link  Link
	mu    sync.Mutex
	moved sync.Cond
	buf   []byte
	from  int // buf[from:] is not read yet

	arrived  int         // how much of that the reader can have
	underWay []parcel    // what the rest is
	free     time.Time   // when the last byte so far is on the line
	alarm    *time.Timer // tells the reader that something has arrived

	end            error     // what the reader gets once all is read
	endAt          time.Time // when that has arrived
	reader, writer deadline
}

// A parcel is so many bytes that arrive together.
type parcel struct {
	size int
	at   time.Time
}

func newPipe(link Link) *pipe {
	p := &pipe{link: link}
	p.moved.L = &p.mu
	return p
}

func (p *pipe) read(to []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.arrive(); p.arrived == 0; p.arrive() {
		switch {
		case p.ended():
			return 0, p.end
		case p.reader.passed:
			return 0, os.ErrDeadlineExceeded
		}
		p.setAlarm()
		p.moved.Wait()
	}
	if p.reader.passed {
		return 0, os.ErrDeadlineExceeded
	}
	n := copy(to, p.buf[p.from:p.from+p.arrived])
	p.arrived -= n
	if p.from += n; p.from == len(p.buf) {
		p.buf, p.from = p.buf[:0], 0
	}
	p.moved.Broadcast()
	return n, nil
}

func (p *pipe) write(from []byte) (n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case p.end != nil:
			return n, syscall.EPIPE
		case p.writer.passed:
			return n, os.ErrDeadlineExceeded
		case len(from) == 0:
			return n, nil
		}
		waiting := len(p.buf) - p.from
		if waiting >= maxPipe {
			p.moved.Wait()
			continue
		}
		if p.from > 0 && len(p.buf)+len(from) > cap(p.buf) {
			p.buf, p.from = p.buf[:copy(p.buf, p.buf[p.from:])], 0
		}
		part := from[:min(len(from), maxPipe-waiting)]
		p.buf = append(p.buf, part...)
		p.send(len(part))
		n, from = n+len(part), from[len(part):]
		p.moved.Broadcast()
	}
}

// shut ends the pipe: now, or when all that is in it was read.
func (p *pipe) shut(end error, now bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.end == nil || end == net.ErrClosed {
		p.end = end
		p.endAt = time.Now()
		if !now {
			p.endAt = later(p.endAt, p.free).Add(p.link.Latency)
		}
	}
	if now {
		p.buf, p.from, p.arrived, p.underWay = nil, 0, 0, nil
		p.stopAlarm()
	}
	if p.ended() {
		p.reader.stop()
	}
	p.writer.stop()
	p.moved.Broadcast()
}
