package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/limit"
	"github.com/inflight-go/inflight/retry"
	"github.com/inflight-go/inflight/retry/breaker"
	"github.com/inflight-go/inflight/session"
)

// newSession makes the session that the options ask for, and the demo origin that is
// in it.
func newSession(ctx context.Context, o *Options, shown fields, watch func(*session.Options)) (*session.Session, *demo, error) {
	s := session.Options{
		PerHost:        o.PerHost,
		Adaptive:       o.Adaptive,
		IdleConns:      o.Concurrency,
		RetryAll:       o.RetryMethods == "all",
		RetryAfterMax:  o.RetryAfterMax,
		LearnLimits:    o.Learn,
		Timeout:        unlimited(o.Timeout),
		ConnectTimeout: unlimited(o.ConnectTimeout),
		HeaderTimeout:  o.TTFBTimeout,
		IdleTimeout:    unlimited(o.IdleTimeout),
		MaxRedirects:   -1,
		NoCompression:  !o.Compressed,
		UserAgent:      o.Agent,
		Cookies:        o.Jar,
		Insecure:       o.Insecure,
		UnixSocket:     o.UnixSocket,
		DenyPrivate:    o.DenyPrivate,
		ProxyFromEnv:   o.Proxy == "" && !o.DenyPrivate && o.UnixSocket == "",
		SHA256:         shown&fieldSHA256 != 0,
		Trace:          shown&fieldRemote != 0 || contains(o.Include, "timings"),
		NetHTTP:        o.Engine == "std",
	}
	if err := o.checkNumbers(); err != nil {
		return nil, nil, err
	}
	if o.Adaptive && o.PerHost == 0 {
		s.PerHost = o.Concurrency
	}
	if o.MaxRedirects > 0 {
		s.MaxRedirects = o.MaxRedirects
	}
	for _, part := range []func(*session.Options) error{o.pace, o.retry, o.tls, o.network, o.auth} {
		if err := part(&s); err != nil {
			return nil, nil, err
		}
	}
	watch(&s)
	d := newDemo(ctx, o.Concurrency)
	s.Schemes = map[string]http.RoundTripper{demoScheme: d}
	made, err := session.New(s)
	if err != nil {
		_ = d.close()
		return nil, nil, &Error{Usage, errors.New(inFlags.Replace(err.Error()))}
	}
	return made, d, nil
}

// checkNumbers finds numbers and times below zero.
func (o *Options) checkNumbers() error {
	for _, f := range []struct {
		flag string
		n    int
	}{{"per-host", o.PerHost}, {"retries", o.Retries}, {"max-redirects", o.MaxRedirects}} {
		if f.n < 0 {
			return usage(f.flag, strconv.Itoa(f.n), "0 or more")
		}
	}
	for _, f := range []struct {
		flag string
		d    time.Duration
	}{
		{"timeout", o.Timeout}, {"connect-timeout", o.ConnectTimeout}, {"ttfb-timeout", o.TTFBTimeout},
		{"idle-timeout", o.IdleTimeout}, {"deadline", o.Deadline}, {"retry-after-max", o.RetryAfterMax},
		{"grace", o.Grace}, {"ramp", o.Ramp},
	} {
		if f.d < 0 {
			return usage(f.flag, f.d.String(), "a time such as 10s")
		}
	}
	return nil
}

// inFlags has what a session says of its options in the words of the flags.
var inFlags = strings.NewReplacer("session: ", "", "RetryOn ", "--retry-on ", "DenyPrivate", "--deny-private",
	"UnixSocket or Transport", "--unix-socket")

// A Connection is how a command that is not a job of fetch sends requests.
type Connection struct {
	Session *session.Session
	demo    *demo
}

// Connect makes the connection that the options ask for; of the others none counts.
// The error is an *Error.
func Connect(ctx context.Context, o *Options) (*Connection, error) {
	s, d, err := newSession(ctx, o, 0, func(*session.Options) {})
	if err != nil {
		return nil, err
	}
	return &Connection{s, d}, nil
}

// Close closes what is open.
func (c *Connection) Close() error {
	return errors.Join(c.Session.Close(), c.demo.close())
}

// DemoURL names the host of a URL of the demo origin, which people leave out.
func DemoURL(url string) string { return demoURL(url) }

// ParseSize reads a size such as 16MiB, of a flag that the error names.
func ParseSize(flag, text string) (int64, error) { return parseSize(flag, text) }

// ParseFsync reads what --fsync says.
func ParseFsync(text string) (batch.Sync, time.Duration, error) { return parseFsync(text) }

// unlimited makes of 0, which on the command line means none, what the session means
// by that.
func unlimited(d time.Duration) time.Duration {
	if d == 0 {
		return -1
	}
	return d
}

// contains reports whether a list of words, with commas between, has the word.
func contains(list, word string) bool {
	for w := range strings.SplitSeq(list, ",") {
		if strings.TrimSpace(w) == word {
			return true
		}
	}
	return false
}

func (o *Options) pace(s *session.Options) (err error) {
	if s.Rate, err = o.rate("rate", o.Rate); err != nil {
		return err
	}
	if s.RateHost, err = o.rate("rate-host", o.RateHost); err != nil {
		return err
	}
	s.MaxBody, err = parseSize("max-body", o.MaxBody)
	if err == nil && s.MaxBody == 0 {
		s.MaxBody = -1
	}
	return err
}

func (o *Options) rate(flag, text string) (session.Rate, error) {
	if text == "" {
		return session.Rate{}, nil
	}
	n, per, err := limit.ParseRate(text)
	if err != nil {
		return session.Rate{}, &Error{Usage, fmt.Errorf("--%s: %w", flag, err)}
	}
	if o.Burst < 1 {
		return session.Rate{}, usage("burst", strconv.Itoa(o.Burst), "1 or more")
	}
	return session.Rate{N: n, Per: per, Burst: o.Burst}, nil
}

func (o *Options) retry(s *session.Options) error {
	low, high, err := parseBackoff(o.Backoff)
	if err != nil {
		return err
	}
	s.Backoff = retry.Policy{Retries: o.Retries, Base: low, Max: high}
	if o.Retries == 0 {
		s.Backoff.Retries = -1
	}
	switch o.Jitter {
	case "full":
	case "none":
		s.Backoff.Rand = func() float64 { return math.Nextafter(1, 0) }
	default:
		return usage("jitter", o.Jitter, "full or none")
	}
	s.RetryOn = []string{}
	for w := range strings.SplitSeq(o.RetryOn, ",") {
		if w = strings.TrimSpace(w); w != "" {
			s.RetryOn = append(s.RetryOn, w)
		}
	}
	s.RetryBudget = -1
	if o.RetryBudget != "off" {
		share, ok := parseShare(o.RetryBudget)
		if !ok || share == 0 {
			return usage("retry-budget", o.RetryBudget, "a share such as 20%, or off; without retries at all: --retries 0")
		}
		s.RetryBudget = share
	}
	if err := oneOf("retry-methods", o.RetryMethods, "safe", "all"); err != nil {
		return err
	}
	switch o.RetryAfter {
	case "host":
		s.RetryAfter = session.HoldHost
	case "request":
		s.RetryAfter = session.HoldRequest
	case "ignore":
		s.RetryAfter = session.HoldNothing
	default:
		return usage("retry-after", o.RetryAfter, "host, request or ignore")
	}
	return o.breaker(s)
}

func (o *Options) breaker(s *session.Options) error {
	if err := oneOf("breaker-mode", o.BreakerMode, "wait", "fail"); err != nil || o.Breaker == "off" {
		return err
	}
	parts := strings.Split(o.Breaker, "/")
	if len(parts) == 3 {
		share, ok := parseShare(parts[0])
		samples, errN := strconv.Atoi(parts[1])
		open, errD := time.ParseDuration(parts[2])
		if ok && share > 0 && errN == nil && samples > 0 && errD == nil && open > 0 {
			s.Breaker = &breaker.Options{Share: share, Samples: samples, Open: open, Wait: o.BreakerMode == "wait"}
			return nil
		}
	}
	return usage("breaker", o.Breaker, "share/samples/time such as 50%/20/30s, or off")
}

func (o *Options) tls(s *session.Options) (err error) {
	if err := oneOf("engine", o.Engine, "auto", "std"); err != nil {
		return err
	}
	switch o.TLSMin {
	case "1.2":
		s.MinTLS = tls.VersionTLS12
	case "1.3":
		s.MinTLS = tls.VersionTLS13
	default:
		return usage("tls-min", o.TLSMin, "1.2 or 1.3")
	}
	switch o.HTTP {
	case "auto":
		s.HTTP = session.HTTPAuto
	case "1.1":
		s.HTTP = session.HTTP1
	case "2":
		s.HTTP = session.HTTP2
	default:
		return usage("http", o.HTTP, "auto, 1.1 or 2")
	}
	read := func(flag, path string) (text []byte) {
		if path != "" && err == nil {
			if text, err = os.ReadFile(path); err != nil {
				err = &Error{Usage, fmt.Errorf("--%s: %w", flag, err)}
			}
		}
		return text
	}
	s.CACert = read("cacert", o.CACert)
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
			return usage("proxy", o.Proxy, "a URL such as http://127.0.0.1:3128")
		}
		s.Proxy = u
	}
	for _, r := range o.Resolve {
		parts := strings.SplitN(r, ":", 3)
		if len(parts) != 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
			return usage("resolve", r, "host:port:address such as example.com:443:127.0.0.1")
		}
		if s.Resolve == nil {
			s.Resolve = make(map[string]string)
		}
		s.Resolve[parts[0]+":"+parts[1]] = parts[2]
	}
	return nil
}

func (o *Options) auth(s *session.Options) error {
	if o.User != "" {
		text, err := secret("--user", o.User)
		if err != nil {
			return err
		}
		s.Auth.User, s.Auth.Password, _ = strings.Cut(text, ":")
	}
	if o.Bearer != "" {
		text, err := secret("--bearer", o.Bearer)
		if err != nil {
			return err
		}
		s.Auth.Bearer = text
	}
	if o.OAuth2 != "" {
		var err error
		if s.Auth.OAuth2, err = o.oauth2(); err != nil {
			return err
		}
	}
	if !o.Netrc {
		return nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return &Error{Usage, fmt.Errorf("--netrc: %w", err)}
	}
	f, err := os.Open(filepath.Join(home, ".netrc"))
	if err != nil {
		return &Error{Usage, fmt.Errorf("--netrc: %w", err)}
	}
	defer f.Close()
	if s.Netrc, err = session.ParseNetrc(f); err != nil {
		return &Error{Usage, fmt.Errorf("--netrc: %w", err)}
	}
	return nil
}
