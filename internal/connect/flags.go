package connect

import "github.com/spf13/pflag"

// TimeFlags adds the flags of how long things may take.
func (o *Options) TimeFlags(fs *pflag.FlagSet) {
	fs.DurationVar(&o.Timeout, "timeout", o.Timeout, "for each attempt; 0 for none, of these")
	fs.DurationVar(&o.ConnectTimeout, "connect-timeout", o.ConnectTimeout, "to connect")
	fs.DurationVar(&o.TTFBTimeout, "ttfb-timeout", o.TTFBTimeout, "to the first byte of the answer (default: --timeout)")
	fs.DurationVar(&o.IdleTimeout, "idle-timeout", o.IdleTimeout, "without a byte of the body")
}

// RetryFlags adds the flags of what is tried again.
func (o *Options) RetryFlags(fs *pflag.FlagSet) {
	fs.IntVar(&o.Retries, "retries", o.Retries, "how often to try again")
	fs.StringVar(&o.RetryOn, "retry-on", o.RetryOn, "try again after these `classes` and statuses, with commas between")
	fs.StringVar(&o.RetryMethods, "retry-methods", o.RetryMethods, "which methods: `safe` (those that may be repeated, and what has an idempotency key) or all")
	fs.StringVar(&o.Backoff, "backoff", o.Backoff, "wait this long before, `min..max`, doubled each time")
	fs.StringVar(&o.Jitter, "jitter", o.Jitter, "of that a random part, `full`, so that not all come at once, or all of it, none")
	fs.StringVar(&o.RetryBudget, "retry-budget", o.RetryBudget, "fail rather than try again more often than this `share` of all requests, such as 20%")
	fs.StringVar(&o.RetryAfter, "retry-after", o.RetryAfter, "a server's Retry-After holds the whole `host`, the request, or is ignored")
	fs.DurationVar(&o.RetryAfterMax, "retry-after-max", o.RetryAfterMax, "longer is a failure")
	fs.StringVar(&o.Breaker, "breaker", o.Breaker, "leave a host alone when this many fail, `share/samples/time` such as 50%/20/30s")
	fs.StringVar(&o.BreakerMode, "breaker-mode", o.BreakerMode, "meanwhile `wait` or fail")
}

// NetworkFlags adds the flags of HTTP, TLS, proxies and addresses.
func (o *Options) NetworkFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.HTTP, "http", o.HTTP, "HTTP `version`: 1.1, 2, auto")
	fs.StringVar(&o.Engine, "engine", o.Engine, "`auto`: plain exchanges over HTTP/1.1 by a client of our own, at half the cost; std: all by net/http")
	fs.StringVar(&o.Proxy, "proxy", "", "send requests through this proxy `url` (default: from the environment)")
	fs.StringArrayVar(&o.Resolve, "resolve", nil, "connect to another address, `host:port:address` (repeatable)")
	fs.StringVar(&o.UnixSocket, "unix-socket", "", "connect to this `socket`")
	fs.StringVar(&o.CACert, "cacert", "", "trust the certificates in this `file`")
	fs.StringVar(&o.Cert, "cert", "", "the client's certificate, a PEM `file`")
	fs.StringVar(&o.CertKey, "cert-key", "", "its key, a PEM `file` (default: in --cert)")
	fs.BoolVar(&o.Insecure, "insecure", false, "don't verify the server's certificate")
	fs.StringVar(&o.TLSMin, "tls-min", o.TLSMin, "the lowest TLS `version`: 1.2, 1.3")
	fs.BoolVar(&o.Compressed, "compressed", o.Compressed, "ask for compressed answers")
	fs.IntVar(&o.MaxRedirects, "max-redirects", o.MaxRedirects, "follow this many")
	fs.StringVar(&o.MaxBody, "max-body", o.MaxBody, "cut a body at this `size`; 0 for none")
	fs.BoolVar(&o.DenyPrivate, "deny-private", false, "refuse private, loopback and link-local addresses")
}

// RateFlags adds the flags of how fast requests may start.
func (o *Options) RateFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.Rate, "rate", "", "never start more than `N/T`, such as 50/s or 500/1m, in any T")
	fs.StringVar(&o.RateHost, "rate-host", "", "never start more than `N/T` at one host, in any T")
}

// AuthFlags adds the flags of who is asking that need no file.
func (o *Options) AuthFlags(fs *pflag.FlagSet) {
	fs.BoolVar(&o.Jar, "cookie-jar", false, "keep the cookies that servers set, for the time of the run")
	fs.StringVar(&o.User, "user", "", "basic auth, `name:password`; or env:VAR, file:PATH, cmd:COMMAND")
	fs.StringVar(&o.Bearer, "bearer", "", "bearer auth: the `token`; or env:VAR, file:PATH, cmd:COMMAND")
	fs.StringVar(&o.Agent, "user-agent", "", "send this `text` as the User-Agent")
}
