package retry_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/inflight-go/inflight/retry"
)

type ownClass struct{ error }

func (ownClass) Class() retry.Class { return retry.ClassDenied }

func TestClassify(t *testing.T) {
	dial := func(err error) error { return &net.OpError{Op: "dial", Err: err} }
	for _, c := range []struct {
		err  error
		want retry.Class
	}{
		{nil, retry.ClassNone},
		{errors.New("http2: failed reading the frame payload: http2: frame too large, note that the frame header looked like an HTTP/1.1 header"), retry.ClassProtocol},
		{errors.New("connection error: PROTOCOL_ERROR"), retry.ClassConn},
		{errors.New("what?"), retry.ClassOther},
		{context.Canceled, retry.ClassCanceled},
		{context.DeadlineExceeded, retry.ClassTimeout},
		{os.ErrDeadlineExceeded, retry.ClassTimeout},
		{dial(os.ErrDeadlineExceeded), retry.ClassTimeout},
		{dial(&net.DNSError{IsNotFound: true}), retry.ClassDNS},
		{dial(&net.DNSError{IsTimeout: true}), retry.ClassTimeout},
		{dial(syscall.ECONNREFUSED), retry.ClassConnect},
		{dial(ownClass{io.EOF}), retry.ClassDenied},
		{io.EOF, retry.ClassConn},
		{io.ErrUnexpectedEOF, retry.ClassConn},
		{&net.OpError{Op: "read", Err: syscall.ECONNRESET}, retry.ClassConn},
		{&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, retry.ClassTimeout},
		{syscall.EPIPE, retry.ClassConn},
		{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, retry.ClassTLS},
		{x509.HostnameError{Certificate: new(x509.Certificate)}, retry.ClassTLS},
		{tls.AlertError(40), retry.ClassTLS},
		{errors.New("http: server gave HTTP response to HTTPS client"), retry.ClassTLS},
		{errors.New("net/http: server response headers exceeded 10 bytes; aborted"), retry.ClassHeaderTooLarge},
		{errors.New("malformed HTTP response \"x\""), retry.ClassProtocol},
		{errors.New("http: server closed idle connection"), retry.ClassConn},
	} {
		if got := retry.Classify(c.err); got != c.want {
			t.Errorf("%v: %q, want %q", c.err, got, c.want)
		}
		if c.err != nil {
			if got := retry.Classify(fmt.Errorf("wrapped: %w", c.err)); got != c.want {
				t.Errorf("wrapped %v: %q, want %q", c.err, got, c.want)
			}
		}
	}
}
