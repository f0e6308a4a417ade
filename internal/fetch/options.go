package fetch

import "time"

// Options are what the flags of the command say, in the same words. The zero value
// of most is off; Defaults are the others.
type Options struct {
	Args []string // URLs, or one URL template when there is an input

	Input     []string // files, "-" for stdin
	In        string   // lines, jsonl, json, csv, tsv, http, curl; "" by the suffix
	Limit     int64
	Offset    int64
	Sample    float64 // the share of rows to take, 0 for all
	Dedupe    string  // none, request, key
	KeyExpr   string  // jq over the row
	Strict    bool    // stop at the first bad row
	Method    string
	Post      string // the URL of a POST
	Request   string // a file with a request
	Header    []string
	Data      string
	DataFile  string
	JSON      string
	Form      []string
	Multipart []string
	Query     []string
	Cookie    []string
	Jar       bool // keep the cookies that servers set
	User      string
	Bearer    string
	OAuth2    string // a YAML file
	Netrc     bool
	IdemKey   string
	Agent     string

	Concurrency int
	PerHost     int // 0 for no limit
	Adaptive    bool
	Ramp        time.Duration
	Rate        string
	RateHost    string
	Burst       int
	Budget      []string // NAME=N/T
	Cost        []string // [NAME=]jq over the row
	Settle      []string // [NAME=]jq over the answer
	Learn       bool

	Timeout        time.Duration
	ConnectTimeout time.Duration
	TTFBTimeout    time.Duration
	IdleTimeout    time.Duration
	Deadline       time.Duration
	Grace          time.Duration

	Retries       int
	RetryOn       string
	RetryIf       string
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

	Output  string // a file, "-" for stdout
	Format  string // jsonl, csv, tsv, template:TEXT; "" by the suffix of Output
	Errors  string // a file for the rows that failed
	Order   string // completion, input
	Body    string // auto, json, text, base64, none, file:TEMPLATE
	Fields  string
	Select  string // jq over the answer
	Include string // headers, timings, sha256, input
	FailOn  string // jq over the result
	Expect  string // jq over the result

	MaxErrors   string // N or P%
	FailFast    bool
	Fsync       string // always, never, a duration
	State       string // a folder for what is no line
	OnUncertain string // retry, skip, report
	Resume      bool
	RetryFailed bool
	Force       bool
	DryRun      bool // nothing is written
}

// Defaults are what the command begins with.
func Defaults() Options {
	return Options{
		Dedupe:         "none",
		Concurrency:    100,
		Burst:          1,
		Timeout:        30 * time.Second,
		ConnectTimeout: 5 * time.Second,
		IdleTimeout:    15 * time.Second,
		Grace:          30 * time.Second,
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
		Output:         "-",
		Order:          "completion",
		Body:           "auto",
		Fsync:          "100ms",
		OnUncertain:    "retry",
	}
}
