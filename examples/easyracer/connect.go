package main

import (
	"context"
	"net"
	"net/http"

	"github.com/inflight-go/inflight"
)

// newHTTP returns an HTTP client that opens a connection for each request, as
// the course wants it, and not more than 64 at once: ten thousand together
// overflow the queue of the one who has to accept them.
func newHTTP() *http.Client {
	dialling := inflight.NewLimiter(64)
	dial := func(ctx context.Context, network, addr string) (conn net.Conn, err error) {
		err = dialling.Do(ctx, func(ctx context.Context) error {
			conn, err = new(net.Dialer).DialContext(ctx, network, addr)
			return err
		})
		if tcp, ok := conn.(*net.TCPConn); ok {
			tcp.SetLinger(0) // keeps no port busy after the end
		}
		return conn, err
	}
	return &http.Client{
		Transport:     &http.Transport{DialContext: dial, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
