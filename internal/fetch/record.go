package fetch

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math/bits"
	"strconv"
	"time"
	"unicode/utf8"
)

// A record is the result of one row, before it is a line.
type record struct {
	Index       int64
	Key         string
	Input       json.RawMessage // nil for none
	Method      string
	URL         string
	FinalURL    string // "" where it is the URL
	Status      int    // 0 for no answer
	OK          bool
	Attempts    int
	Proto       string
	Remote      string
	Bytes       int64
	Truncated   bool
	SHA256      string
	ContentType string
	Started     time.Time
	Duration    time.Duration
	Timings     []timing
	Headers     map[string][]string // nil for none
	Sent        map[string][]string // of the request, without what is secret; nil for none
	TLS         *tlsShown           // nil for none
	Body        body
	Cost        []cost
	Failure     *failure
	waited      time.Duration // for a place, a rate, the next attempt
	tries       []attempt     // all of them, where there was more than one
}

// A timing is a phase and how long it took.
type timing struct {
	name string
	d    time.Duration
}

// A cost is what a budget was charged.
type cost struct {
	name   string
	amount int64
}

// A body says how the answer's body is shown, and is it.
type body struct {
	kind string // "json", "body", "body_base64", "body_file", "" for none
	data []byte
}

// A failure is why a row is not ok.
type failure struct {
	Class    string
	Message  string
	File     string // of a row that could not be read
	Line     int
	Attempts []attempt
}

// An attempt is one that was not the last, or failed.
type attempt struct {
	Status  int
	Class   string
	Message string
	Wait    time.Duration // before the next
}

// fields are the members of a line that can be chosen, in their order. The index
// and ok are always there: without them the output is no journal.
type fields uint32

const (
	fieldKey fields = 1 << iota
	fieldInput
	fieldMethod
	fieldURL
	fieldFinalURL
	fieldStatus
	fieldAttempts
	fieldProto
	fieldRemote
	fieldBytes
	fieldTruncated
	fieldSHA256
	fieldContentType
	fieldStarted
	fieldDuration
	fieldTimings
	fieldHeaders
	fieldRequest
	fieldTLS
	fieldBody
	fieldCost
	fieldError
	allFields = 1<<iota - 1
)

var fieldNames = map[string]fields{
	"index": 0, "ok": 0, "key": fieldKey, "input": fieldInput, "method": fieldMethod, "url": fieldURL,
	"final_url": fieldFinalURL, "status": fieldStatus, "attempts": fieldAttempts, "proto": fieldProto,
	"remote": fieldRemote, "bytes": fieldBytes, "truncated": fieldTruncated, "sha256": fieldSHA256,
	"content_type": fieldContentType, "started": fieldStarted, "duration_ms": fieldDuration,
	"timings": fieldTimings, "headers": fieldHeaders, "request": fieldRequest, "tls": fieldTLS, "json": fieldBody, "body": fieldBody,
	"body_base64": fieldBody, "body_file": fieldBody, "cost": fieldCost, "error": fieldError,
}

// append appends the record as one JSON object, without a newline.
func (r *record) append(b []byte, show fields) []byte {
	b = append(b, `{"index":`...)
	b = strconv.AppendInt(b, r.Index, 10)
	text := func(f fields, name, s string) {
		if show&f != 0 && s != "" {
			b = appendName(b, name)
			b = appendString(b, s)
		}
	}
	number := func(f fields, name string, n int64) {
		if show&f != 0 {
			b = appendName(b, name)
			b = strconv.AppendInt(b, n, 10)
		}
	}
	text(fieldKey, "key", r.Key)
	if show&fieldInput != 0 && len(r.Input) > 0 {
		b = append(appendName(b, "input"), r.Input...)
	}
	text(fieldMethod, "method", r.Method)
	text(fieldURL, "url", r.URL)
	text(fieldFinalURL, "final_url", r.FinalURL)
	if r.Status != 0 {
		number(fieldStatus, "status", int64(r.Status))
	}
	b = strconv.AppendBool(appendName(b, "ok"), r.OK)
	number(fieldAttempts, "attempts", int64(r.Attempts))
	text(fieldProto, "proto", r.Proto)
	text(fieldRemote, "remote", r.Remote)
	number(fieldBytes, "bytes", r.Bytes)
	if show&fieldTruncated != 0 && r.Truncated {
		b = append(b, `,"truncated":true`...)
	}
	text(fieldSHA256, "sha256", r.SHA256)
	text(fieldContentType, "content_type", r.ContentType)
	if show&fieldStarted != 0 && !r.Started.IsZero() {
		b = append(appendName(b, "started"), '"')
		b = append(r.Started.UTC().AppendFormat(b, time.RFC3339Nano), '"')
	}
	if show&fieldDuration != 0 {
		b = appendMillis(appendName(b, "duration_ms"), r.Duration)
	}
	b = r.appendParts(b, show)
	return append(b, '}')
}

// appendParts appends what has parts of its own.
func (r *record) appendParts(b []byte, show fields) []byte {
	if show&fieldTimings != 0 && len(r.Timings) > 0 {
		b = append(appendName(b, "timings"), '{')
		for i, t := range r.Timings {
			b = appendMember(b, i, t.name)
			b = appendMillis(b, t.d)
		}
		b = append(b, '}')
	}
	if show&fieldHeaders != 0 && r.Headers != nil {
		b = appendJSON(appendName(b, "headers"), r.Headers)
	}
	if show&fieldRequest != 0 && r.Sent != nil {
		b = appendJSON(append(appendName(b, "request"), `{"headers":`...), r.Sent)
		b = append(b, '}')
	}
	if show&fieldTLS != 0 && r.TLS != nil {
		b = appendJSON(appendName(b, "tls"), r.TLS)
	}
	if show&fieldBody != 0 && r.Body.kind != "" {
		b = r.Body.append(b)
	}
	if show&fieldCost != 0 && len(r.Cost) > 0 {
		b = append(appendName(b, "cost"), '{')
		for i, c := range r.Cost {
			b = appendMember(b, i, c.name)
			b = strconv.AppendInt(b, c.amount, 10)
		}
		b = append(b, '}')
	}
	if show&fieldError != 0 && r.Failure != nil {
		b = r.Failure.append(append(b, `,"error":`...))
	}
	return b
}

func (f *failure) append(b []byte) []byte {
	b = append(b, `{"class":`...)
	b = appendString(b, f.Class)
	b = appendString(append(b, `,"message":`...), f.Message)
	if f.File != "" {
		b = appendString(append(b, `,"file":`...), f.File)
	}
	if f.Line > 0 {
		b = strconv.AppendInt(append(b, `,"line":`...), int64(f.Line), 10)
	}
	if len(f.Attempts) > 0 {
		b = append(b, `,"attempts":[`...)
		for i, a := range f.Attempts {
			if i > 0 {
				b = append(b, ',')
			}
			b = a.append(b)
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

func (a *attempt) append(b []byte) []byte {
	b = append(b, '{')
	i := 0
	if a.Status != 0 {
		b = strconv.AppendInt(appendMember(b, i, "status"), int64(a.Status), 10)
		i++
	}
	if a.Class != "" {
		b = appendString(appendMember(b, i, "class"), a.Class)
		i++
	}
	if a.Message != "" {
		b = appendString(appendMember(b, i, "message"), a.Message)
		i++
	}
	if a.Wait > 0 {
		b = appendMillis(appendMember(b, i, "wait_ms"), a.Wait)
	}
	return append(b, '}')
}

func (x body) append(b []byte) []byte {
	b = appendName(b, x.kind)
	switch x.kind {
	case "json":
		return append(b, x.data...)
	case "body_base64":
		b = append(b, '"')
		b = base64.StdEncoding.AppendEncode(b, x.data)
		return append(b, '"')
	}
	return appendString(b, x.data)
}

// newBody decides how data is shown: as "json", "text", "base64", or "auto" for the
// first of them that it is.
func newBody(how, contentType string, data []byte) body {
	text := utf8.Valid(data) // JSON has to be, which json.Compact does not look at
	if text && (how == "json" || how == "auto" && isJSON(contentType)) {
		var line bytes.Buffer
		if json.Compact(&line, data) == nil && line.Len() > 0 {
			return body{"json", line.Bytes()}
		}
	}
	if text && how != "base64" {
		return body{"body", data}
	}
	return body{"body_base64", data}
}

// isJSON reports whether a content type says that the body is one JSON value.
func isJSON(contentType string) bool {
	t, _, _ := bytes.Cut([]byte(contentType), []byte(";"))
	t = bytes.ToLower(bytes.TrimSpace(t))
	return bytes.Equal(t, []byte("application/json")) || bytes.HasSuffix(t, []byte("+json"))
}

func appendName(b []byte, name string) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	return append(b, '"', ':')
}

// appendMember is appendName for the member i of an object, with a name that may
// need escapes.
func appendMember(b []byte, i int, name string) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	return append(appendString(b, name), ':')
}

// appendMillis appends milliseconds with three digits behind the point at most.
func appendMillis(b []byte, d time.Duration) []byte {
	us := d.Round(time.Microsecond).Microseconds()
	if us < 0 {
		b, us = append(b, '-'), -us
	}
	b = strconv.AppendInt(b, us/1000, 10)
	if us %= 1000; us == 0 {
		return b
	}
	b = append(b, '.', '0'+byte(us/100), '0'+byte(us/10%10), '0'+byte(us%10))
	return bytes.TrimRight(b, "0")
}

func appendJSON(b []byte, v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		return append(b, "null"...)
	}
	return append(b, text...)
}

const hex = "0123456789abcdef"

// plain are the bytes of ASCII that stand for themselves in a JSON string.
var plain = func() (t [256]bool) {
	for c := byte(' '); c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// plainAhead returns how many bytes s begins with that are plain. It looks at eight
// at once.
func plainAhead[S []byte | string](s S) (n int) {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for ; len(s)-n >= 8; n += 8 {
		t := s[n : n+8]
		x := uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 |
			uint64(t[4])<<32 | uint64(t[5])<<40 | uint64(t[6])<<48 | uint64(t[7])<<56
		// The lowest bit that is set is right; higher ones may be too many.
		if hit := (x | (x - ' '*ones) | ((x ^ '"'*ones) - ones) | ((x ^ '\\'*ones) - ones)) & highs; hit != 0 {
			return n + bits.TrailingZeros64(hit)/8
		}
	}
	for n < len(s) && plain[s[n]] {
		n++
	}
	return n
}

// appendString appends s as a JSON string. What is not UTF-8 becomes U+FFFD.
func appendString[S []byte | string](b []byte, s S) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		if i += plainAhead(s[i:]); i == len(s) {
			break
		}
		if c := s[i]; c < utf8.RuneSelf {
			b = append(b, s[start:i]...)
			b = appendEscape(b, c)
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
		if r == utf8.RuneError && size == 1 || r == '\u2028' || r == '\u2029' {
			b = append(b, s[start:i]...)
			b = append(b, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
			start = i + size
		}
		i += size
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

func appendEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	return append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}
