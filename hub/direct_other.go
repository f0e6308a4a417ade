//go:build !linux

package hub

import (
	"net"
	"syscall"
)

// direct returns nil: here everything goes through package net.
func direct(net.Conn) syscall.RawConn { return nil }

// A vector is of no use where direct returns nil.
type vector struct{}

func (*vector) init()                                    {}
func (*vector) reset()                                   {}
func (*vector) add([]byte)                               {}
func (*vector) write(syscall.RawConn, bool) (int, error) { return 0, nil }

func writeNow(syscall.RawConn, []byte) (int, error) { return 0, nil }

func (*parcel) writeDirectly(*Client) error { return nil }

func (*Client) fillDirectly() error { return nil }
