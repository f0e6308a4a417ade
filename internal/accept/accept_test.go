package accept_test

import (
	"errors"
	"net"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/inflight-go/inflight/internal/accept"
)

// A listener fails as it is told, and then brings a connection.
type listener struct {
	net.Listener
	errs []error
}

func (l *listener) Accept() (net.Conn, error) {
	if len(l.errs) == 0 {
		return new(net.TCPConn), nil
	}
	err := l.errs[0]
	l.errs = l.errs[1:]
	return nil, err
}

func failing(n int, err error) (errs []error) {
	for range n {
		errs = append(errs, &net.OpError{Op: "accept", Err: err})
	}
	return errs
}

// Each wait is twice the one before, up to the longest, and begins anew with the next
// connection.
func TestIO6_the_waits_grow(t *testing.T) {
	l := &listener{errs: failing(10, syscall.EMFILE)}
	var waits []time.Duration
	wait := func(err error, d time.Duration) bool {
		if !errors.Is(err, syscall.EMFILE) {
			t.Error(err)
		}
		waits = append(waits, d)
		return true
	}
	if c, err := accept.Next(l, wait); c == nil || err != nil {
		t.Error(c, err)
	}
	l.errs = failing(1, syscall.EMFILE)
	if c, err := accept.Next(l, wait); c == nil || err != nil {
		t.Error(c, err)
	}
	const ms = time.Millisecond
	if want := []time.Duration{5 * ms, 10 * ms, 20 * ms, 40 * ms, 80 * ms, 160 * ms, 320 * ms, 640 * ms, time.Second, time.Second, 5 * ms}; !slices.Equal(waits, want) {
		t.Errorf("%v, want %v", waits, want)
	}
}

// What is about the listener ends it, and so does who waits.
func TestIO6_what_ends_a_listener(t *testing.T) {
	for _, err := range []error{net.ErrClosed, syscall.EBADF, syscall.EINVAL, errors.New("odd")} {
		_, got := accept.Next(&listener{errs: failing(1, err)}, func(error, time.Duration) bool { t.Error("waited for", err); return true })
		if !errors.Is(got, err) {
			t.Errorf("%v, want %v", got, err)
		}
	}
	for _, err := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED, syscall.ECONNRESET} {
		waits := 0
		_, got := accept.Next(&listener{errs: failing(2, err)}, func(error, time.Duration) bool { waits++; return waits < 2 })
		if !errors.Is(got, err) || waits != 2 {
			t.Errorf("%v after %d waits, want %v after 2", got, waits, err)
		}
	}
}
