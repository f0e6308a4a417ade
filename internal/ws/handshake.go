package ws

import (
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
)

// A Refusal is an answer to a request that can't become a WebSocket.
type Refusal struct {
	Status int
	Text   string
}

// Error returns the text.
func (r *Refusal) Error() string { return r.Text }

// Check says what is wrong with a request to become a WebSocket, nil for nothing.
// The origin is not its business.
func Check(r *http.Request) *Refusal {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(r.Header.Get("Sec-WebSocket-Key")))
	switch {
	case r.ProtoMajor > 1: // RFC 8441 is not spoken, and there is no Upgrade
		return &Refusal{http.StatusHTTPVersionNotSupported, "a WebSocket begins with HTTP/1.1 here: over TLS, ask for http/1.1 by ALPN"}
	case r.ProtoMajor < 1 || r.ProtoMinor < 1:
		return &Refusal{http.StatusUpgradeRequired, "a WebSocket begins with HTTP/1.1"}
	case !hasToken(r.Header, "Connection", "upgrade"), !hasToken(r.Header, "Upgrade", "websocket"):
		return &Refusal{http.StatusUpgradeRequired, "this is for WebSockets: the request has no Upgrade: websocket"}
	case r.Method != http.MethodGet:
		return &Refusal{http.StatusMethodNotAllowed, "a WebSocket begins with GET"}
	case r.Header.Get("Sec-WebSocket-Version") != "13":
		return &Refusal{http.StatusUpgradeRequired, "want Sec-WebSocket-Version: 13"}
	case len(r.Header.Values("Sec-WebSocket-Key")) != 1 || err != nil || len(key) != 16:
		return &Refusal{http.StatusBadRequest, "want one Sec-WebSocket-Key of 16 bytes in base64"}
	case r.ContentLength != 0:
		return &Refusal{http.StatusBadRequest, "a request for a WebSocket has no body"}
	}
	return nil
}

// hasToken reports whether a list in a header has a token, in any case.
func hasToken(h http.Header, name, token string) bool {
	for part := range parts(h, name) {
		if strings.EqualFold(part, token) {
			return true
		}
	}
	return false
}

// parts are the parts of a list with commas, in all headers of a name.
func parts(h http.Header, name string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, line := range h.Values(name) {
			for part := range strings.SplitSeq(line, ",") {
				if part = strings.TrimSpace(part); part != "" && !yield(part) {
					return
				}
			}
		}
	}
}

// Protocol returns the first of ours that the client speaks too, "" for none.
func Protocol(h http.Header, ours []string) string {
	for _, name := range ours {
		for part := range parts(h, "Sec-WebSocket-Protocol") {
			if part == name {
				return name
			}
		}
	}
	return ""
}

// agreed is what is answered to an offer of compression.
const agreed = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

// Compresses reports whether the client offers compression in a way that we can do.
func Compresses(h http.Header) bool {
	for offer := range parts(h, "Sec-WebSocket-Extensions") {
		if acceptable(offer) {
			return true
		}
	}
	return false
}

// acceptable reports whether an offer is one of permessage-deflate that we can keep:
// our compressor has a window of 32 KiB, and no smaller one.
func acceptable(offer string) bool {
	fields := strings.Split(offer, ";")
	if !strings.EqualFold(strings.TrimSpace(fields[0]), "permessage-deflate") {
		return false
	}
	seen := make(map[string]bool)
	for _, field := range fields[1:] {
		name, value, has := strings.Cut(strings.TrimSpace(field), "=")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.Trim(strings.TrimSpace(value), `"`)
		if seen[name] {
			return false
		}
		seen[name] = true
		bits, err := strconv.Atoi(value)
		inRange := err == nil && bits >= 8 && bits <= 15 && value[0] != '0' && value[0] != '+'
		switch {
		case (name == "server_no_context_takeover" || name == "client_no_context_takeover") && !has:
		case name == "client_max_window_bits" && (!has || inRange):
		case name == "server_max_window_bits" && has && inRange && bits == 15:
		default:
			return false
		}
	}
	return true
}

// AppendAnswer appends the answer that turns the request into a WebSocket.
func AppendAnswer(b []byte, r *http.Request, protocol string, compressed bool) []byte {
	b = append(b, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "...)
	sum := sha1.Sum([]byte(strings.TrimSpace(r.Header.Get("Sec-WebSocket-Key")) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	b = base64.StdEncoding.AppendEncode(b, sum[:])
	if protocol != "" {
		b = append(append(b, "\r\nSec-WebSocket-Protocol: "...), protocol...)
	}
	if compressed {
		b = append(b, "\r\nSec-WebSocket-Extensions: "+agreed...)
	}
	return append(b, "\r\n\r\n"...)
}
