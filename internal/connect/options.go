package connect

import "time"

// Options are what the flags of the connection say, in the same words. The zero value
// of most is off; Defaults are the others.
type Options struct {
	Concurrency int // so many connections to a host are kept
	PerHost     int // 0 for no limit
	Adaptive    bool
	Rate        string
	RateHost    string
	Burst       int
	Learn       bool

	Timeout        time.Duration
	ConnectTimeout time.Duration
	TTFBTimeout    time.Duration
	IdleTimeout    time.Duration

	Retries       int
	RetryOn       string
	RetryMethods  string // safe, all
	Backoff       string // MIN..MAX
	Jitter        string // full, none
	RetryAfter    string // host, request, ignore
	RetryAfterMax time.Duration
	RetryBudget   string // a share, such as 20%, or off
	Breaker       string // SHARE/SAMPLES/TIME, off
	BreakerMode   string // wait, fail

	HTTP         string // auto, 1.1, 2
	Engine       string // auto, std
	Proxy        string
	Resolve      []string // HOST:PORT:ADDRESS
	UnixSocket   string
	CACert       string
	Cert         string
	CertKey      string
	Insecure     bool
	TLSMin       string
	Compressed   bool
	MaxRedirects int
	MaxBody      string
	DenyPrivate  bool

	Jar    bool // keep the cookies that servers set
	User   string
	Bearer string
	OAuth2 string // a YAML file
	Netrc  bool
	Agent  string

	FixedHeader []string // "Name: value", for all requests that have none of the name
}

// Defaults are what commands begin with.
func Defaults() Options {
	return Options{
		Concurrency:    100,
		Burst:          1,
		Timeout:        30 * time.Second,
		ConnectTimeout: 5 * time.Second,
		IdleTimeout:    15 * time.Second,
		Retries:        4,
		RetryOn:        "conn,timeout,408,425,429,500,502,503,504",
		RetryMethods:   "safe",
		Backoff:        "500ms..30s",
		Jitter:         "full",
		RetryAfter:     "host",
		RetryAfterMax:  10 * time.Minute,
		RetryBudget:    "off",
		Breaker:        "off",
		BreakerMode:    "wait",
		HTTP:           "1.1",
		Engine:         "auto",
		TLSMin:         "1.2",
		Compressed:     true,
		MaxRedirects:   10,
		MaxBody:        "16MiB",
	}
}
