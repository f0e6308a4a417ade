package hub

import (
	"errors"
	"net/netip"

	"github.com/inflight-go/inflight/limit"
)

var errFull = errors.New("too many clients")

// admit counts one more client, if there may be. The caller calls came.
func (h *Hub) admit(from string) (ip netip.Addr, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.phase != running || h.tasks.Load() == nil {
		return ip, ErrNotRunning
	}
	if h.perIP != nil {
		ip = network(from)
	}
	if h.opts.MaxClients > 0 && h.n >= h.opts.MaxClients || h.perIP != nil && h.perIP[ip] >= h.opts.PerIP {
		h.counts.refused.Add(1)
		return ip, errFull
	}
	h.n++
	h.coming++
	if h.perIP != nil {
		h.perIP[ip]++
	}
	return ip, nil
}

// came is called when one that was admitted is a client, or will not be.
func (h *Hub) came() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.coming--; h.coming == 0 && h.phase > running {
		h.last.Set()
	}
}

// release counts a client off that was admitted. The lock is held.
func (h *Hub) release(ip netip.Addr) {
	h.n--
	if h.perIP == nil {
		return
	}
	if h.perIP[ip]--; h.perIP[ip] == 0 {
		delete(h.perIP, ip)
	}
}

// network returns what an address is counted by: itself, or of IPv6 the network that
// one customer has. All that have no address are one.
func network(addr string) netip.Addr {
	at, err := netip.ParseAddrPort(addr)
	if err != nil {
		return netip.Addr{}
	}
	ip := at.Addr().Unmap().WithZone("")
	if ip.Is6() {
		p, _ := ip.Prefix(64)
		return p.Addr()
	}
	return ip
}

// limit returns a new limit for one client, nil for none.
func (r Rate) limit() *limit.Rate {
	if r.N == 0 {
		return nil
	}
	return limit.NewRate(r.N, r.Per, limit.Burst(r.N))
}
