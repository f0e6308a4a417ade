package serve_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/internal/memnet"
	"github.com/inflight-go/inflight/serve"
)

// What one connection does costs the others nothing.
func TestIO5_conns(t *testing.T) {
	bubble(t, serve.Options{}, func(w *world) {
		l := w.s.Conns("echo", func(_ context.Context, c net.Conn) error {
			line := make([]byte, 1)
			if _, err := io.ReadFull(c, line); err != nil {
				return err
			}
			switch line[0] {
			case 'p':
				panic("trouble")
			case 'e':
				return errors.New("bad line")
			}
			_, err := c.Write(line)
			return err
		})
		w.run()
		for _, say := range []string{"p", "e", "x"} {
			c := w.connect("echo")
			_, _ = io.WriteString(c, say)
			text, err := io.ReadAll(c)
			if want := strings.Trim(say, "pe"); string(text) != want || err != nil {
				t.Errorf("%s: %q, %v", say, text, err)
			}
		}
		synctest.Wait()
		if stats := l.Stats(); stats.Served != 3 || stats.Failed != 2 || stats.Open != 0 {
			t.Errorf("%+v", stats)
		}
		if log := w.log.String(); !strings.Contains(log, "trouble") || !strings.Contains(log, "bad line") {
			t.Errorf("the log:\n%s", log)
		}
		w.end(errStop)
		if err := <-w.err; err != nil {
			t.Error(err)
		}
	})
}

// Not more connections than MaxConns are open; the next waits until one is closed.
func TestMaxConns(t *testing.T) {
	bubble(t, serve.Options{}, func(w *world) {
		var open, most atomic.Int32
		l := w.s.Conns("echo", func(_ context.Context, c net.Conn) error {
			most.Store(max(most.Load(), open.Add(1)))
			defer open.Add(-1)
			time.Sleep(time.Second)
			return nil
		})
		l.MaxConns = 3
		w.run()
		began := time.Now()
		done := make(chan error)
		for range 9 {
			go func() {
				c, err := w.dial("echo")
				if err == nil {
					_, err = io.ReadAll(c)
					_ = c.Close()
				}
				done <- err
			}()
		}
		for range 9 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(began); most.Load() != 3 || took != 3*time.Second {
			t.Errorf("%d at a time, in %v", most.Load(), took)
		}
		w.end(errStop)
		if err := <-w.err; err != nil {
			t.Error(err)
		}
	})
}

// at is a connection that comes from an address.
type at struct {
	net.Conn
	from net.Addr
}

func (c at) RemoteAddr() net.Addr { return c.from }

// A scripted listener accepts what it is told to.
type scripted struct {
	*memnet.Listener
	accept chan any
}

func (l *scripted) Accept() (net.Conn, error) {
	select {
	case v := <-l.accept:
		if err, ok := v.(error); ok {
			return nil, err
		}
		return v.(net.Conn), nil
	default:
		return l.Listener.Accept()
	}
}

func script(w *world, what ...any) {
	l := &scripted{memnet.Listen("scripted"), make(chan any, len(what))}
	for _, v := range what {
		l.accept <- v
	}
	w.s = serve.New(serve.Options{Listen: func(context.Context, string, string) (net.Listener, error) { return l, nil }})
}

func from(address string) at {
	near, _ := memnet.NewConns("server", "client", memnet.Link{})
	a, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		panic(err)
	}
	return at{near, a}
}

// One address, or one network of IPv6, does not take all places.
func TestMaxPerHost(t *testing.T) {
	bubble(t, serve.Options{}, func(w *world) {
		script(w, from("192.0.2.1:1"), from("192.0.2.1:2"), from("192.0.2.1:3"), from("192.0.2.2:1"),
			from("[2001:db8::1]:1"), from("[2001:db8::2]:1"), from("[2001:db8::3]:1"), from("[2001:db8:0:1::1]:1"), from("[::ffff:192.0.2.1]:4"))
		var mu sync.Mutex
		var served []string
		l := w.s.Conns("", func(_ context.Context, c net.Conn) error {
			mu.Lock()
			served = append(served, c.RemoteAddr().String())
			mu.Unlock()
			time.Sleep(time.Second)
			return nil
		})
		l.MaxPerHost = 2
		w.run()
		if stats := l.Stats(); stats.Refused != 3 || stats.Accepted != 6 || len(served) != 6 {
			t.Errorf("%+v, %q", stats, served)
		}
		w.end(errStop)
		if err := <-w.err; err != nil {
			t.Error(err)
		}
	})
}

// A system that is short of files, for a while, does not end the server.
func TestIO6_accept_errors_back_off(t *testing.T) {
	bubble(t, serve.Options{}, func(w *world) {
		var what []any
		for range 12 {
			what = append(what, &net.OpError{Op: "accept", Err: syscall.EMFILE})
		}
		script(w, append(what, from("192.0.2.1:1"))...)
		began := time.Now()
		var after time.Duration
		l := w.s.Conns("", func(context.Context, net.Conn) error { after = time.Since(began); return nil })
		w.run()
		time.Sleep(time.Minute)
		// 5, 10, 20 … 640 ms, and four times a second
		if stats := l.Stats(); stats.AcceptErrors != 12 || stats.Accepted != 1 || after != 5275*time.Millisecond {
			t.Errorf("%+v, after %v", stats, after)
		}
		w.end(errStop)
		if err := <-w.err; err != nil {
			t.Error(err)
		}
	})
}

// A listener that is broken ends the server, which drains.
func TestAListenerThatIsBroken(t *testing.T) {
	bubble(t, serve.Options{}, func(w *world) {
		script(w, from("192.0.2.1:1"), syscall.EBADF)
		served := false
		w.s.Conns("broken", func(context.Context, net.Conn) error { time.Sleep(time.Second); served = true; return nil })
		w.run()
		if err := <-w.err; !errors.Is(err, syscall.EBADF) || !strings.Contains(err.Error(), "conns broken") || !served {
			t.Errorf("%v, served %v", err, served)
		}
	})
}

// An address that can't be had is said before anything is served, and gives back the
// others.
func TestListenFails(t *testing.T) {
	first := memnet.Listen("first")
	s := serve.New(serve.Options{Listen: func(_ context.Context, network, address string) (net.Listener, error) {
		if address == "first:1" && network == "tcp" {
			return first, nil
		}
		return nil, errors.New(network + " " + address + " is taken")
	}})
	s.HTTP("first:1", nil)
	s.HTTP("unix:/a/b", nil)
	if err := s.Run(t.Context()); err == nil || err.Error() != "serve: http unix:/a/b: unix /a/b is taken" {
		t.Error(err)
	}
	if _, err := first.Accept(); err == nil {
		t.Error("the first is still open")
	}
}

// What is wrong in the program itself panics.
func TestPanicsOfUse(t *testing.T) {
	for name, use := range map[string]func(s *serve.Server){
		"Conns":    func(s *serve.Server) { s.Conns("", nil) },
		"OnDrain":  func(s *serve.Server) { s.OnDrain("", nil) },
		"Add":      func(s *serve.Server) { s.Health.Add(serve.Liveness, "", nil) },
		"no probe": func(s *serve.Server) { s.Health.Add("healthz", "", func(context.Context) error { return nil }) },
		"listens": func(s *serve.Server) {
			_ = s.Listen(context.Background())
			s.HTTP("", nil)
		},
	} {
		func() {
			defer func() {
				if p, _ := recover().(string); !strings.HasPrefix(p, "inflight/serve: ") {
					t.Errorf("%s: %q", name, p)
				}
			}()
			use(serve.New(serve.Options{}))
		}()
	}
}
