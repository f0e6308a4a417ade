package session

import (
	"net/netip"
	"time"
)

// Hosts returns how many hosts are remembered.
func Hosts(s *Session) int { return s.hosts.Len() }

// IsPublic is isPublic.
func IsPublic(addr string) bool { return isPublic(netip.MustParseAddr(addr)) }

// Spares returns how many flights are kept.
func Spares(s *Session) (n int) {
	s.watch.mu.Lock()
	defer s.watch.mu.Unlock()
	for _, kept := range s.watch.spares {
		n += kept.n
	}
	return n
}

// Flights returns how many flights there are.
func Flights(s *Session) (n int) {
	s.watch.mu.Lock()
	defer s.watch.mu.Unlock()
	for f := s.watch.flights.next; f != &s.watch.flights; f = f.next {
		n++
	}
	return n
}

// ParseGrant is parseGrant.
func ParseGrant(r *Response) (token string, life time.Duration, err error) {
	g, err := parseGrant(r)
	return g.token, g.life, err
}

// Cookies returns how many are kept.
func Cookies(s *Session) (n int) {
	for _, site := range s.jar.(*jar).sites {
		n += len(site.cookies)
	}
	return n
}
