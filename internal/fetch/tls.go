package fetch

import (
	"crypto/tls"
	"time"
)

// tlsShown is what results show of a connection with TLS: of the certificates that of the
// server itself.
type tlsShown struct {
	Version   string     `json:"version"`
	Cipher    string     `json:"cipher"`
	Subject   string     `json:"subject,omitempty"`
	Issuer    string     `json:"issuer,omitempty"`
	Names     []string   `json:"names,omitempty"`
	NotBefore *time.Time `json:"not_before,omitempty"`
	NotAfter  *time.Time `json:"not_after,omitempty"`
}

// mostNames is how many names of a certificate are shown.
const mostNames = 20

func tlsOf(state *tls.ConnectionState) *tlsShown {
	shown := &tlsShown{Version: tls.VersionName(state.Version), Cipher: tls.CipherSuiteName(state.CipherSuite)}
	if len(state.PeerCertificates) == 0 {
		return shown
	}
	cert := state.PeerCertificates[0]
	from, until := cert.NotBefore.UTC(), cert.NotAfter.UTC()
	shown.Subject, shown.Issuer, shown.NotBefore, shown.NotAfter = cert.Subject.String(), cert.Issuer.String(), &from, &until
	shown.Names = cert.DNSNames[:min(len(cert.DNSNames), mostNames)]
	return shown
}
