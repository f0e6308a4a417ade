package warc

import (
	"bytes"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An Exchange is a request and its answer.
type Exchange struct {
	// URL is that of the request, absolute.
	URL string
	// Began is when the request was sent; zero means now.
	Began time.Time
	// Remote is the address that has answered, with or without its port; empty means
	// that it is not known.
	Remote string

	// Method, RequestHeader and RequestBody are the request; no method means GET.
	// Without a header Host it is the one of the URL. What authenticates is left out:
	// Authorization, Proxy-Authorization and Cookie, in whatever case.
	Method        string
	RequestHeader http.Header
	RequestBody   []byte

	// Status, Proto, Header and Body are the answer. A Proto that is none of HTTP/1
	// is written as HTTP/1.1, which is what readers can read.
	Status int
	Proto  string
	Header http.Header
	Body   []byte
	// Raw: the body is as it was on the wire, but for chunks, and Header says so. Else
	// it is not compressed any more.
	Raw bool
	// Truncated is why the body is not whole: length, time, disconnect or unspecified;
	// empty means that it is.
	Truncated string

	// Metadata is kept in a record of its own; none means that there is no such record.
	Metadata []Field
}

// secret are the headers that are not written.
var secret = map[string]bool{"Authorization": true, "Proxy-Authorization": true, "Cookie": true}

// records are those of an exchange.
func (e *Exchange) records() ([]Record, error) {
	u, err := url.Parse(e.URL)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("%.200q is no absolute URL", e.URL)
	}
	if e.Status < 100 || e.Status > 999 {
		return nil, fmt.Errorf("%d is no status", e.Status)
	}
	u.User, u.Fragment = nil, ""
	began := e.Began
	if began.IsZero() {
		began = time.Now()
	}
	response := Record{
		Type: "response", URL: u.String(), Date: began, ContentType: "application/http;msgtype=response", id: newID(),
		Fields: e.address(),
	}
	if e.Truncated != "" {
		response.Fields = append(response.Fields, Field{"WARC-Truncated", e.Truncated})
	}
	response.Block, response.payload = e.answer()
	concurrent := Field{"WARC-Concurrent-To", response.id}
	request := Record{
		Type: "request", URL: response.URL, Date: began, ContentType: "application/http;msgtype=request",
		Fields: append(e.address(), concurrent),
	}
	request.Block, request.payload = e.request(u)
	records := []Record{request, response}
	if len(e.Metadata) > 0 {
		records = append(records, Record{
			Type: "metadata", URL: response.URL, Date: began, ContentType: "application/warc-fields",
			Fields: []Field{concurrent}, Block: Fields(e.Metadata...),
		})
	}
	return records, nil
}

// address says who has answered.
func (e *Exchange) address() []Field {
	host, _, err := net.SplitHostPort(e.Remote)
	if err != nil {
		host = e.Remote
	}
	if net.ParseIP(host) == nil {
		return nil
	}
	return []Field{{"WARC-IP-Address", host}}
}

// request is the request as it was sent, and where its body begins.
func (e *Exchange) request(u *url.URL) (block []byte, payload int) {
	method := e.Method
	if method == "" {
		method = http.MethodGet
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\n", oneLine(method), u.RequestURI())
	header := without(e.RequestHeader, secret)
	if header.Get("Host") == "" {
		fmt.Fprintf(&b, "Host: %s\r\n", u.Host)
	}
	_ = header.Write(&b)
	if len(e.RequestBody) > 0 && header.Get("Content-Length") == "" {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(e.RequestBody))
	}
	b.WriteString("\r\n")
	payload = b.Len()
	b.Write(e.RequestBody)
	if len(e.RequestBody) == 0 {
		payload = 0
	}
	return b.Bytes(), payload
}

// answer is the answer, and where its body begins.
func (e *Exchange) answer() (block []byte, payload int) {
	proto := e.Proto
	if !strings.HasPrefix(proto, "HTTP/1.") {
		proto = "HTTP/1.1"
	}
	var b bytes.Buffer
	b.Grow(len(e.Body) + 1024)
	fmt.Fprintf(&b, "%s %d %s\r\n", oneLine(proto), e.Status, http.StatusText(e.Status))
	other := map[string]bool{"Transfer-Encoding": true, "Content-Length": true}
	if !e.Raw {
		other["Content-Encoding"] = true
	}
	_ = without(e.Header, other).Write(&b)
	b.WriteString("Content-Length: " + strconv.Itoa(len(e.Body)) + "\r\n\r\n")
	payload = b.Len()
	b.Write(e.Body)
	return b.Bytes(), payload
}

// without is a header without the fields of some names, in whatever case they are.
func without(h http.Header, names map[string]bool) http.Header {
	rest := make(http.Header, len(h))
	for _, as := range slices.Sorted(maps.Keys(h)) {
		if name := http.CanonicalHeaderKey(as); !names[name] {
			rest[name] = append(rest[name], h[as]...)
		}
	}
	return rest
}
