package session

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"time"

	"github.com/inflight-go/inflight/internal/lane"
	"github.com/inflight-go/inflight/retry"
)

// transports returns what makes the exchanges, by scheme, and what closes their
// unused connections.
func (o *Options) transports() (map[string]http.RoundTripper, interface{ CloseIdleConnections() }, error) {
	rt := o.Transport
	if rt == nil {
		t, err := o.transport()
		if err != nil {
			return nil, nil, err
		}
		rt = t
		if !o.NetHTTP && o.HTTP != HTTP2 && o.Proxy == nil && o.IdleConns > 0 {
			rt = o.lane(t)
		}
	}
	schemes := map[string]http.RoundTripper{"http": rt, "https": rt}
	maps.Copy(schemes, o.Schemes)
	idle, _ := rt.(interface{ CloseIdleConnections() })
	return schemes, idle, nil
}

// lane returns what makes plain exchanges over HTTP/1.1 by itself, and leaves the
// others to t.
func (o *Options) lane(t *http.Transport) *lane.Lane {
	l := &lane.Lane{
		Next:        t,
		Dial:        o.dial,
		Proxy:       t.Proxy,
		MaxHeader:   t.MaxResponseHeaderBytes,
		IdlePerHost: t.MaxIdleConnsPerHost,
		Idle:        t.MaxIdleConns,
		IdleTimeout: t.IdleConnTimeout,
		Trace:       o.Trace,
	}
	if o.HTTP == HTTP1 && len(t.TLSClientConfig.NextProtos) == 0 {
		config := t.TLSClientConfig.Clone() // t changes its own
		l.DialTLS = func(ctx context.Context, network, addr string) (net.Conn, error) {
			return o.dialTLS(ctx, network, addr, config)
		}
	}
	return l
}

func (o *Options) transport() (*http.Transport, error) {
	config, err := o.tlsConfig()
	if err != nil {
		return nil, err
	}
	t := &http.Transport{
		DialContext:            o.dial,
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    o.ConnectTimeout,
		DisableCompression:     true, // the session decompresses, under its cap
		MaxIdleConnsPerHost:    o.IdleConns,
		MaxIdleConns:           max(4*o.IdleConns, 1024),
		DisableKeepAlives:      o.IdleConns == 0,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: o.MaxHeader,
		Protocols:              new(http.Protocols),
	}
	if o.MaxHeader == 0 {
		t.MaxResponseHeaderBytes = 1 << 40
	}
	t.Protocols.SetHTTP1(o.HTTP != HTTP2)
	t.Protocols.SetHTTP2(o.HTTP != HTTP1)
	t.Protocols.SetUnencryptedHTTP2(o.HTTP == HTTP2)
	switch {
	case o.Proxy != nil:
		t.Proxy = http.ProxyURL(o.Proxy)
	case o.ProxyFromEnv:
		t.Proxy = http.ProxyFromEnvironment
	}
	t.OnProxyConnectResponse = proxyAnswered
	return t, nil
}

// proxyAnswered returns why there is no way through a proxy. net/http itself says the
// text behind the status alone.
func proxyAnswered(_ context.Context, proxy *url.URL, _ *http.Request, r *http.Response) error {
	if r.StatusCode == http.StatusOK {
		return nil
	}
	return &classError{retry.ClassConnect, fmt.Errorf("the proxy %s refused to connect: status %d %s", proxy.Host, r.StatusCode, http.StatusText(r.StatusCode))}
}

func (o *Options) tlsConfig() (*tls.Config, error) {
	config := new(tls.Config)
	if o.TLS != nil {
		config = o.TLS.Clone()
	}
	if o.CACert != nil {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(o.CACert) {
			return nil, errors.New("CACert: no certificate in PEM found")
		}
	}
	if o.Cert != nil {
		pair, err := tls.X509KeyPair(o.Cert, o.Key)
		if err != nil {
			return nil, fmt.Errorf("the client's certificate: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	if o.Insecure {
		config.InsecureSkipVerify = true
	}
	if o.MinTLS != 0 {
		config.MinVersion = o.MinTLS
	}
	return config, nil
}

// dial makes a connection, within ConnectTimeout.
func (o *Options) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if o.ConnectTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.ConnectTimeout)
		defer cancel()
	}
	f := flightOf(ctx)
	f.enter(looking)
	defer f.enter(asking)
	network, addr = o.target(network, addr)
	conn, err := o.connect(ctx, network, addr)
	if err == nil {
		return conn, nil
	}
	if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		phase := PhaseConnect
		if _, ok := errors.AsType[*net.DNSError](err); ok {
			phase = PhaseDNS
		}
		return nil, &TimeoutError{phase, o.ConnectTimeout}
	}
	if o.Dial != nil {
		if _, ok := errors.AsType[*net.OpError](err); !ok {
			err = &net.OpError{Op: "dial", Net: network, Err: err}
		}
	}
	return nil, err
}

// dialTLS makes a connection with TLS, each of the two steps within ConnectTimeout.
func (o *Options) dialTLS(ctx context.Context, network, addr string, config *tls.Config) (net.Conn, error) {
	raw, err := o.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	if config.ServerName == "" {
		config = config.Clone()
		config.ServerName, _, _ = net.SplitHostPort(addr)
	}
	conn := tls.Client(raw, config)
	if err := o.shake(ctx, conn); err != nil {
		raw.Close()
		return nil, err
	}
	return conn, nil
}

func (o *Options) shake(ctx context.Context, conn *tls.Conn) error {
	if t := httptrace.ContextClientTrace(ctx); t != nil {
		t.TLSHandshakeStart()
		defer func() { t.TLSHandshakeDone(conn.ConnectionState(), nil) }()
	}
	if o.ConnectTimeout <= 0 {
		return conn.HandshakeContext(ctx)
	}
	within, cancel := context.WithTimeoutCause(ctx, o.ConnectTimeout, &TimeoutError{PhaseTLS, o.ConnectTimeout})
	defer cancel()
	err := conn.HandshakeContext(within)
	if err != nil && within.Err() != nil {
		return context.Cause(within)
	}
	return err
}

func (o *Options) connect(ctx context.Context, network, addr string) (net.Conn, error) {
	if o.Dial == nil {
		d := net.Dialer{ControlContext: o.control}
		return d.DialContext(ctx, network, addr)
	}
	conn, err := o.Dial(ctx, network, addr)
	if err != nil || !o.DenyPrivate {
		return conn, err
	}
	if err := public(conn.RemoteAddr().String()); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// target returns what to connect to instead of an address.
func (o *Options) target(network, addr string) (string, string) {
	if o.UnixSocket != "" {
		return "unix", o.UnixSocket
	}
	if len(o.Resolve) == 0 {
		return network, addr
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return network, addr
	}
	to, ok := o.Resolve[addr]
	if !ok {
		to, ok = o.Resolve[host]
	}
	if !ok {
		return network, addr
	}
	if _, _, err := net.SplitHostPort(to); err != nil {
		to = net.JoinHostPort(to, port)
	}
	return network, to
}
