package hub_test

import (
	"context"
	"errors"
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
