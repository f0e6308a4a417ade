package session

import "net/netip"

// Hosts returns how many hosts are remembered.
func Hosts(s *Session) int { return s.hosts.Len() }

// IsPublic is isPublic.
func IsPublic(addr string) bool { return isPublic(netip.MustParseAddr(addr)) }
