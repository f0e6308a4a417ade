package session

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/inflight-go/inflight/retry"
	"github.com/inflight-go/inflight/retry/breaker"
)

// Options are the settings of a session. The zero value has the defaults, which
// suit the open internet: retries, timeouts and caps, no rates, HTTP/1.1. A
// duration, size or count of less than zero means none, or without a limit.
type Options struct {
	// PerHost is how many exchanges may be in flight with one host; zero means
	// any number.
	PerHost int
	// Adaptive makes the limit of each host find its own value between 1 and
	// PerHost (256 if that is zero), by the latency and by answers 429 and 503.
	Adaptive bool
	// Rate is how fast exchanges may start, all hosts together, and RateHost each
	// host for itself; zero means any speed.
	Rate, RateHost Rate
	// Hosts is how many hosts are remembered, for their limits, holds, rates and
	// breakers; zero means 10 000. Those in use are never forgotten.
	Hosts int
	// IdleConns is how many unused connections are kept to each host; zero means
	// PerHost, or 256 if that is zero too. In all 4 times as many are kept, at
	// least 1024.
	IdleConns int

	// Backoff says how often and when a request is tried again; its zero value
	// means 4 retries after 500 ms, 1 s, 2 s, … at most 30 s, each with full
	// jitter. If and OnRetry are not used: see RetryOn, Retry, and those of a Request.
	Backoff retry.Policy
	// RetryBudget is the share of retries in the requests of the session, beyond 10
	// a second and 100 at once, as retry.Budget has it; zero means 0.2, less than
	// zero any. A Backoff.Budget goes before it. It is for those whose requests come
	// from elsewhere, however many: where a fixed number of workers waits for each
	// answer, backoff slows them down, and a budget fails what would have worked.
	RetryBudget float64
	// RetryOn is what is tried again: statuses, and classes of errors. "conn"
	// includes "connect" and "dns". Nil means conn, timeout, 408, 425, 429, 500,
	// 502, 503, 504; empty and not nil means nothing.
	RetryOn []string
	// RetryAll makes requests of any method retried. Without it, one whose method
	// is not idempotent (POST, PATCH) is retried only if it has an IdempotencyKey,
	// or was certainly not acted upon: no connection could be made, or the answer
	// is 425 or 429, or 503 with Retry-After.
	RetryAll bool
	// Retry, if it is not nil, is asked about each outcome that would not be tried
	// again otherwise, except that the context has ended; err is nil or an *Error.
	// The number of retries bounds it too.
	Retry func(r *Response, err error) (again bool)
	// RetryAfter says what an answer 429, or 503 with Retry-After, does; the zero
	// value is HoldHost.
	RetryAfter RetryAfter
	// RetryAfterMax is the longest that a host is held or waited for; zero means
	// 10 min. A request whose answer asks for more fails, with
	// retry.ClassRetryAfterTooLong; the host is not held for that.
	RetryAfterMax time.Duration
	// LearnLimits makes starts at a host be spread over the time for which its answers
	// say how much is left (RateLimit, X-RateLimit-…), as limit.Learned does, for
	// limits that are renewed within RetryAfterMax; and holds the host when nothing is
	// left. Own rates and limits count too.
	LearnLimits bool
	// OnHold, if it is not nil, is told of each host that is held from now on. It must
	// not use the session.
	OnHold func(Hold)
	// Breaker is the circuit breaker of each host; nil means none. Failures are
	// errors, and statuses of 500 and above. With its Wait requests wait, without
	// they fail, with retry.ClassBreakerOpen.
	Breaker *breaker.Options

	// Timeout is for one attempt, its body included, and without its waits for
	// limits; zero means 30 s.
	Timeout time.Duration
	// ConnectTimeout is for looking up the host and connecting to it, and again
	// for the TLS handshake; zero means 5 s.
	ConnectTimeout time.Duration
	// HeaderTimeout is until the header of the answer is there, from the start of
	// the exchange; zero means that only Timeout counts.
	HeaderTimeout time.Duration
	// IdleTimeout is for how long no byte of a body may come; zero means 15 s.
	IdleTimeout time.Duration

	// MaxBody is the most bytes of a body that are read, after decompression; zero
	// means 16 MiB. A longer one is cut and the response says Truncated.
	MaxBody int64
	// FailTooLarge makes a longer body an error, with retry.ClassBodyTooLarge.
	FailTooLarge bool
	// MaxHeader is the most bytes of the header of an answer; zero means 256 KiB.
	MaxHeader int64
	// MaxRedirects is how many redirects are followed in one attempt; zero means
	// 10. With less than zero none are, and the answer is the redirect.
	MaxRedirects int
	// NoCompression makes the session not ask for compressed bodies.
	NoCompression bool
	// SHA256 makes the session compute the checksum of each body.
	SHA256 bool
	// Trace makes the session measure DNS, Connect and TLS, and note Remote. That
	// costs a little for each exchange.
	Trace bool

	// Header is added to each request that has no header of that name.
	Header http.Header
	// UserAgent is the header User-Agent; empty means "inflight/1".
	UserAgent string
	// Auth is what requests authenticate by that have no header Authorization.
	Auth Auth
	// Netrc is asked for the host's user and password where Auth and the request
	// have none; nil means nobody is.
	Netrc *Netrc
	// Cookies makes the session keep cookies, and Jar says where; nil means a new
	// jar that knows the public suffixes, and keeps at most 180 cookies and 32 KiB
	// of a site, 16 MiB in all. A Jar that is not nil means Cookies.
	Cookies bool
	Jar     http.CookieJar

	// HTTP is which versions are spoken; the zero value is HTTP1: for many small
	// requests it costs less than HTTP/2.
	HTTP HTTP
	// NetHTTP makes all exchanges by net/http. Without it those over HTTP/1.1 with
	// nothing unusual about them are made at half the cost, by the goroutine that
	// calls Do; what they return is the same.
	NetHTTP bool
	// TLS is the base of the configuration of TLS, which the fields below change in
	// a copy; nil means that of package tls.
	TLS *tls.Config
	// CACert is PEM, of certificates to trust instead of the system's.
	CACert []byte
	// Cert and Key are PEM, of the client's certificate.
	Cert, Key []byte
	// Insecure makes the session trust any certificate.
	Insecure bool
	// MinTLS is the lowest version of TLS, such as tls.VersionTLS13; zero means 1.2.
	MinTLS uint16

	// Proxy is the URL of a proxy, http, https or socks5, for all requests; nil
	// means that ProxyFromEnv decides.
	Proxy *url.URL
	// ProxyFromEnv makes the session use HTTP_PROXY, HTTPS_PROXY and NO_PROXY.
	ProxyFromEnv bool
	// UnixSocket is the path of a socket to which all connections are made.
	UnixSocket string
	// Resolve has the address to connect to for a "host:port", or for a host with
	// any port. An address without a port keeps the port.
	Resolve map[string]string
	// DenyPrivate makes the session refuse to connect to addresses that are not
	// public: private, loopback, link-local and the like, however a URL, a name or
	// a redirect leads there. It can't be kept behind a proxy, or with UnixSocket
	// or Transport.
	DenyPrivate bool
	// Dial, if it is not nil, makes the connections.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Transport, if it is not nil, makes the exchanges with http and https; then
	// all that has to do with connections is its own affair.
	Transport http.RoundTripper
	// Schemes makes the exchanges with URLs of other schemes, such as "demo". They need
	// not have a host.
	Schemes map[string]http.RoundTripper
}

// A Rate is N starts in any window of the length Per, as in limit.Rate, of which
// Burst (zero means 1) may come at once.
type Rate struct {
	N     int
	Per   time.Duration
	Burst int
}

// RetryAfter says what an answer 429, or 503 with Retry-After, does.
type RetryAfter int

const (
	// HoldHost holds the host, for all, until the moment that the answer names. A
	// 429 that names none holds it for as long as the backoff says. These retries
	// do not count, up to 4 times as many as there may be otherwise.
	HoldHost RetryAfter = iota
	// HoldRequest makes the request itself wait for that moment.
	HoldRequest
	// HoldNothing ignores it.
	HoldNothing
)

// HTTP says which versions of HTTP are spoken.
type HTTP int

const (
	HTTP1    HTTP = iota // HTTP/1.1
	HTTP2                // HTTP/2 only; without TLS by prior knowledge
	HTTPAuto             // HTTP/2 where the server offers it by TLS, else HTTP/1.1
)

// Auth is what a request authenticates by: a bearer token, or else one that OAuth2
// has, or else a user and a password. The zero Auth is nothing.
type Auth struct {
	Bearer         string
	OAuth2         *OAuth2
	User, Password string
}

func (a *Auth) none() bool {
	return a.Bearer == "" && a.OAuth2 == nil && a.User == "" && a.Password == ""
}

var retryOn = []string{"conn", "timeout", "408", "425", "429", "500", "502", "503", "504"}

// fill sets the defaults, and makes 0 of what is without a limit.
func (o *Options) fill() {
	duration := func(d *time.Duration, normal time.Duration) { *d = or(*d, normal) }
	duration(&o.Timeout, 30*time.Second)
	duration(&o.ConnectTimeout, 5*time.Second)
	duration(&o.HeaderTimeout, 0)
	duration(&o.IdleTimeout, 15*time.Second)
	duration(&o.RetryAfterMax, 10*time.Minute)
	o.MaxBody = or(o.MaxBody, 16<<20)
	o.MaxHeader = or(o.MaxHeader, 256<<10)
	o.MaxRedirects = or(o.MaxRedirects, 10)
	o.PerHost = max(o.PerHost, 0)
	if o.Hosts <= 0 {
		o.Hosts = 10_000
	}
	if o.IdleConns == 0 {
		o.IdleConns = or(o.PerHost, 256)
	}
	if o.RetryOn == nil {
		o.RetryOn = retryOn
	}
	if o.UserAgent == "" {
		o.UserAgent = "inflight/1"
	}
	if o.Backoff.Budget == nil && o.RetryBudget >= 0 {
		o.Backoff.Budget = &retry.Budget{Share: o.RetryBudget}
	}
}

// or is v, normal for zero, and zero for less than zero.
func or[N int | int64 | time.Duration](v, normal N) N {
	if v == 0 {
		return normal
	}
	return max(v, 0)
}

// check returns what is wrong with the options.
func (o *Options) check() error {
	for _, r := range []Rate{o.Rate, o.RateHost} {
		if r.N < 0 || r.N > 0 && r.Per <= 0 || r.Burst < 0 {
			return fmt.Errorf("rate %d per %v, burst %d: want 1 or more in a period longer than zero", r.N, r.Per, r.Burst)
		}
	}
	if o.RetryAfter < HoldHost || o.RetryAfter > HoldNothing {
		return fmt.Errorf("RetryAfter %d: want HoldHost, HoldRequest or HoldNothing", o.RetryAfter)
	}
	if o.HTTP < HTTP1 || o.HTTP > HTTPAuto {
		return fmt.Errorf("HTTP %d: want HTTP1, HTTP2 or HTTPAuto", o.HTTP)
	}
	if o.Cert != nil != (o.Key != nil) {
		return fmt.Errorf("a client's certificate needs both Cert and Key")
	}
	if o.DenyPrivate && (o.Proxy != nil || o.ProxyFromEnv || o.UnixSocket != "" || o.Transport != nil) {
		return fmt.Errorf("DenyPrivate can't be kept behind a proxy, or with UnixSocket or Transport: use it without them")
	}
	return nil
}

// parseRetryOn takes the statuses and the classes apart.
func parseRetryOn(words []string) (statuses map[int]bool, classes map[retry.Class]bool, err error) {
	statuses, classes = make(map[int]bool), make(map[retry.Class]bool)
	for _, w := range words {
		n, err := strconv.Atoi(w)
		switch c := retry.Class(w); {
		case err == nil && n >= 100 && n <= 599:
			statuses[n] = true
		case c == retry.ClassConn:
			classes[retry.ClassConn], classes[retry.ClassConnect], classes[retry.ClassDNS] = true, true, true
		case c == retry.ClassConnect, c == retry.ClassDNS, c == retry.ClassTimeout, c == retry.ClassTLS,
			c == retry.ClassProtocol, c == retry.ClassBreakerOpen, c == retry.ClassSave:
			classes[c] = true
		default:
			return nil, nil, fmt.Errorf("RetryOn %q: want a status, or one of conn, connect, dns, timeout, tls, protocol, breaker_open, save", w)
		}
	}
	return statuses, classes, nil
}
