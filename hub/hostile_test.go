package hub_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inflight-go/inflight/hub"
	"github.com/inflight-go/inflight/internal/ws/wstest"
)

// witness is a client that must not notice anything of what others do.
func (w *world) witness(form string) (check func()) {
	w.Helper()
	if form == "line" {
		return w.line().lineIsThere
	}
	return w.raw().isThere
}

// isThere fails the test unless the client hears what it says.
func (c *wire) isThere() {
	c.t.Helper()
	c.Write(wstest.Frame(0x81, "still here?"))
	for {
		_, data, err := c.frame()
		if err != nil {
			c.t.Fatal("the witness: ", err)
		}
		if data == "still here?" {
			return
		}
	}
}

// lineIsThere is isThere for a client over TCP.
func (c *wire) lineIsThere() {
	c.t.Helper()
	io.WriteString(c, "still here?\n")
	for {
		got, err := c.r.ReadString('\n')
		if err != nil {
			c.t.Fatal("the witness: ", err)
		}
		if got == "still here?\n" {
			return
		}
	}
}

func (w *world) closed(code int, n uint64) {
	w.Helper()
	w.until(fmt.Sprint(n, " are closed with ", code), func() bool { return w.hub.Stats().Closed[code] == n })
}

// One never reads: it is closed, the others get everything, and memory is bounded.
func TestClientThatNeverReads(t *testing.T) {
	w := newWorld(t, hub.Options{QueueBytes: 256 << 10, CloseTimeout: 200 * time.Millisecond}, nil)
	deaf := w.raw()
	deaf.Conn.(*net.TCPConn).SetReadBuffer(4096)
	w.clients(1)
	message := hub.Text(strings.Repeat("x", 16<<10))
	const n = 500
	var wg sync.WaitGroup
	var read [19]atomic.Int64
	for r := range read {
		c := w.raw()
		wg.Go(func() {
			for i := range n {
				read[r].Store(int64(i))
				if _, data, err := c.frame(); err != nil || len(data) != len(message.Data) {
					t.Errorf("message %d of %d: %d bytes, %v", i, n, len(data), err)
					return
				}
			}
		})
	}
	w.clients(20)
	for i := range n {
		if err := w.hub.Broadcast(t.Context(), message); err != nil {
			t.Fatal(err)
		}
		for r := range read { // as fast as those who read
			for read[r].Load() < int64(i)-8 {
				time.Sleep(50 * time.Microsecond)
			}
		}
	}
	wg.Wait()
	w.closed(hub.Policy, 1)
	w.clients(19)
	// Who has read a message may know of it before its writer has counted it.
	var sum uint64
	w.until("what is read is counted", func() bool {
		s := w.hub.Stats()
		sum = s.Delivered + s.Dropped + s.Discarded
		return s.Queued == 0 && s.Delivered >= 19*n
	})
	// The first message is newWorld's, to nobody.
	if s := w.hub.Stats(); s.Kicked != 1 || s.Dropped == 0 || sum > 20*n {
		t.Errorf("%d deliveries are accounted for: %+v", sum, s)
	}
}

func TestIO1_endless_line(t *testing.T) {
	w := newWorld(t, hub.Options{MaxMessage: 1000}, nil)
	check := w.witness("line")
	c := w.line()
	io.WriteString(c, "one\ntwo\n")
	c.wantLine("one")
	c.wantLine("two")
	go func() {
		for {
			if _, err := c.Write(bytes.Repeat([]byte{'x'}, 1000)); err != nil {
				return
			}
		}
	}()
	c.wantEnd()
	w.closed(hub.TooBig, 1)
	check()
	long := w.line()
	fmt.Fprint(long, strings.Repeat("y", 1000), "\r\n")
	long.wantLine(strings.Repeat("y", 1000))
}

// What lies about its length costs no more than what it sends.
func TestLengthsThatAreLies(t *testing.T) {
	w := newWorld(t, hub.Options{MaxMessage: 1 << 30}, nil)
	check := w.witness("ws")
	huge := binary.BigEndian.AppendUint64([]byte{0x82, 0xff}, 1<<60)
	c := w.raw()
	c.Write(append(huge, 1, 2, 3, 4))
	c.wantClose(hub.TooBig)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	large := binary.BigEndian.AppendUint64([]byte{0x82, 0xff}, 1<<29)
	for range 20 {
		w.raw().Write(append(large, 1, 2, 3, 4, 5, 6, 7))
	}
	w.clients(21)
	check()
	runtime.ReadMemStats(&after)
	if used := int64(after.TotalAlloc - before.TotalAlloc); used > 32<<20 {
		t.Errorf("20 frames that claim 512 MiB each have cost %d bytes", used)
	}
}

// A frame that ends before its length is no message, and the handler learns why there
// are no more; a length below zero is no length.
func TestIO2_a_frame_that_is_cut(t *testing.T) {
	heard, errs := make(chan string, 10), make(chan error, 1)
	w := newWorld(t, hub.Options{}, func(ctx context.Context, c *hub.Client) error {
		for m := range c.Messages(ctx) {
			heard <- m.String()
		}
		errs <- c.Err()
		return nil
	})
	c := w.raw()
	c.Write(append(wstest.Frame(0x81, "whole"), wstest.Frame(0x81, "never whole")[:12]...))
	c.Conn.(*net.TCPConn).CloseWrite()
	err := <-errs
	if e, ok := errors.AsType[*hub.CloseError](err); !ok || e.Code != hub.Abnormal || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the handler is told %v", err)
	}
	c.wantEnd()
	if said := <-heard; said != "whole" || len(heard) > 0 {
		t.Errorf("%q was heard, and %d more", said, len(heard))
	}
	negative := w.raw()
	negative.Write([]byte{0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4})
	negative.wantClose(hub.ProtocolError)
	<-errs
	w.closed(hub.Abnormal, 1)
	w.closed(hub.ProtocolError, 1)
}

func TestFragmentsWithoutEnd(t *testing.T) {
	w := newWorld(t, hub.Options{MaxMessage: 1000, Rate: hub.Rate{N: 5000, Per: time.Hour}}, nil)
	check := w.witness("ws")
	c := w.raw()
	c.Write(wstest.Frame(0x01, "x"))
	go func() {
		for {
			if _, err := c.Write(bytes.Repeat(wstest.Frame(0x00, "xxxxxxxxxx"), 100)); err != nil {
				return
			}
		}
	}()
	c.wantClose(hub.TooBig)
	empty := w.raw()
	empty.Write(wstest.Frame(0x01, ""))
	go func() {
		for {
			if _, err := empty.Write(bytes.Repeat(wstest.Frame(0x00, ""), 1000)); err != nil {
				return
			}
		}
	}()
	empty.wantClose(hub.Policy)
	check()
}

// A flood is closed where there is a rate; where there is none it fills its own
// connection and no more.
func TestFlood(t *testing.T) {
	for _, kind := range []byte{0x81, 0x89, 0x8a} {
		w := newWorld(t, hub.Options{Rate: hub.Rate{N: 100, Per: time.Hour}, CloseTimeout: time.Second}, func(ctx context.Context, c *hub.Client) error {
			for range c.Messages(ctx) {
			}
			return nil
		})
		c := w.raw()
		go func() {
			for {
				if _, err := c.Write(bytes.Repeat(wstest.Frame(kind, "flood"), 100)); err != nil {
					return
				}
			}
		}()
		c.wantClose(hub.Policy)
		w.closed(hub.Policy, 1)
		w.stop()
	}
}

// Pings whose answers are not read cost no memory.
func TestPingsThatAreNotRead(t *testing.T) {
	w := newWorld(t, hub.Options{}, nil)
	check := w.witness("ws")
	c := w.raw()
	c.Conn.(*net.TCPConn).SetReadBuffer(4096)
	c.SetWriteDeadline(time.Now().Add(time.Second))
	b := bytes.Repeat(wstest.Frame(0x89, strings.Repeat("p", 125)), 1000)
	sent := 0
	for range 200 {
		n, err := c.Write(b)
		if sent += n; err != nil {
			break
		}
	}
	check()
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	if m.HeapInuse > 64<<20 {
		t.Errorf("%d bytes of pings: %d bytes of memory", sent, m.HeapInuse)
	}
}

func TestIO1_half_closed_line(t *testing.T) {
	w := newWorld(t, hub.Options{}, nil)
	c := w.line()
	io.WriteString(c, "one\ntwo\nthree")
	c.Conn.(*net.TCPConn).CloseWrite()
	c.wantLine("one")
	c.wantLine("two")
	c.wantLine("three")
	c.wantEnd()
	w.closed(hub.Normal, 1)
}

func TestLineThatIsNotUTF8(t *testing.T) {
	w := newWorld(t, hub.Options{}, nil)
	c := w.line()
	io.WriteString(c, "good\nb\xffd\n")
	c.wantLine("good")
	c.wantEnd()
	c.Close()
	w.closed(hub.InvalidData, 1)
}

func TestGoneWithoutAWord(t *testing.T) {
	w := newWorld(t, hub.Options{}, nil)
	check := w.witness("ws")
	for range 5 {
		c := w.raw()
		c.Conn.(*net.TCPConn).SetLinger(0)
		c.Close()
	}
	w.closed(hub.Abnormal, 5)
	w.raw().Close()
	w.closed(hub.Abnormal, 6)
	check()
}

func TestManyConnections(t *testing.T) {
	w := newWorld(t, hub.Options{MaxClients: 50}, nil)
	check := w.witness("ws")
	refused := 0
	for range 300 {
		c := w.open()
		resp, err := http.ReadResponse(c.r, nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode == http.StatusServiceUnavailable {
			refused++
			c.Close()
		}
	}
	if s := w.hub.Stats(); refused != 251 || s.Clients != 50 || s.Refused != 251 {
		t.Errorf("%d refused: %+v", refused, s)
	}
	for range 100 {
		w.line().wantEnd()
	}
	check()
}

func TestConnectionsOfOneAddress(t *testing.T) {
	w := newWorld(t, hub.Options{PerIP: 2}, nil)
	a, _ := w.line(), w.line()
	w.clients(2)
	w.line().wantEnd()
	c := w.open()
	if resp, _ := http.ReadResponse(c.r, nil); resp.StatusCode != http.StatusServiceUnavailable {
		t.Error(resp.Status)
	}
	a.Close()
	w.clients(1)
	w.until("there is room again", func() bool {
		c := w.open()
		resp, err := http.ReadResponse(c.r, nil)
		return err == nil && resp.StatusCode == http.StatusSwitchingProtocols
	})
}

func TestRequestsThatAreRefused(t *testing.T) {
	w := newWorld(t, hub.Options{
		Origins: []string{"*.example.org", "tool.example.net:8443"},
		Authorize: func(r *http.Request) (any, error) {
			if r.Header.Get("Cookie") == "stranger" {
				return nil, errors.New("who is that")
			}
			return r.Header.Get("Cookie"), nil
		},
	}, nil)
	const upgrade = "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"
	const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	const version = "Sec-WebSocket-Version: 13\r\n"
	const all = "GET / HTTP/1.1\r\n" + upgrade + key + version
	for _, row := range []struct {
		name, request string
		want          int
	}{
		{"a page", "GET / HTTP/1.1\r\n", 426},
		{"all there", all, 101},
		{"no version", "GET / HTTP/1.1\r\n" + upgrade + key, 426},
		{"version 8", "GET / HTTP/1.1\r\n" + upgrade + key + "Sec-WebSocket-Version: 8\r\n", 426},
		{"no key", "GET / HTTP/1.1\r\n" + upgrade + version, 400},
		{"a short key", "GET / HTTP/1.1\r\n" + upgrade + version + "Sec-WebSocket-Key: dGhlIHN\r\n", 400},
		{"two keys", all + key, 400},
		{"POST", "POST / HTTP/1.1\r\n" + upgrade + key + version, 405},
		{"HTTP/1.0", "GET / HTTP/1.0\r\n" + upgrade + key + version, 426},
		{"its own origin", all + "Origin: http://example.com\r\n", 101},
		{"a friend", all + "Origin: https://a.b.example.org\r\n", 101},
		{"a friend with a port", all + "Origin: https://TOOL.example.net:8443\r\n", 101},
		{"not quite a friend", all + "Origin: https://example.org\r\n", 403},
		{"looks like a friend", all + "Origin: https://evilexample.org\r\n", 403},
		{"another port", all + "Origin: https://tool.example.net\r\n", 403},
		{"no host", all + "Origin: null\r\n", 403},
		{"two origins", all + "Origin: http://example.com\r\nOrigin: http://x.example\r\n", 403},
		{"not authorized", all + "Cookie: stranger\r\n", 403},
	} {
		c := w.connect(w.web.Listener.Addr())
		io.WriteString(c, row.request+"Host: example.com\r\n\r\n")
		resp, err := http.ReadResponse(c.r, nil)
		if err != nil || resp.StatusCode != row.want {
			t.Errorf("%s: %v, %v, want %d", row.name, resp, err, row.want)
			continue
		}
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 100))
		if strings.Contains(string(body), "who is that") {
			t.Errorf("%s: the client is told %q", row.name, body)
		}
		if resp.StatusCode == 101 && resp.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
			t.Errorf("%s: %v", row.name, resp.Header)
		}
	}
}
