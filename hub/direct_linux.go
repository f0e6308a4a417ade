package hub

import (
	"io"
	"net"
	"os"
	"syscall"
	"time"
	"unsafe"
)

// direct returns the way to a socket past package net, which writes without waiting
// and reads without a buffer while there is nothing: nil for what is no plain socket.
// The connections of package serve say that they are one but for Close.
func direct(conn net.Conn) syscall.RawConn {
	if wrapped, ok := conn.(interface{ Plain() net.Conn }); ok {
		conn = wrapped.Plain()
	}
	var s syscall.Conn
	switch c := conn.(type) {
	case *net.TCPConn:
		s = c
	case *net.UnixConn:
		s = c
	default:
		return nil
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// A vector is slices that are written by one call.
type vector struct {
	all  []syscall.Iovec
	wait bool
	n    int
	err  error
	call func(fd uintptr) bool
}

func (v *vector) init() { v.call = v.try }

func (v *vector) reset() {
	clear(v.all)
	v.all = v.all[:0]
}

func (v *vector) add(b []byte) {
	if len(b) > 0 {
		io := syscall.Iovec{Base: &b[0]}
		io.SetLen(len(b))
		v.all = append(v.all, io)
	}
}

// write returns how many bytes the socket has taken: none if it is full, unless it is
// to wait.
func (v *vector) write(raw syscall.RawConn, wait bool) (int, error) {
	v.n, v.err, v.wait = 0, nil, wait
	if len(v.all) == 0 {
		return 0, nil
	}
	if err := raw.Write(v.call); err != nil {
		return 0, err
	}
	return v.n, v.err
}

// try is the call, once the socket may be used. It does not block, so the scheduler
// need not know of it.
func (v *vector) try(fd uintptr) bool {
	var n uintptr
	var errno syscall.Errno
	for {
		if len(v.all) == 1 {
			n, _, errno = syscall.RawSyscall(syscall.SYS_WRITE, fd, uintptr(unsafe.Pointer(v.all[0].Base)), uintptr(v.all[0].Len))
		} else {
			n, _, errno = syscall.RawSyscall(syscall.SYS_WRITEV, fd, uintptr(unsafe.Pointer(&v.all[0])), uintptr(min(len(v.all), maxVector)))
		}
		if errno != syscall.EINTR {
			break
		}
	}
	switch {
	case errno == 0:
		v.n = int(n)
	case errno == syscall.EAGAIN:
		return !v.wait
	default:
		v.err = os.NewSyscallError("write", errno)
	}
	return true
}

// maxVector is how many slices the system takes at once.
const maxVector = 1024

// writeNow writes as much of b as the socket takes.
func writeNow(raw syscall.RawConn, b []byte) (n int, err error) {
	p := parcels.Get().(*parcel)
	defer parcels.Put(p)
	v := &p.vec
	v.init()
	v.reset()
	v.add(b)
	n, err = v.write(raw, false)
	v.reset()
	return n, err
}

func (p *parcel) writeDirectly(c *Client) error {
	p.vec.init()
	defer p.vec.reset()
	for rest := p.frames; len(rest) > 0; {
		p.vec.reset()
		for _, f := range rest {
			p.vec.add(f)
		}
		c.conn.SetWriteDeadline(time.Now().Add(c.hub.opts.WriteTimeout))
		n, err := p.vec.write(c.raw, true)
		if err != nil {
			return err
		}
		for len(rest) > 0 && n >= len(rest[0]) {
			n -= len(rest[0])
			rest = rest[1:]
		}
		if n > 0 {
			rest[0] = rest[0][n:]
		}
	}
	return nil
}

// fillDirectly is fill for a socket: while it waits, there is no buffer.
func (c *Client) fillDirectly() error {
	in := &c.in
	if in.call == nil {
		in.call = c.tryRead
	}
	in.err = nil
	if err := c.raw.Read(in.call); err != nil {
		return err
	}
	return in.err
}

func (c *Client) tryRead(fd uintptr) bool {
	in := &c.in
	b := in.room()
	for {
		n, _, errno := syscall.RawSyscall(syscall.SYS_READ, fd, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
		switch {
		case errno == syscall.EINTR:
			continue
		case errno == syscall.EAGAIN:
			in.rest()
			return false
		case errno != 0:
			in.err = os.NewSyscallError("read", errno)
		case n == 0:
			in.err = io.EOF
		default:
			in.to += int(n)
		}
		return true
	}
}
