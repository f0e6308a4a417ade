package retry

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
)

// A Class is a word for what went wrong, as it stands in records of results. The
// words are kept; there may be more of them one day.
type Class string

// The classes.
const (
	ClassNone              Class = ""                     // nothing went wrong
	ClassTimeout           Class = "timeout"              // it took too long
	ClassDNS               Class = "dns"                  // the name of the host was not found
	ClassConnect           Class = "connect"              // no connection could be made
	ClassTLS               Class = "tls"                  // the connection could not be trusted
	ClassConn              Class = "conn"                 // the connection broke: reset, or its end came too early
	ClassProtocol          Class = "protocol"             // what was answered is not HTTP, or not whole
	ClassHTTP              Class = "http"                 // the status says that it went wrong
	ClassRedirect          Class = "redirect"             // a redirect that is not followed: too many, a loop, a bad address
	ClassBodyTooLarge      Class = "body_too_large"       // the body is over the cap
	ClassHeaderTooLarge    Class = "header_too_large"     // the header is over the cap
	ClassRetryAfterTooLong Class = "retry_after_too_long" // the host wants to be left alone for too long
	ClassBreakerOpen       Class = "breaker_open"         // refused by a circuit breaker
	ClassDenied            Class = "denied"               // an address that must not be reached
	ClassAuth              Class = "auth"                 // no token could be had to authenticate by
	ClassRequest           Class = "request"              // the request itself is wrong
	ClassSave              Class = "save"                 // the body could not be stored
	ClassClosed            Class = "closed"               // the session was closed, or drained
	ClassDeadline          Class = "deadline"             // the caller's time was over
	ClassCanceled          Class = "canceled"             // the caller gave up
	ClassOther             Class = "other"                // none of these
)

// Classify returns the class of an error of the network or of a context, of one
// that it wraps, or what the method Class() Class of one of them says, which goes
// first. It is ClassNone for nil, and ClassOther for what it does not know.
//
// It can't tell a deadline of the caller from a timeout on the way: both are
// ClassTimeout, unless the method says otherwise.
func Classify(err error) Class {
	var own interface{ Class() Class }
	switch {
	case err == nil:
		return ClassNone
	case errors.As(err, &own):
		return own.Class()
	case errors.Is(err, context.Canceled):
		return ClassCanceled
	case isDNS(err):
		return ClassDNS
	case isTimeout(err):
		return ClassTimeout
	case isTLS(err):
		return ClassTLS
	case isDial(err):
		return ClassConnect
	case isConn(err):
		return ClassConn
	}
	return ofText(err.Error())
}

func isTimeout(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return true
	}
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

func isDNS(err error) bool {
	dns, ok := errors.AsType[*net.DNSError](err)
	return ok && !dns.IsTimeout
}

func isDial(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial" || errors.Is(err, syscall.ECONNREFUSED)
}

func isConn(err error) bool {
	for _, broken := range []error{io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED} {
		if errors.Is(err, broken) {
			return true
		}
	}
	_, ok := errors.AsType[*net.OpError](err)
	return ok
}

func isTLS(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.AlertError](err); ok {
		return true
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "remote error" || op.Op == "local error") {
		return true // an alert of TLS
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return true
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return true
	}
	_, ok := errors.AsType[x509.CertificateInvalidError](err)
	return ok
}

// texts are of errors that net/http makes without a type.
var texts = []struct {
	part  string
	class Class
}{
	{"server closed idle connection", ClassConn},
	{"http2: client connection lost", ClassConn},
	{"GOAWAY", ClassConn},
	{"stream error", ClassConn},
	{"connection error: ", ClassConn}, // of HTTP/2, also for rows that had no part in it
	{"tls: ", ClassTLS},
	{"server gave HTTP response to HTTPS client", ClassTLS},
	{"response headers exceeded", ClassHeaderTooLarge},
	{"header list larger", ClassHeaderTooLarge},
	{"http2: frame too large", ClassProtocol}, // an answer in HTTP/1.1, for instance
	{"malformed", ClassProtocol},
	{"header line too long", ClassProtocol},
	{"Content-Length", ClassProtocol},
	{"transfer encoding", ClassProtocol},
	{"chunk", ClassProtocol},
	{"unsupported protocol scheme", ClassRequest},
	{"invalid method", ClassRequest},
	{"net/http: invalid header", ClassRequest},
	{"no Host in request URL", ClassRequest},
	{"connection broken", ClassConn},
	{"readLoopPeekFailLocked", ClassConn}, // of an answer to a request that was not read, and a reset
}

func ofText(s string) Class {
	for _, t := range texts {
		if strings.Contains(s, t.part) {
			return t.class
		}
	}
	return ClassOther
}
