package session

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/inflight-go/inflight/retry"
)

// A Response is the last answer to a request.
type Response struct {
	Status int
	Proto  string // "HTTP/1.1"
	// Header is as the server has sent it; where a body was decompressed, without
	// Content-Encoding and Content-Length.
	Header http.Header
	Body   []byte // nil if Save has taken it
	// Sent is the header of the request that was answered, without cookies and what the
	// session has authenticated by. It must not be changed.
	Sent http.Header
	// URL is the one that has answered, after redirects, without user and password.
	URL string
	// TLS is the state of the connection that has answered; nil without TLS. It must not
	// be changed.
	TLS *tls.ConnectionState
	// Remote is the address that has answered, only with Options.Trace.
	Remote string
	// Bytes is how long the body is as far as it was read, after decompression.
	Bytes int64
	// Truncated: there was more, or might have been.
	Truncated bool
	// SHA256 is the checksum of the body, after decompression, with Options.SHA256.
	SHA256 [32]byte
	// Attempts are all that were made, this one last.
	Attempts []Attempt
	Timings  Timings
	// Started is when Do was called.
	Started time.Time
	// GaveUp is why an answer that ought to be tried again was not: ErrRetries,
	// ErrMethod; nil if it ought not.
	GaveUp error

	first [1]Attempt // room for the usual number of attempts
}

// An Attempt is what became of one attempt.
type Attempt struct {
	Status int   // of its last answer, 0 for none
	Err    error // nil if there was an answer
	Class  retry.Class
	// Wait is how long was waited before it: the backoff, holds, limits.
	Wait time.Duration
	// Started is when it began, after Wait.
	Started  time.Time
	Duration time.Duration
}

// Timings say where the time went. Queue and Rate are of all attempts together; DNS
// to Body are of the last exchange.
type Timings struct {
	Queue   time.Duration // waits for holds, breakers and limits
	Rate    time.Duration // waits for rates
	Backoff time.Duration // waits before retries
	DNS     time.Duration // only with Options.Trace, as Connect and TLS
	Connect time.Duration
	TLS     time.Duration
	TTFB    time.Duration // from the start of the exchange until the header was there
	Body    time.Duration // from then on until the body was read
	Total   time.Duration // of Do
}

// Err returns a *StatusError for a status of 400 and above, else nil.
func (r *Response) Err() error {
	if r.Status < 400 {
		return nil
	}
	return &StatusError{Status: r.Status, URL: r.URL, Body: r.Body[:min(len(r.Body), 512)]}
}

// JSON decodes the body into v. A body that was cut is an error.
func (r *Response) JSON(v any) error {
	if r.Truncated {
		return fmt.Errorf("body of %s was cut after %d bytes: allow for more with MaxBody", r.URL, r.Bytes)
	}
	if err := json.Unmarshal(r.Body, v); err != nil {
		return fmt.Errorf("body of %s: %w", r.URL, err)
	}
	return nil
}
