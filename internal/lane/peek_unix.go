//go:build unix

package lane

import (
	"net"
	"syscall"
)

// A peek sends requests on a socket that was idle. In one go it looks whether there is
// anything to be read, which ought not to be, writes, and waits for the answer: that
// saves the read which would find that it is not there yet.
type peek struct {
	rc    syscall.RawConn // nil for what is no socket
	turn  func(fd uintptr) bool
	nc    net.Conn
	out   []byte
	sent  int
	err   error
	stale bool
	asked bool
	buf   [1]byte
}

func (p *peek) open(nc net.Conn) {
	var rc syscall.RawConn
	var err error
	switch s := nc.(type) { // and nothing that has one of them inside: it may read on
	case *net.TCPConn:
		rc, err = s.SyscallConn()
	case *net.UnixConn:
		rc, err = s.SyscallConn()
	default:
		return
	}
	if err == nil {
		p.rc, p.nc, p.turn = rc, nc, p.take
	}
}

func (p *peek) works() bool { return p.rc != nil }

// readable reports whether there is a byte, or the end. A byte is lost.
func (p *peek) readable() bool {
	_, err := p.ask(nil)
	return p.stale || err != nil
}

// ask writes out and waits for the answer, or for anything that keeps it from coming.
// If the socket is stale it writes nothing. With nothing to write it only looks.
func (p *peek) ask(out []byte) (sent int, err error) {
	p.out, p.sent, p.err, p.stale, p.asked = out, 0, nil, false, false
	err = p.rc.Read(p.turn)
	p.out = nil
	if p.err != nil || p.asked {
		err = p.err // what keeps it from waiting keeps the answer from being read
	}
	return p.sent, err
}

// take is called first to look and write, and then, when something has come, to end
// the wait.
func (p *peek) take(fd uintptr) bool {
	if p.asked {
		return true
	}
	_, err := syscall.Read(int(fd), p.buf[:])
	if err != syscall.EAGAIN && err != syscall.EWOULDBLOCK {
		p.stale = true
		return true
	}
	if p.out == nil {
		return true
	}
	p.asked = true
	p.sent, p.err = p.nc.Write(p.out)
	return p.err != nil
}
