package memnet_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/internal/memnet"
)

func conns(link memnet.Link) (near, far *memnet.Conn) { return memnet.NewConns("near", "far", link) }

func TestDeadlines(t *testing.T) {
	for _, link := range []memnet.Link{{}, {Latency: time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			a, b := conns(link)
			_ = a.SetReadDeadline(time.Now().Add(time.Second))
			start := time.Now()
			if _, err := a.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Second {
				t.Errorf("read: %v after %v", err, time.Since(start))
			}
			_ = a.SetDeadline(time.Time{})
			_ = b.SetWriteDeadline(time.Now().Add(time.Second))
			n, err := b.Write(make([]byte, 1<<20))
			if n != 64<<10 || !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("write: %d, %v", n, err)
			}
			_ = b.Close()
			data, err := io.ReadAll(a)
			if len(data) != 64<<10 || err != nil {
				t.Errorf("after the close: %d bytes, %v", len(data), err)
			}
			if _, err := a.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
				t.Errorf("write after the close: %v", err)
			}
			if _, err := b.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
				t.Errorf("read of what was closed: %v", err)
			}
			_ = a.Close()
			if _, err := a.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
				t.Errorf("read of what both have closed: %v", err)
			}
		})
	}
}

func TestEverythingIsCarriedInOrder(t *testing.T) {
	for _, link := range []memnet.Link{{}, {Latency: time.Second, Bandwidth: 100 << 10}} {
		synctest.Test(t, func(t *testing.T) {
			a, b := conns(link)
			data := make([]byte, 1<<20)
			for i := range data {
				data[i] = byte(i * i >> 7)
			}
			go func() {
				for rest := data; len(rest) > 0; {
					n := min(len(rest), 1+len(rest)%7919)
					_, _ = a.Write(rest[:n])
					rest = rest[n:]
				}
				_ = a.Close()
			}()
			got, err := io.ReadAll(b)
			if err != nil || sha256.Sum256(got) != sha256.Sum256(data) {
				t.Errorf("%d bytes, %v: not what was written", len(got), err)
			}
		})
	}
}

func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := conns(memnet.Link{Latency: time.Second})
		start := time.Now()
		_, _ = a.Write([]byte("one"))
		time.Sleep(300 * time.Millisecond)
		_, _ = a.Write([]byte("two"))
		_ = a.Close()
		buf := make([]byte, 10)
		for _, want := range []struct {
			data string
			err  error
			at   time.Duration
		}{{"one", nil, time.Second}, {"two", nil, 1300 * time.Millisecond}, {"", io.EOF, 1300 * time.Millisecond}} {
			n, err := b.Read(buf)
			if string(buf[:n]) != want.data || err != want.err || time.Since(start) != want.at {
				t.Errorf("%q, %v after %v; want %q, %v after %v", buf[:n], err, time.Since(start), want.data, want.err, want.at)
			}
		}
	})
}

func TestADeadlineIsKeptUntilTheEndHasArrived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := conns(memnet.Link{Latency: time.Minute})
		start := time.Now()
		_ = b.SetReadDeadline(start.Add(time.Second))
		_ = a.Close()
		if _, err := b.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		_ = b.SetReadDeadline(time.Time{})
		if _, err := b.Read(make([]byte, 1)); err != io.EOF || time.Since(start) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

func TestBandwidthIsEven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := conns(memnet.Link{Bandwidth: 1000})
		start := time.Now()
		go func() {
			_, _ = a.Write(make([]byte, 5000))
			_, _ = a.Write(make([]byte, 5000))
			_ = a.Close()
		}()
		buf, sum := make([]byte, 10000), 0
		for {
			n, err := b.Read(buf)
			if sum += n; time.Since(start) != time.Duration(sum)*time.Millisecond {
				t.Fatalf("%d bytes after %v", sum, time.Since(start))
			}
			if n > 10 {
				t.Fatalf("%d bytes at once", n)
			}
			if err != nil {
				break
			}
		}
		if sum != 10000 {
			t.Errorf("%d bytes", sum)
		}
	})
}

func TestTheEndsOfAConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := conns(memnet.Link{})
		_, _ = a.Write([]byte("x"))
		_ = a.CloseWrite()
		if data, err := io.ReadAll(b); string(data) != "x" || err != nil {
			t.Errorf("%q, %v", data, err)
		}
		if _, err := a.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("write after CloseWrite: %v", err)
		}
		_, _ = b.Write([]byte("y"))
		b.End(syscall.ECONNRESET)
		data, err := io.ReadAll(a)
		if string(data) != "y" || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the other direction: %q, %v", data, err)
		}

		a, b = conns(memnet.Link{})
		_, _ = a.Write([]byte("x"))
		_ = a.SetLinger(0)
		_ = a.Close()
		if data, err := io.ReadAll(b); len(data) > 0 || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("after a reset: %q, %v", data, err)
		}
	})
}

func TestDial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := memnet.Listen("origin")
		link := memnet.Link{Latency: time.Second}
		go func() {
			c, err := l.Accept()
			if err != nil || c.RemoteAddr().String() != "me" || c.LocalAddr().String() != "a.example:80" {
				t.Errorf("%v, %v", c, err)
			}
		}()
		start := time.Now()
		c, err := l.Dial(t.Context(), "me", "a.example:80", link)
		if err != nil || c.RemoteAddr().String() != "a.example:80" || time.Since(start) != 2*time.Second {
			t.Fatalf("%v, %v after %v", c, err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := l.Dial(ctx, "me", "it", link); err != context.DeadlineExceeded {
			t.Errorf("on the way: %v", err)
		}
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := l.Dial(ctx, "me", "it", memnet.Link{}); err != context.DeadlineExceeded {
			t.Errorf("with nobody who accepts: %v", err)
		}
		_ = l.Close()
		if c, err := l.Dial(t.Context(), "me", "it", link); c != nil || !errors.Is(err, net.ErrClosed) {
			t.Errorf("closed: %v, %v", c, err)
		}
	})
}
