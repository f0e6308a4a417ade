// Package accept takes connections from a listener that may fail for a while.
package accept

import (
	"errors"
	"net"
	"syscall"
	"time"
)

// The waits between tries: the first, and the longest, which each is twice the one
// before up to.
const (
	First   = 5 * time.Millisecond
	Longest = time.Second
)

// Next returns the next connection of l. When the system is short of something, or the
// connection has gone already, it calls wait, which returns when it is time to try
// again: true to do that, false to give up. Next returns the error then, and any that is
// about the listener itself.
func Next(l net.Listener, wait func(err error, d time.Duration) bool) (net.Conn, error) {
	for d := First; ; d = min(2*d, Longest) {
		c, err := l.Accept()
		if err == nil {
			return c, nil
		}
		if !passes(err) || !wait(err, d) {
			return nil, err
		}
	}
}

// passes reports whether an error of Accept is about one connection, or about what the
// system is short of, and not about the listener.
func passes(err error) bool {
	var temporary interface{ Temporary() bool }
	return errors.As(err, &temporary) && temporary.Temporary() ||
		errors.Is(err, syscall.ENOBUFS) || errors.Is(err, syscall.ENOMEM)
}
