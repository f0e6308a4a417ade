package fetch

import (
	"time"

	"github.com/inflight-go/inflight/internal/connect"
)

// Options are what the flags of the command say, in the same words. The zero value
// of most is off; Defaults are the others.
type Options struct {
	connect.Options

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
	IdemKey   string

	Ramp   time.Duration
	Budget []string // NAME=N/T
	Cost   []string // [NAME=]jq over the row
	Settle []string // [NAME=]jq over the answer

	Deadline time.Duration
	Grace    time.Duration

	RetryIf string

	Output  string // a file, "-" for stdout
	Format  string // jsonl, csv, tsv, template:TEXT; "" by the suffix of Output
	Errors  string // a file for the rows that failed
	Order   string // completion, input
	Body    string // auto, json, text, base64, none, file:TEMPLATE
	Fields  string
	Select  string // jq over the answer
	Include string // headers, timings, tls, request, sha256
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
	CutDamaged  bool
	DryRun      bool // nothing is written
}

// Defaults are what the command begins with.
func Defaults() Options {
	return Options{
		Options:     connect.Defaults(),
		Dedupe:      "none",
		Grace:       30 * time.Second,
		Output:      "-",
		Order:       "completion",
		Body:        "auto",
		Fsync:       "100ms",
		OnUncertain: "retry",
	}
}
