package connect

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/inflight-go/inflight/internal/origin"
)

// demoScheme is the scheme of the origin that the command brings along.
const demoScheme = "demo"

// demo is the transport of that scheme: the origin, in this process, without a port.
type demo struct {
	server    *origin.Server
	transport *http.Transport
}

func newDemo(ctx context.Context, connections int) *demo {
	ctx = context.WithoutCancel(ctx) // it serves what is in flight when the run is stopped
	d := &demo{server: origin.InMemory(ctx, origin.New(origin.Options{}))}
	d.transport = &http.Transport{
		DialContext:         d.server.DialContext,
		MaxIdleConnsPerHost: connections,
		DisableCompression:  true,
		IdleConnTimeout:     90 * time.Second, // before the server closes them
	}
	return d
}

// DemoURL names the host of a URL of the demo origin, which people leave out. It
// returns any other as it is.
func DemoURL(url string) string {
	if rest, ok := strings.CutPrefix(url, demoScheme+":///"); ok {
		return demoScheme + "://origin/" + rest
	}
	return url
}

// DemoHint is what to say of a page that the demo origin does not have, where a host was
// named: it has any, and the path was probably meant; "" for any other URL.
func DemoHint(url string) string {
	rest, ok := strings.CutPrefix(url, demoScheme+"://")
	if host, _, _ := strings.Cut(rest, "/"); ok && host != "" && host != "origin" {
		return "; " + host + " is the host in " + url + ": three slashes make it the path, " + demoScheme + ":///" + rest
	}
	return ""
}

// RoundTrip sends the request to the origin, whatever host it names.
func (d *demo) RoundTrip(r *http.Request) (*http.Response, error) {
	inner := r.Clone(r.Context())
	inner.URL.Scheme, inner.URL.Host = "http", cmp.Or(inner.URL.Host, "origin")
	return d.transport.RoundTrip(inner)
}

func (d *demo) close() error {
	d.transport.CloseIdleConnections()
	return d.server.Close()
}
