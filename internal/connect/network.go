package connect

import (
	"crypto/tls"
	"crypto/x509"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/inflight-go/inflight/internal/option"
	"github.com/inflight-go/inflight/internal/secret"
	"github.com/inflight-go/inflight/session"
)

func (o *Options) tls(s *session.Options) (err error) {
	if err := option.OneOf("engine", o.Engine, "auto", "std"); err != nil {
		return err
	}
	switch o.TLSMin {
	case "1.2":
		s.MinTLS = tls.VersionTLS12
	case "1.3":
		s.MinTLS = tls.VersionTLS13
	default:
		return option.Wrong("tls-min", o.TLSMin, "1.2 or 1.3")
	}
	switch o.HTTP {
	case "auto":
		s.HTTP = session.HTTPAuto
	case "1.1":
		s.HTTP = session.HTTP1
	case "2":
		s.HTTP = session.HTTP2
	default:
		return option.Wrong("http", o.HTTP, "auto, 1.1 or 2")
	}
	read := func(flag, path string) (text []byte) {
		if path != "" && err == nil {
			if text, err = os.ReadFile(path); err != nil {
				err = option.Errorf("--%s: %w", flag, err)
			}
		}
		return text
	}
	s.CACert = read("cacert", o.CACert)
	if err == nil && o.CACert != "" && !x509.NewCertPool().AppendCertsFromPEM(s.CACert) {
		return option.Errorf("--cacert %s: there is no certificate in it, as PEM has them", o.CACert)
	}
	s.Cert = read("cert", o.Cert)
	s.Key = read("cert-key", o.CertKey)
	if o.Cert != "" && o.CertKey == "" {
		s.Key = s.Cert
	}
	return err
}

func (o *Options) network(s *session.Options) error {
	if o.Proxy != "" {
		u, err := url.Parse(o.Proxy)
		if err != nil || u.Host == "" {
			return option.Wrong("proxy", secret.Flag("proxy", o.Proxy), "a URL such as http://127.0.0.1:3128")
		}
		if err := option.OneOf("proxy", u.Scheme, "http", "https", "socks5", "socks5h"); err != nil {
			return option.Wrong("proxy", secret.Flag("proxy", o.Proxy), "a URL that begins with http://, https:// or socks5://")
		}
		s.Proxy = u
	}
	for _, r := range o.Resolve {
		parts := strings.SplitN(r, ":", 3)
		if len(parts) != 3 || parts[0] == "" || !isPort(parts[1]) || parts[2] == "" {
			return option.Wrong("resolve", r, "host:port:address such as example.com:443:127.0.0.1")
		}
		if inner, ok := strings.CutPrefix(parts[2], "["); ok { // an IPv6 address as URLs have it
			parts[2] = strings.TrimSuffix(inner, "]")
		}
		if s.Resolve == nil {
			s.Resolve = make(map[string]string)
		}
		s.Resolve[parts[0]+":"+parts[1]] = parts[2]
	}
	return nil
}

func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && n > 0
}
