package session

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"syscall"

	"github.com/inflight-go/inflight/retry"
)

// control is called with each address that is about to be connected to, after the
// name was looked up: what it allows is what is connected to.
func (o *Options) control(ctx context.Context, network, address string, _ syscall.RawConn) error {
	flightOf(ctx).enter(connecting)
	if !o.DenyPrivate || strings.HasPrefix(network, "unix") {
		return nil
	}
	return public(address)
}

// public returns ErrDenied for an address with a port that is not a public one.
func public(address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !isPublic(at.Addr()) {
		return &classError{retry.ClassDenied, fmt.Errorf("%w: %s", ErrDenied, address)}
	}
	return nil
}

// special are the blocks of addresses that lead elsewhere than to the internet, or
// hide where they lead.
var special = func() (blocks []netip.Prefix) {
	for _, s := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
		"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16", "fec0::/10",
	} {
		blocks = append(blocks, netip.MustParsePrefix(s))
	}
	return blocks
}()

var (
	nat64  = netip.MustParsePrefix("64:ff9b::/96")
	sixTo4 = netip.MustParsePrefix("2002::/16")
)

func isPublic(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, block := range special {
		if block.Contains(a) {
			return false
		}
	}
	if !a.Is6() {
		return true
	}
	b := a.As16()
	switch { // with an IPv4 address inside
	case nat64.Contains(a):
		return isPublic(netip.AddrFrom4([4]byte(b[12:])))
	case sixTo4.Contains(a):
		return isPublic(netip.AddrFrom4([4]byte(b[2:6])))
	}
	return true
}
