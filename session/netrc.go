package session

import (
	"fmt"
	"io"
	"strings"
)

// Netrc has users and passwords by host, as the file .netrc does. A nil *Netrc has
// none.
type Netrc struct {
	machines map[string]Auth
	other    *Auth // for hosts that are not named
}

// maxNetrc is how large a file may be.
const maxNetrc = 1 << 20

// ParseNetrc reads a file .netrc: machine, default, login, password, account and
// macdef, values in double quotes too, and comments, which begin with #. Of several
// entries for a host the first counts. The error names the line.
func ParseNetrc(r io.Reader) (*Netrc, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxNetrc+1))
	if err != nil {
		return nil, fmt.Errorf("netrc: %w", err)
	}
	if len(text) > maxNetrc {
		return nil, fmt.Errorf("netrc: larger than %d bytes", maxNetrc)
	}
	p := netrcParser{lines: strings.Split(string(text), "\n"), netrc: &Netrc{machines: make(map[string]Auth)}}
	if err := p.parse(); err != nil {
		return nil, fmt.Errorf("netrc: line %d: %w", p.line, err)
	}
	return p.netrc, nil
}

// Lookup returns what to authenticate by at a host, which is without a port.
func (n *Netrc) Lookup(host string) (Auth, bool) {
	if n == nil {
		return Auth{}, false
	}
	if a, ok := n.machines[strings.ToLower(host)]; ok {
		return a, !a.none()
	}
	if n.other != nil {
		return *n.other, !n.other.none()
	}
	return Auth{}, false
}
