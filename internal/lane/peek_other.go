//go:build !unix

package lane

import "net"

// A peek sends requests on a socket that was idle: here it can't.
type peek struct{ stale bool }

func (*peek) open(net.Conn)           {}
func (*peek) works() bool             { return false }
func (*peek) readable() bool          { return false }
func (*peek) ask([]byte) (int, error) { return 0, nil }
