//go:build linux

package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"
)

// A crowd is many clients in one thread. The first one sends.
type crowd struct {
	lines   bool
	size    int
	conns   []*conn
	epoll   int
	message []byte // masked with zeroes, and so as it is
	buf     []byte

	sent    []time.Time // message i was sent at
	reached []int       // so many have message i
	done    int         // messages that all have
	report  result
}

type conn struct {
	file  int
	net   net.Conn
	n     int  // messages that it has got
	left  int  // bytes of the frame under way
	quiet bool // that frame is no message
	head  []byte
	deaf  bool // does not read
}

// A result is what a crowd has seen.
type result struct {
	deliveries, messages, reads int
	latency                     []time.Duration
}

func (r *result) quantile(q float64) time.Duration {
	if len(r.latency) == 0 {
		return 0
	}
	slices.Sort(r.latency)
	return r.latency[int(q*float64(len(r.latency)-1))]
}

// connect makes n clients; if stalled, the last one does not read.
func connect(addr string, n int, lines bool, size int, stalled bool) (*crowd, error) {
	c := &crowd{lines: lines, size: size, buf: make([]byte, 256<<10)}
	c.prepare()
	var err error
	if c.epoll, err = syscall.EpollCreate1(0); err != nil {
		return nil, err
	}
	for i := range n {
		one, err := c.dial(addr, stalled && i == n-1)
		if err != nil {
			c.close()
			return nil, fmt.Errorf("client %d: %w", i, err)
		}
		c.conns = append(c.conns, one)
		if one.deaf {
			continue
		}
		ev := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(i)}
		if err := syscall.EpollCtl(c.epoll, syscall.EPOLL_CTL_ADD, one.file, &ev); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// prepare makes the message that is sent over and over.
func (c *crowd) prepare() {
	text := []byte(strings.Repeat("m", c.size))
	if c.lines {
		c.message = append(text[:c.size-1], '\n')
		return
	}
	head := []byte{0x81}
	switch {
	case c.size < 126:
		head = append(head, 0x80|byte(c.size))
	case c.size <= 0xffff:
		head = binary.BigEndian.AppendUint16(append(head, 0x80|126), uint16(c.size))
	}
	c.message = append(append(head, 0, 0, 0, 0), text...)
}

func (c *crowd) dial(addr string, deaf bool) (*conn, error) {
	d := net.Dialer{Timeout: 10 * time.Second}
	if deaf {
		d.Control = func(_, _ string, raw syscall.RawConn) error {
			return raw.Control(func(fd uintptr) { syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096) })
		}
	}
	nc, err := d.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	one := &conn{net: nc, deaf: deaf}
	if !c.lines {
		nc.SetDeadline(time.Now().Add(10 * time.Second))
		fmt.Fprintf(nc, "GET /ws HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", addr)
		resp, err := http.ReadResponse(bufio.NewReaderSize(nc, 1024), nil)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode != http.StatusSwitchingProtocols {
			return nil, fmt.Errorf("status %d", resp.StatusCode)
		}
		nc.SetDeadline(time.Time{})
	}
	raw, err := nc.(*net.TCPConn).SyscallConn()
	if err != nil {
		return nil, err
	}
	nc.(*net.TCPConn).SetLinger(0)
	return one, raw.Control(func(fd uintptr) { one.file = int(fd) })
}

func (c *crowd) close() {
	for _, one := range c.conns {
		one.net.Close()
	}
	syscall.Close(c.epoll)
}

// listeners returns how many have to get a message.
func (c *crowd) listeners() int {
	n := len(c.conns)
	if c.conns[n-1].deaf {
		n--
	}
	return n
}

// run keeps so many messages in flight until most of them have reached all or the time
// is over, and then waits for those under way.
func (c *crowd) run(window, most int, d time.Duration) (*result, error) {
	c.report = result{}
	first, end := c.done, time.Now().Add(d)
	events := make([]syscall.EpollEvent, 256)
	for {
		over := time.Now().After(end)
		for !over && len(c.sent)-c.done < window && len(c.sent)-first < most {
			if err := c.send(); err != nil {
				return nil, err
			}
		}
		if len(c.sent) == c.done || time.Now().After(end.Add(2*time.Second)) {
			break
		}
		n, err := syscall.EpollWait(c.epoll, events, 50)
		if err != nil && err != syscall.EINTR {
			return nil, err
		}
		for _, ev := range events[:max(0, n)] {
			if err := c.receive(c.conns[ev.Fd]); err != nil {
				return nil, fmt.Errorf("client %d after %d messages: %w", ev.Fd, c.done, err)
			}
		}
	}
	c.report.messages = c.done - first
	return &c.report, nil
}

// send sends the next message, in blocking pieces: it is small.
func (c *crowd) send() error {
	c.sent = append(c.sent, time.Now())
	c.reached = append(c.reached, 0)
	for rest := c.message; len(rest) > 0; {
		n, err := syscall.Write(c.conns[0].file, rest)
		if err == syscall.EAGAIN {
			if err := c.receive(c.conns[0]); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

func (c *crowd) receive(one *conn) error {
	n, err := syscall.Read(one.file, c.buf)
	if err == syscall.EAGAIN || err == syscall.EINTR {
		return nil
	}
	if err != nil || n == 0 {
		return fmt.Errorf("the server has hung up: %v", err)
	}
	c.report.reads++
	for b := c.buf[:n]; len(b) > 0; {
		if one.left == 0 {
			if b = one.begin(b, c); one.left == 0 {
				continue
			}
		}
		n := min(len(b), one.left)
		b = b[n:]
		if one.left -= n; one.left == 0 && !one.quiet {
			c.got(one)
		}
	}
	return nil
}

// begin reads the header of a frame.
func (one *conn) begin(b []byte, c *crowd) []byte {
	if c.lines {
		one.left = len(c.message)
		return b
	}
	for len(b) > 0 {
		one.head = append(one.head, b[0])
		b = b[1:]
		if h := one.head; len(h) == 2 && h[1] < 126 || len(h) == 4 && h[1] == 126 {
			one.left, one.quiet = int(h[1]), h[0]&8 != 0
			if len(h) == 4 {
				one.left = int(binary.BigEndian.Uint16(h[2:]))
			}
			one.head = h[:0]
			return b
		}
	}
	return b
}

// got counts a message that has come.
func (c *crowd) got(one *conn) {
	if one.n < len(c.reached) {
		c.report.deliveries++
		if c.reached[one.n]++; c.reached[one.n] == c.listeners() {
			c.report.latency = append(c.report.latency, time.Since(c.sent[one.n]))
			c.done++
		}
	}
	one.n++
}
