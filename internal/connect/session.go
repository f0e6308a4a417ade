package connect

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/inflight-go/inflight/internal/option"
	"github.com/inflight-go/inflight/internal/secret"
	"github.com/inflight-go/inflight/limit"
	"github.com/inflight-go/inflight/session"
)

// A Connection is how a command sends requests.
type Connection struct {
	Session *session.Session
	demo    *demo
	secrets *strings.Replacer // of those that the options say, for Redacted
}

// Hide returns a text without the secrets that the options say, or say where they are.
func (c *Connection) Hide(text string) string {
	if c.secrets == nil {
		return text
	}
	return c.secrets.Replace(text)
}

// hider makes the replacer of some secrets, nil for none.
func hider(values ...string) *strings.Replacer {
	var list []string
	for _, value := range values {
		if len(value) >= secret.Shortest {
			list = append(list, value, secret.Redacted)
			if escaped := url.QueryEscape(value); escaped != value {
				list = append(list, escaped, secret.Redacted)
			}
		}
	}
	if list == nil {
		return nil
	}
	return strings.NewReplacer(list...)
}

// New makes the connection that the options ask for. adjust, if it is not nil, changes
// what they say to the session. The error is an *option.Error: nothing was sent.
func New(ctx context.Context, o *Options, adjust func(*session.Options)) (*Connection, error) {
	s, d, err := o.session(ctx, adjust)
	if err != nil {
		return nil, err
	}
	made, err := session.New(s)
	if err != nil {
		_ = d.close()
		return nil, wrong(err)
	}
	ofProxy := ""
	if s.Proxy != nil {
		ofProxy, _ = s.Proxy.User.Password()
	}
	return &Connection{made, d, hider(s.Auth.Bearer, s.Auth.Password, ofProxy)}, nil
}

// Settings are what the options say to a session, for those who make several of it.
// close closes what belongs to it, when they are closed. The error is an *option.Error.
func Settings(ctx context.Context, o *Options) (s session.Options, close func() error, err error) {
	s, d, err := o.session(ctx, nil)
	if err != nil {
		return s, nil, err
	}
	made, err := session.New(s) // to find out what is wrong
	if err != nil {
		_ = d.close()
		return s, nil, wrong(err)
	}
	return s, d.close, made.Close()
}

// wrong is what a session says of its options.
func wrong(err error) error { return option.Errorf("%s", inFlags.Replace(err.Error())) }

// session is what the options say to a session, and the demo origin that is in it.
func (o *Options) session(ctx context.Context, adjust func(*session.Options)) (session.Options, *demo, error) {
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
		NetHTTP:        o.Engine == "std",
	}
	if err := o.checkNumbers(); err != nil {
		return s, nil, err
	}
	if o.Adaptive && o.PerHost == 0 {
		s.PerHost = o.Concurrency
	}
	if o.MaxRedirects > 0 {
		s.MaxRedirects = o.MaxRedirects
	}
	for _, part := range []func(*session.Options) error{o.pace, o.retry, o.tls, o.network, o.headers, o.auth} {
		if err := part(&s); err != nil {
			return s, nil, err
		}
	}
	if adjust != nil {
		adjust(&s)
	}
	d := newDemo(ctx, o.Concurrency)
	s.Schemes = map[string]http.RoundTripper{demoScheme: d}
	return s, d, nil
}

// headers reads the headers of all requests.
func (o *Options) headers(s *session.Options) error {
	for _, text := range o.FixedHeader {
		name, value, ok := strings.Cut(text, ":")
		if name = strings.TrimSpace(name); !ok || name == "" {
			return option.Errorf("--header: want 'Name: value'") // it may be a secret
		}
		if s.Header == nil {
			s.Header = make(http.Header)
		}
		s.Header.Add(name, strings.TrimSpace(value))
	}
	return nil
}

// Close closes what is open.
func (c *Connection) Close() error {
	return errors.Join(c.Session.Close(), c.demo.close())
}

// checkNumbers finds numbers and times below zero.
func (o *Options) checkNumbers() error {
	for _, f := range []struct {
		flag string
		n    int
	}{{"per-host", o.PerHost}, {"retries", o.Retries}, {"max-redirects", o.MaxRedirects}} {
		if f.n < 0 {
			return option.Wrong(f.flag, strconv.Itoa(f.n), "0 or more")
		}
	}
	for _, f := range []struct {
		flag string
		d    time.Duration
	}{
		{"timeout", o.Timeout}, {"connect-timeout", o.ConnectTimeout}, {"ttfb-timeout", o.TTFBTimeout},
		{"idle-timeout", o.IdleTimeout}, {"retry-after-max", o.RetryAfterMax},
	} {
		if err := option.Duration(f.flag, f.d); err != nil {
			return err
		}
	}
	return nil
}

// inFlags has what a session says of its options in the words of the flags.
var inFlags = strings.NewReplacer("session: ", "", "RetryOn ", "--retry-on ", "DenyPrivate", "--deny-private",
	"UnixSocket or Transport", "--unix-socket")

// unlimited makes of 0, which on the command line means none, what the session means
// by that.
func unlimited(d time.Duration) time.Duration {
	if d == 0 {
		return -1
	}
	return d
}

func (o *Options) pace(s *session.Options) (err error) {
	if s.Rate, s.RateHost, err = o.Rates(); err != nil {
		return err
	}
	s.MaxBody, err = option.Size("max-body", o.MaxBody)
	if err == nil && s.MaxBody == 0 {
		s.MaxBody = -1
	}
	return err
}

// Rates are what --rate and --rate-host say; the zero Rate for none.
func (o *Options) Rates() (all, each session.Rate, err error) {
	if all, err = o.rateOf("rate", o.Rate); err != nil {
		return all, each, err
	}
	each, err = o.rateOf("rate-host", o.RateHost)
	return all, each, err
}

func (o *Options) rateOf(flag, text string) (session.Rate, error) {
	if text == "" {
		return session.Rate{}, nil
	}
	n, per, err := limit.ParseRate(text)
	if err != nil {
		return session.Rate{}, option.Errorf("--%s: %w", flag, err)
	}
	if o.Burst < 1 {
		return session.Rate{}, option.Wrong("burst", strconv.Itoa(o.Burst), "1 or more")
	}
	return session.Rate{N: n, Per: per, Burst: o.Burst}, nil
}
