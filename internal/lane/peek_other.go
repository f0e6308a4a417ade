//go:build !unix

package lane

import "net"

// A peek looks whether there is anything to be read from a socket: here it can't.
type peek struct{}

func (peek) open(net.Conn)  {}
func (peek) works() bool    { return false }
func (peek) readable() bool { return false }
