package lane

import (
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
)

// maxBody is the longest body of a plain request: it is sent in one piece, by one who
// does not read the answer meanwhile, and so has to fit into what the system takes.
const maxBody = 16 << 10

// takes reports whether the request is plain. What is wrong is not: it is for Next to
// say what.
func (l *Lane) takes(req *http.Request) bool {
	u := req.URL
	if u == nil || u.Opaque != "" || !plainHost(u.Host) || req.Host != "" && !plainHost(req.Host) || u.Hostname() == "" {
		return false
	}
	switch {
	case u.Scheme == "http" && l.Dial != nil, u.Scheme == "https" && l.DialTLS != nil:
	default:
		return false
	}
	if req.Close || req.TransferEncoding != nil || req.Trailer != nil || !plainMethod(req.Method) ||
		!plainBody(req) || !plainURI(u) || !plainHeader(req.Header) {
		return false
	}
	if l.Proxy != nil {
		proxy, err := l.Proxy(req)
		return proxy == nil && err == nil
	}
	return true
}

// plainHost reports whether a host is one that is sent, looked up and connected to as
// it is.
func plainHost(host string) bool {
	for i := range len(host) {
		switch c := host[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '-', c == '_', c == ':', c == '[', c == ']':
		default:
			return false
		}
	}
	return host != ""
}

func plainMethod(method string) bool {
	return method == "" || method != http.MethodConnect && isName(method)
}

func plainBody(req *http.Request) bool {
	if req.Body == nil || req.Body == http.NoBody {
		return req.ContentLength == 0
	}
	return req.GetBody != nil && req.ContentLength > 0 && req.ContentLength <= maxBody
}

// plainURI reports whether all that a URL sends can stand in a line as it is.
func plainURI(u *url.URL) bool {
	for i := range len(u.RawQuery) {
		if c := u.RawQuery[i]; c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return u.Path == "" || u.Path[0] == '/'
}

// plainHeader reports whether the header is valid, and says nothing about how the
// exchange is to be made.
func plainHeader(h http.Header) bool {
	if h == nil {
		return false
	}
	for name, values := range h {
		switch name {
		case "Connection", "Content-Length", "Expect", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade":
			return false
		}
		if !isName(name) || canonical(name) != name || slices.ContainsFunc(values, isNoValue) {
			return false
		}
	}
	return true
}

// appendRequest appends a plain request, as http.Request.Write writes it, and closes
// its body.
func appendRequest(b []byte, req *http.Request) ([]byte, error) {
	u, host, method := req.URL, req.Host, req.Method
	if host == "" {
		host = u.Host
	}
	if method == "" {
		method = http.MethodGet
	}
	b = append(b, method...)
	b = append(b, ' ')
	b = appendURI(b, u)
	b = append(b, " HTTP/1.1\r\n"...)
	b = appendField(b, "Host", host)
	if agent, ok := req.Header["User-Agent"]; !ok {
		b = appendField(b, "User-Agent", "Go-http-client/1.1")
	} else if len(agent) > 0 && agent[0] != "" {
		b = appendField(b, "User-Agent", agent[0])
	}
	if req.ContentLength > 0 || method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch {
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, req.ContentLength, 10)
		b = append(b, '\r', '\n')
	}
	b = appendHeader(b, req.Header)
	b = append(b, '\r', '\n')
	return appendBody(b, req)
}

func appendURI(b []byte, u *url.URL) []byte {
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	b = append(b, path...)
	if u.ForceQuery || u.RawQuery != "" {
		b = append(b, '?')
		b = append(b, u.RawQuery...)
	}
	return b
}

// appendHeader appends the fields that have not been yet, sorted by their names.
func appendHeader(b []byte, h http.Header) []byte {
	var room [16]string
	names := room[:0]
	for name := range h {
		if name != "Host" && name != "User-Agent" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range h[name] {
			b = appendField(b, name, value)
		}
	}
	return b
}

func appendField(b []byte, name, value string) []byte {
	b = append(b, name...)
	b = append(b, ':', ' ')
	b = append(b, textproto.TrimString(value)...)
	return append(b, '\r', '\n')
}

func appendBody(b []byte, req *http.Request) ([]byte, error) {
	if req.Body == nil {
		return b, nil
	}
	defer req.Body.Close()
	n := len(b)
	b = slices.Grow(b, int(req.ContentLength)+1)
	got, err := io.ReadFull(req.Body, b[n:n+int(req.ContentLength)+1])
	switch {
	case int64(got) == req.ContentLength && (err == io.ErrUnexpectedEOF || err == io.EOF):
		return b[:n+got], nil
	case err != nil && err != io.ErrUnexpectedEOF && err != io.EOF:
		return b, err
	}
	return b, fmt.Errorf("http: ContentLength=%d with Body length %d", req.ContentLength, got)
}
