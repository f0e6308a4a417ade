//go:build unix

package hub_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/inflight-go/inflight/hub"
	"github.com/inflight-go/inflight/internal/memnet"
	"github.com/inflight-go/inflight/internal/ws/wstest"
)

// A few hundred well-behaved clients and all kinds of others. The soak has ten thousand.
func TestBadClientsInACrowd(t *testing.T) { crowded(t, 300, 5) }

func TestSoakTenThousandConnections(t *testing.T) {
	if os.Getenv("INFLIGHT_SOAK") == "" {
		t.Skip("ten thousand connections take a while: set INFLIGHT_SOAK")
	}
	crowded(t, 10_000, 50)
}

// A crowd is a hub with listeners of both kinds, on sockets and, for want of files, in
// memory.
type crowd struct {
	*testing.T
	hub        *hub.Hub
	web, lines net.Listener
	memory     *memnet.Listener // of the web, too
	sockets    int              // how many there may still be
	end        func() error
}

const crowdMessage = 4 << 10

// narrow gives the connections that it accepts little room, so that who does not read is
// known to be slow before the system has taken megabytes for it.
type narrow struct{ net.Listener }

func (l narrow) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok {
		err = tcp.SetWriteBuffer(16 << 10)
	}
	return c, err
}

func newCrowd(t *testing.T, most int) *crowd {
	t.Helper()
	c := &crowd{T: t, memory: memnet.Listen("memory"), sockets: 1000}
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err == nil {
		c.sockets = int(min(files.Cur, 1<<20))/2 - 200
	}
	c.hub = hub.New(hub.Options{
		MaxClients: most, MaxMessage: crowdMessage, Rate: hub.Rate{N: 100, Per: time.Hour},
		Queue: 64, QueueBytes: 128 << 10, Ping: -1, CloseTimeout: 20 * time.Second, WriteTimeout: 20 * time.Second,
	})
	// Who says "all of it" gets more than anybody can be sent who does not read.
	talk := func(ctx context.Context, c *hub.Client) error {
		for m := range c.Messages(ctx) {
			if m.String() == "all of it" {
				c.Join("all of it")
			}
		}
		return nil
	}
	listen := func() net.Listener {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		return narrow{l}
	}
	c.web, c.lines = listen(), listen()
	server := &http.Server{Handler: c.hub.WebSocket(talk)}
	ctx, end := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() { over <- c.hub.Run(ctx) }()
	if err := c.hub.Started(ctx); err != nil {
		t.Fatal(err)
	}
	go c.hub.Lines(ctx, c.lines, talk)
	go server.Serve(c.web)
	go server.Serve(c.memory)
	c.end = func() error { end(); return <-over }
	t.Cleanup(func() { end(); server.Close() })
	return c
}

func (c *crowd) until(what string, so func() bool) {
	c.Helper()
	for end := time.Now().Add(2 * time.Minute); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			c.Fatalf("it has not come to pass that %s: %+v", what, c.hub.Stats())
		}
	}
}

// dial connects by a socket, if there may be one more, and in memory otherwise.
func (c *crowd) dial(to net.Listener) (*wire, error) {
	var conn net.Conn
	var err error
	if c.sockets--; c.sockets < 0 && to == c.web {
		conn, err = c.memory.Dial(c.Context(), "client", "memory", memnet.Link{})
	} else {
		conn, err = net.Dial("tcp", to.Addr().String())
	}
	if err != nil {
		return nil, err
	}
	return &wire{conn, bufio.NewReaderSize(conn, 512), c.T}, nil
}

// line returns a client over TCP, and socket one over WebSocket.
func (c *crowd) line() *wire {
	c.Helper()
	w, err := c.dial(c.lines)
	if err != nil {
		c.Fatal(err)
	}
	return w
}

func (c *crowd) socket() *wire {
	c.Helper()
	w, status := c.ask()
	if status != http.StatusSwitchingProtocols {
		c.Fatalf("status %d", status)
	}
	return w
}

func (c *crowd) ask() (w *wire, status int) {
	c.Helper()
	w, err := c.dial(c.web)
	if err != nil {
		c.Fatal(err)
	}
	io.WriteString(w, "GET / HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	resp, err := http.ReadResponse(w.r, nil)
	if err != nil {
		c.Fatal(err)
	}
	return w, resp.StatusCode
}

// A bad client is what one does, and what the hub closes it with. Over WebSocket it is
// told that code, unless there is none to be told.
type badClient struct {
	name string
	line bool
	code int
	do   func(c *wire)
}

var badClients = []badClient{
	{"never reads", false, hub.Policy, func(c *wire) { c.Write(wstest.Frame(0x81, "all of it")) }},
	{"never reads lines", true, hub.Policy, func(c *wire) { io.WriteString(c, "all of it\n") }},
	{"an endless line", true, hub.TooBig, func(c *wire) { c.endless([]byte(strings.Repeat("x", 1000))) }},
	{"an endless message", false, hub.TooBig, func(c *wire) {
		c.Write(wstest.Frame(0x01, "x"))
		c.endless(wstest.Frame(0x00, strings.Repeat("x", 100)))
	}},
	{"an endless frame", false, hub.TooBig, func(c *wire) {
		c.Write(binary.BigEndian.AppendUint64([]byte{0x82, 0xff}, 1<<62))
		c.endless(make([]byte, 1000))
	}},
	{"a flood", false, hub.Policy, func(c *wire) { c.endless(wstest.Frame(0x81, "flood")) }},
	{"a flood of lines", true, hub.Policy, func(c *wire) { c.endless([]byte("flood\n")) }},
	{"a flood of pings", false, hub.Policy, func(c *wire) { c.endless(wstest.Frame(0x89, "flood")) }},
	{"a length that is a lie", false, hub.Abnormal, func(c *wire) {
		c.Write(wstest.Frame(0x81, strings.Repeat("x", 2000))[:100])
		c.Close()
	}},
	{"text that is not UTF-8", false, hub.InvalidData, func(c *wire) { c.Write(wstest.Frame(0x81, "b\xffd")) }},
	{"a line that is not UTF-8", true, hub.InvalidData, func(c *wire) { io.WriteString(c, "b\xffd\n") }},
	{"a frame without a mask", false, hub.ProtocolError, func(c *wire) { io.WriteString(c, "\x81\x05naked") }},
	{"reserved bits", false, hub.ProtocolError, func(c *wire) { c.Write(wstest.Frame(0xb1, "odd")) }},
	{"a continuation of nothing", false, hub.ProtocolError, func(c *wire) { c.Write(wstest.Frame(0x80, "odd")) }},
	{"half of a connection", false, hub.Abnormal, func(c *wire) { c.half() }},
	{"half of a connection of lines", true, hub.Normal, func(c *wire) { io.WriteString(c, "bye"); c.half() }},
}

func (c *wire) half() { c.Conn.(interface{ CloseWrite() error }).CloseWrite() }

// endless sends b again and again, until the hub has had enough of it. It leaves a little
// of the processors to others: they are the same that the hub has.
func (c *wire) endless(b []byte) {
	go func() {
		for b := bytes.Repeat(b, 20); ; time.Sleep(2 * time.Millisecond) {
			if _, err := c.Write(b); err != nil {
				return
			}
		}
	}()
}

// suffer has a client do what it does, and takes down what it is told.
func (b *badClient) suffer(c *wire, over <-chan struct{}) error {
	defer c.Close()
	b.do(c)
	if strings.HasPrefix(b.name, "never reads") {
		<-over
		return nil
	}
	c.SetReadDeadline(time.Now().Add(time.Minute))
	for !b.line && b.code != hub.Abnormal {
		op, data, err := c.frame()
		if err != nil {
			return fmt.Errorf("%s: %w, want a close with %d", b.name, err, b.code)
		}
		if op == 8 {
			if len(data) < 2 || int(binary.BigEndian.Uint16([]byte(data))) != b.code {
				return fmt.Errorf("%s: a close with %q, want %d", b.name, data, b.code)
			}
			return nil
		}
	}
	if _, err := io.Copy(io.Discard, c.r); isTimeout(err) {
		return fmt.Errorf("%s: %w", b.name, err)
	}
	return nil
}

// A goodClient reads all that is sent to all, in order, until it is told to go.
func goodClient(c *wire, heard *atomic.Int64) error {
	defer c.Close()
	for n := 0; ; n++ {
		op, data, err := c.frame()
		switch {
		case err != nil:
			return err
		case op == 8 && strings.HasPrefix(data, "\x03\xe9"):
			return nil
		case op != 1 || data != fmt.Sprint("news ", n):
			return fmt.Errorf("%v %.40q, want number %d", op, data, n)
		}
		heard.Add(1)
	}
}

// crowded connects so many good clients and of each kind of bad ones a few, all of which
// do their worst while news are sent to all.
func crowded(t *testing.T, size, each int) {
	c, good := newCrowd(t, size), size-each*len(badClients)
	var heard atomic.Int64
	var wg, bad sync.WaitGroup
	wrong, over := make(chan error, size), make(chan struct{})
	began := time.Now()
	for range good {
		w := c.socket()
		wg.Go(func() {
			if err := goodClient(w, &heard); err != nil {
				wrong <- err
			}
		})
	}
	want := map[int]uint64{}
	var all []*wire
	for i := range badClients {
		for range each {
			w := c.socket
			if badClients[i].line {
				w = c.line
			}
			all = append(all, w())
		}
	}
	c.until("all are there", func() bool { return c.hub.Len() == size })
	t.Log(size, "connections after", time.Since(began).Round(time.Millisecond))
	for range each { // one more than there may be
		if w, status := c.ask(); status != http.StatusServiceUnavailable {
			t.Errorf("one too many: status %d", status)
		} else {
			w.Close()
		}
	}
	for i, w := range all {
		b := &badClients[i/each]
		want[b.code]++
		bad.Go(func() {
			if err := b.suffer(w, over); err != nil {
				wrong <- err
			}
		})
	}
	const news = 20
	bulk := hub.Text(strings.Repeat("x", 32<<10))
	for n := range news {
		if err := c.hub.Broadcast(t.Context(), hub.Text(fmt.Sprint("news ", n))); err != nil {
			t.Fatal(err)
		}
		c.until("good clients have the news", func() bool { return heard.Load() == int64((n+1)*good) })
		_ = c.hub.Room("all of it").Broadcast(t.Context(), bulk)
	}
	c.until("who does not read is known to be slow", func() bool {
		_ = c.hub.Room("all of it").Broadcast(t.Context(), bulk)
		return c.hub.Stats().Kicked == uint64(2*each)
	})
	close(over)
	bad.Wait()
	c.until("bad clients have gone", func() bool { return c.hub.Len() == good })
	c.until("bad clients are counted", func() bool {
		n := uint64(0)
		for _, closed := range c.hub.Stats().Closed {
			n += closed
		}
		return n == uint64(each*len(badClients))
	})
	s := c.hub.Stats()
	for code, n := range want {
		if s.Closed[code] != n {
			t.Errorf("%d are closed with %d, want %d", s.Closed[code], code, n)
		}
	}
	if s.Clients != good || s.Refused != uint64(each) || s.Kicked != uint64(2*each) || s.Failed != 0 {
		t.Errorf("%+v", s)
	}
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	t.Logf("the news have reached %d after %v; %d KiB of memory a connection, both ends", good, time.Since(began).Round(time.Millisecond), m.Sys/uint64(size)>>10)
	if err := c.end(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	close(wrong)
	for err := range wrong {
		t.Error(err)
	}
	if s := c.hub.Stats(); s.Closed[hub.GoingAway] != uint64(good) || s.Clients != 0 {
		t.Errorf("%+v", s)
	}
}
