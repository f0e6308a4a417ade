package main_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/lxzan/gws"

	"github.com/inflight-go/inflight/hub"
)

// The clients of the peers talk to our hub, too; those of the module itself do so in
// package hub, where their modules would be dependencies.

var said = []string{"grüße", strings.Repeat("x", 100_000), "", strings.Repeat("0123456789", 40)}

// serve returns the URL of a hub that sends each client what it says.
func serve(t *testing.T) (h *hub.Hub, url string) {
	t.Helper()
	h = hub.New(hub.Options{Compress: true})
	ctx, end := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() { over <- h.Run(ctx) }()
	if err := h.Started(ctx); err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h.WebSocket(func(ctx context.Context, c *hub.Client) error {
		for m := range c.Messages(ctx) {
			if err := c.Send(ctx, m); err != nil {
				return err
			}
		}
		return nil
	}))
	t.Cleanup(func() {
		s.Close()
		end()
		if err := <-over; err != nil {
			t.Error(err)
		}
	})
	return h, "ws" + strings.TrimPrefix(s.URL, "http")
}

func closed(t *testing.T, h *hub.Hub, code int) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); h.Stats().Closed[code] == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("nobody was closed with %d: %+v", code, h.Stats())
		}
	}
}

func TestGorillaClient(t *testing.T) {
	for _, compress := range []bool{false, true} {
		h, url := serve(t)
		c, _, err := (&websocket.Dialer{EnableCompression: compress}).Dial(url, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		for _, kind := range []int{websocket.TextMessage, websocket.BinaryMessage} {
			for _, m := range said {
				if err := c.WriteMessage(kind, []byte(m)); err != nil {
					t.Fatal(err)
				}
				if got, data, err := c.ReadMessage(); got != kind || string(data) != m || err != nil {
					t.Fatalf("%d, %d bytes, %v, want %d, %d", got, len(data), err, kind, len(m))
				}
			}
		}
		pongs := ""
		c.SetPongHandler(func(s string) error { pongs += s; return nil })
		_ = c.WriteControl(websocket.PingMessage, []byte("are you there"), time.Now().Add(time.Second))
		_ = c.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(4000, "bye"))
		if _, _, err := c.ReadMessage(); !websocket.IsCloseError(err, 4000) || pongs != "are you there" {
			t.Errorf("%v, and the pong %q", err, pongs)
		}
		closed(t, h, 4000)
	}
}

// A listener is a gws client: it takes down what it hears.
type listener struct {
	gws.BuiltinEventHandler
	heard, pongs chan string
	over         chan error
}

func (l *listener) OnMessage(_ *gws.Conn, m *gws.Message) { l.heard <- m.Data.String() }
func (l *listener) OnPong(_ *gws.Conn, data []byte)       { l.pongs <- string(data) }
func (l *listener) OnClose(_ *gws.Conn, err error)        { l.over <- err }

func TestGwsClient(t *testing.T) {
	for _, compress := range []bool{false, true} {
		h, url := serve(t)
		l := &listener{heard: make(chan string, 1), pongs: make(chan string, 1), over: make(chan error, 1)}
		c, _, err := gws.NewClient(l, &gws.ClientOption{Addr: url, CheckUtf8Enabled: true, PermessageDeflate: gws.PermessageDeflate{Enabled: compress}})
		if err != nil {
			t.Fatal(err)
		}
		go c.ReadLoop()
		for _, kind := range []gws.Opcode{gws.OpcodeText, gws.OpcodeBinary} {
			for _, m := range said {
				if err := c.WriteMessage(kind, []byte(m)); err != nil {
					t.Fatal(err)
				}
				if got := <-l.heard; got != m {
					t.Fatalf("%d bytes, want %d", len(got), len(m))
				}
			}
		}
		if err := c.WritePing([]byte("are you there")); err != nil {
			t.Error(err)
		}
		if got := <-l.pongs; got != "are you there" {
			t.Errorf("the pong %q", got)
		}
		_ = c.WriteClose(4000, []byte("bye"))
		<-l.over
		closed(t, h, 4000)
	}
}
