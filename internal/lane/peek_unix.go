//go:build unix

package lane

import (
	"net"
	"syscall"
)

// A peek looks whether there is anything to be read from a socket.
type peek struct {
	rc    syscall.RawConn // nil for what is no socket
	look  func(fd uintptr) bool
	quiet bool
	buf   [1]byte
}

func (p *peek) open(nc net.Conn) {
	s, ok := nc.(syscall.Conn)
	if !ok {
		return
	}
	if rc, err := s.SyscallConn(); err == nil {
		p.rc, p.look = rc, p.read
	}
}

func (p *peek) works() bool { return p.rc != nil }

// readable reports whether there is a byte, or the end. A byte is lost.
func (p *peek) readable() bool {
	if p.rc == nil {
		return false
	}
	p.quiet = false
	return p.rc.Read(p.look) != nil || !p.quiet
}

func (p *peek) read(fd uintptr) bool {
	_, err := syscall.Read(int(fd), p.buf[:])
	p.quiet = err == syscall.EAGAIN || err == syscall.EWOULDBLOCK
	return true
}
