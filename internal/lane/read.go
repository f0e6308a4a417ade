package lane

import (
	"bufio"
	"bytes"
	"net/http"
	"net/textproto"
	"strings"
)

// readResponse reads the header of an answer: by itself if that is simple, and
// otherwise by http.ReadResponse. Without a Body the answer is followed by a body of
// its ContentLength, or by none. It reports whether there may be another answer on
// the connection.
func readResponse(r *bufio.Reader, req *http.Request) (resp *http.Response, reuse bool, err error) {
	n, simple := scan(r)
	if simple {
		if resp := parse(r, n, req); resp != nil {
			return resp, true, nil
		}
	}
	both := n > 0 && twoLengths(r, n)
	if resp, err = http.ReadResponse(r, req); err != nil {
		return nil, false, err
	}
	// Who sends two lengths of a body lets others disagree about where it ends. If
	// the header was too long to be looked at, so may this one.
	if len(resp.TransferEncoding) > 0 && (both || n == 0) {
		return resp, false, nil
	}
	return resp, !resp.Close, nil
}

// scan waits for a header and returns its length, with the empty line. It gives up, by
// simple, as soon as something is there that is for http.ReadResponse: that fails at
// the first line that is wrong, and does not wait for the rest. It is 0 if the header
// does not fit into the buffer, or ends early.
func scan(r *bufio.Reader) (n int, simple bool) {
	for begin := 0; ; {
		b, _ := r.Peek(r.Buffered())
		for {
			end := bytes.IndexByte(b[begin:], '\n')
			if end < 0 {
				break
			}
			line := b[begin : begin+end+1]
			first := begin == 0
			begin += end + 1
			if isEmpty(line) && !first {
				return begin, len(line) == 2
			}
			if first && !simpleStatus(line) || !first && !simpleField(line) {
				return lookAhead(b, begin), false
			}
		}
		if _, err := r.Peek(len(b) + 1); err != nil {
			return 0, false
		}
	}
}

func isEmpty(line []byte) bool { return len(line) == 1 || len(line) == 2 && line[0] == '\r' }

// lookAhead returns where the header ends, as far as it is there; 0 if it does not.
func lookAhead(b []byte, begin int) int {
	for {
		end := bytes.IndexByte(b[begin:], '\n')
		if end < 0 {
			return 0
		}
		line := b[begin : begin+end+1]
		begin += end + 1
		if isEmpty(line) {
			return begin
		}
	}
}

// simpleStatus reports whether a line is "HTTP/1.1 NNN text", of a final status with
// a body.
func simpleStatus(line []byte) bool {
	const proto = "HTTP/1.1 "
	if len(line) < len(proto)+5 || string(line[:len(proto)]) != proto || line[len(line)-2] != '\r' {
		return false
	}
	code := line[len(proto):]
	return '2' <= code[0] && code[0] <= '9' && isDigit(code[1]) && isDigit(code[2]) &&
		(code[3] == ' ' || code[3] == '\r' && len(code) == 5)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// simpleField reports whether a line is a field that stands by itself and is valid.
func simpleField(line []byte) bool {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 || line[len(line)-2] != '\r' {
		return false
	}
	return isName(line[:colon]) && !isNoValue(line[colon+1:len(line)-2])
}

// parse makes the answer of a simple header of n bytes, and takes it from r; nil if
// there is something in it that is not for us, and then nothing is taken.
func parse(r *bufio.Reader, n int, req *http.Request) *http.Response {
	b, _ := r.Peek(n)
	text := string(b)
	status, fields, _ := strings.Cut(text, "\r\n")
	count := strings.Count(fields, "\n") - 1
	header, values := make(http.Header, count), make([]string, 0, count)
	length := int64(-1)
	for fields != "\r\n" {
		end := strings.IndexByte(fields, '\n') // behind a '\r', as scan has seen
		line := fields[:end-1]
		fields = fields[end+1:]
		name, value, _ := strings.Cut(line, ":")
		name = canonical(name)
		value = textproto.TrimString(value)
		old := header[name]
		switch name {
		case "Transfer-Encoding", "Trailer", "Pragma":
			return nil
		case "Connection":
			if value != "keep-alive" || old != nil {
				return nil
			}
		case "Content-Length":
			if length = parseLength(value); length < 0 || old != nil {
				return nil
			}
		}
		if old != nil {
			header[name] = append(old, value)
			continue
		}
		values = append(values, value)
		header[name] = values[len(values)-1 : len(values) : len(values)]
	}
	status = status[len("HTTP/1.1 "):]
	code := int(status[0]-'0')*100 + int(status[1]-'0')*10 + int(status[2]-'0')
	if length < 0 || code == http.StatusNoContent || code == http.StatusNotModified {
		return nil
	}
	r.Discard(n)
	resp := &http.Response{
		Status: status, StatusCode: code, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, ContentLength: length, Request: req,
	}
	if length == 0 || req.Method == http.MethodHead {
		resp.Body = http.NoBody
	}
	return resp
}

// parseLength returns -1 for what is not simply a number.
func parseLength(s string) (n int64) {
	if s == "" || len(s) > 18 {
		return -1
	}
	for i := range len(s) {
		if !isDigit(s[i]) {
			return -1
		}
		n = n*10 + int64(s[i]-'0')
	}
	return n
}

// twoLengths reports whether the header of n bytes may say both how long the body is
// and that it is in chunks.
func twoLengths(r *bufio.Reader, n int) bool {
	b, _ := r.Peek(n)
	b = bytes.ToLower(b)
	return bytes.Contains(b, []byte("content-length")) && bytes.Contains(b, []byte("transfer-encoding"))
}
