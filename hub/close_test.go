package hub_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"

	"github.com/coder/websocket"

	"github.com/inflight-go/inflight/hub"
	"github.com/inflight-go/inflight/internal/ws/wstest"
)

// What a handler returns is what the client is told.
func TestHandlersEnd(t *testing.T) {
	for _, row := range []struct {
		err    error
		code   int
		reason string
	}{
		{nil, hub.Normal, ""},
		{errors.New("a secret"), hub.Failed, ""},
		{&hub.CloseError{Code: 4001, Reason: "bad token"}, 4001, "bad token"},
		{&hub.CloseError{Code: 17}, hub.Failed, ""},
		{fmt.Errorf("too late: %w", hub.ErrNotRunning), hub.GoingAway, "the server is going away"},
	} {
		w := newWorld(t, hub.Options{}, func(ctx context.Context, c *hub.Client) error {
			c.Send(ctx, hub.Text("before"))
			return row.err
		})
		c := w.dial(nil)
		if _, data, err := c.Read(t.Context()); string(data) != "before" || err != nil {
			t.Errorf("%q, %v", data, err)
		}
		_, _, err := c.Read(t.Context())
		if e, ok := errors.AsType[websocket.CloseError](err); !ok || int(e.Code) != row.code || e.Reason != row.reason {
			t.Errorf("a handler that returns %v: %v", row.err, err)
		}
		w.closed(row.code, 1)
		w.stop()
	}
}

func TestErrTellsWhy(t *testing.T) {
	errs := make(chan error, 1)
	causes := make(chan error, 1)
	w := newWorld(t, hub.Options{}, func(ctx context.Context, c *hub.Client) error {
		if c.Err() != nil {
			t.Error(c.Err())
		}
		for range c.Messages(ctx) {
		}
		errs <- c.Err()
		causes <- context.Cause(ctx)
		if err := c.Send(context.Background(), hub.Text("x")); !errors.Is(err, c.Err()) {
			t.Errorf("Send returns %v", err)
		}
		c.Join("after the end")
		return nil
	})
	c := w.raw()
	c.Write(wstest.Frame(0x88, "\x0f\xa1bye"))
	c.wantClose(4001)
	err := <-errs
	if e, ok := errors.AsType[*hub.CloseError](err); !ok || e.Code != 4001 || e.Reason != "bye" || !e.Remote {
		t.Errorf("%#v", err)
	}
	if err.Error() != `closed by the client: 4001 "bye"` {
		t.Error(err)
	}
	if cause := <-causes; !errors.Is(cause, err) {
		t.Errorf("the cause is %v", cause)
	}
	c.wantEnd()
	w.closed(4001, 1)
}

// Who comes over TCP can be told by a last line what others are told by a code.
func TestFarewell(t *testing.T) {
	w := newWorld(t, hub.Options{Farewell: "* closed: ", MaxMessage: 10}, func(ctx context.Context, c *hub.Client) error {
		for m := range c.Messages(ctx) {
			if m.String() == "bye" {
				return &hub.CloseError{Code: 4000, Reason: "as you like\n* it"}
			}
		}
		return nil
	})
	for say, want := range map[string]string{
		"bye":            "* closed: 4000 as you like * it",
		"b\xffd":         "* closed: 1007 a line that is not UTF-8",
		"that is longer": "* closed: 1009 a line that is too long",
	} {
		c := w.line()
		fmt.Fprintln(c, say)
		c.wantLine(want)
		c.wantEnd()
		c.Close()
	}
	gone, stays := w.line(), w.line()
	gone.Conn.(*net.TCPConn).CloseWrite()
	gone.wantEnd() // it was the client who has closed
	gone.Close()
	w.clients(1)
	w.end()
	stays.wantLine("* closed: 1001 the server is going away")
	stays.wantEnd()
	stays.Close()
}

func TestCloseByAnother(t *testing.T) {
	clients := make(chan *hub.Client, 1)
	w := newWorld(t, hub.Options{}, func(ctx context.Context, c *hub.Client) error {
		clients <- c
		<-ctx.Done()
		return nil
	})
	c := w.raw()
	(<-clients).Close(4000, "moderated")
	c.wantClose(4000)
	c.Write(wstest.Frame(0x81, "what was under way"))
	c.Write(wstest.Frame(0x88, "\x0f\xa0"))
	c.wantEnd()
	w.closed(4000, 1)
}
