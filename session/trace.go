package session

import (
	"crypto/tls"
	"net/http/httptrace"
	"sync"
	"time"
)

// A tracer measures how an exchange comes by its connection. The connection that is
// dialled need not be the one that is used: then both count.
type tracer struct {
	mu                        sync.Mutex
	dns, connect, tls         time.Duration
	dnsAt, connectAt, shakeAt time.Time
	remote                    string
}

func (t *tracer) begin(at *time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	*at = time.Now()
}

func (t *tracer) end(d *time.Duration, at *time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	*d = time.Since(*at)
}

func (t *tracer) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		DNSStart:          func(httptrace.DNSStartInfo) { t.begin(&t.dnsAt) },
		DNSDone:           func(httptrace.DNSDoneInfo) { t.end(&t.dns, &t.dnsAt) },
		ConnectStart:      func(string, string) { t.begin(&t.connectAt) },
		ConnectDone:       func(string, string, error) { t.end(&t.connect, &t.connectAt) },
		TLSHandshakeStart: func() { t.begin(&t.shakeAt) },
		TLSHandshakeDone:  func(tls.ConnectionState, error) { t.end(&t.tls, &t.shakeAt) },
		GotConn: func(info httptrace.GotConnInfo) {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.remote = info.Conn.RemoteAddr().String()
		},
	}
}

// note writes down what was measured.
func (t *tracer) note(r *Response) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	r.Timings.DNS, r.Timings.Connect, r.Timings.TLS, r.Remote = t.dns, t.connect, t.tls, t.remote
}
