package hub_test

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"

	gobwas "github.com/gobwas/ws"

	"github.com/inflight-go/inflight/hub"
	"github.com/inflight-go/inflight/internal/ws"
	"github.com/inflight-go/inflight/internal/ws/wstest"
)

// Each case of the table, sent to a server over a socket: messages come back, pings are
// answered, and a connection ends as the table says.
func TestTableOverSockets(t *testing.T) {
	w := newWorld(t, hub.Options{MaxMessage: wstest.Max, Compress: true, Queue: 1000, QueueBytes: 64 << 20}, back)
	for _, c := range wstest.Cases() {
		var header []string
		if c.Deflate {
			header = append(header, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")
		}
		wire := w.raw(header...)
		go func() {
			wire.Write(c.In)
			wire.Conn.(*net.TCPConn).CloseWrite()
		}()
		said, pongs := wire.all()
		wantSaid, wantPongs := expected(c.Want)
		if !slices.Equal(said, wantSaid) || !slices.Equal(pongs, wantPongs) {
			t.Errorf("%s: the server says %q and %q, want %q and %q", c.Name, said, pongs, wantSaid, wantPongs)
		}
		wire.Close()
	}
	w.clients(0)
}

// back sends messages back to where they came from.
func back(ctx context.Context, c *hub.Client) error {
	for m := range c.Messages(ctx) {
		if err := c.Send(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// all returns the messages and the close that the server sends, and its pongs.
func (c *wire) all() (said, pongs []string) {
	for {
		h, data, err := c.next()
		if err != nil {
			return said, pongs
		}
		if h.Rsv1() {
			if data, err = ws.Inflate(nil, data, 1<<24); err != nil {
				c.t.Error(err)
			}
		}
		switch h.OpCode {
		case gobwas.OpText:
			said = append(said, wstest.Event("text", 0, data))
		case gobwas.OpBinary:
			said = append(said, wstest.Event("binary", 0, data))
		case gobwas.OpPong:
			pongs = append(pongs, wstest.Event("pong", 0, data))
		case gobwas.OpClose:
			code, _ := gobwas.ParseCloseFrameData(data)
			if len(data) == 0 {
				code = 1005
			}
			said = append(said, wstest.Fail(int(code)))
		}
	}
}

// expected is what a server says to the events of a case.
func expected(events []string) (said, pongs []string) {
	for _, e := range events {
		kind, rest, _ := strings.Cut(e, " ")
		switch kind {
		case "ping":
			pongs = append(pongs, "pong "+rest)
		case "close":
			code, _, _ := strings.Cut(rest, " ")
			said = append(said, "fail "+code)
		case "text", "binary", "fail":
			said = append(said, e)
		}
	}
	return said, pongs
}
