package hub

import (
	"bytes"
	"context"
	"net"
	"time"
	"unicode/utf8"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/accept"
	"github.com/inflight-go/inflight/internal/ws"
)

// lines is the input of a client over TCP.
type lines struct {
	max    int
	part   []byte // of a line that is not complete
	given  bool   // part was a line, and has been returned
	frames int
}

func (l *lines) Frames() int { return l.frames }

func (l *lines) Idle() bool {
	if len(l.part) > 0 && !l.given {
		return false
	}
	l.part = nil
	return true
}

func (l *lines) Next(b []byte) (ev ws.Event, n int, err error) {
	if l.given {
		l.part, l.given = l.part[:0], false
	}
	end := bytes.IndexByte(b, '\n')
	if end < 0 {
		if len(l.part)+len(b) > l.max+1 { // a return may come yet
			return ev, 0, errLongLine
		}
		l.part = append(l.part, b...)
		return ev, len(b), nil
	}
	text := b[:end]
	if len(l.part) > 0 {
		l.part = append(l.part, text...)
		text, l.given = l.part, true
	}
	ev, err = l.event(text)
	return ev, end + 1, err
}

func (l *lines) event(text []byte) (ws.Event, error) {
	l.frames++
	text = bytes.TrimSuffix(text, []byte{'\r'})
	switch {
	case len(text) > l.max:
		return ws.Event{}, errLongLine
	case !utf8.Valid(text):
		return ws.Event{}, &ws.Error{Code: InvalidData, Text: "a line that is not UTF-8"}
	}
	return ws.Event{Op: ws.Text, Data: text}, nil
}

var errLongLine = &ws.Error{Code: TooBig, Text: "a line that is too long"}

// last returns the line that the end of the connection has ended, or err.
func (l *lines) last(err error) (ws.Event, error) {
	if len(l.part) == 0 || l.given {
		return ws.Event{}, err
	}
	l.given = true
	return l.event(l.part)
}

// Lines takes clients from a listener, which it closes at the end: each line of UTF-8
// that they send is a message of text, and each message for them is a line, in which
// line breaks are spaces. Until Run has begun they wait in the listener. It returns the cause when ctx ends, nil when the hub
// does, and the listener's error when that fails; the clients stay. A client that
// is one too many by Options.MaxClients or PerIP is closed at once. It panics for a nil
// handler.
func (h *Hub) Lines(ctx context.Context, l net.Listener, fn Handler) error {
	if fn == nil {
		panic("inflight/hub: Lines called with a nil handler")
	}
	defer l.Close()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	defer context.AfterFunc(ctx, func() { l.Close() })()
	defer h.door(l)()
	if err := h.Started(ctx); err != nil {
		return err
	}
	for {
		conn, err := accept.Next(l, func(err error, wait time.Duration) bool {
			h.counts.acceptErrors.Add(1)
			h.warn(ctx, "accept", "listener", l.Addr().String(), "error", err, "again in", wait)
			return inflight.Sleep(ctx, wait) == nil && !h.ended()
		})
		switch {
		case err == nil:
			h.line(conn, fn)
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case h.ended():
			return nil
		default:
			return err
		}
	}
}

// door notes a listener that is closed when the hub takes no more clients.
func (h *Hub) door(l net.Listener) (forget func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.phase > running {
		l.Close()
	}
	h.doors[l] = struct{}{}
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.doors, l)
	}
}

// line makes a client of a connection, or closes it.
func (h *Hub) line(conn net.Conn, fn Handler) {
	ip, err := h.admit(conn.RemoteAddr().String())
	if err != nil {
		conn.Close()
		return
	}
	defer h.came()
	c := &Client{conn: conn, form: line, ip: ip}
	c.in.dec = &lines{max: h.opts.MaxMessage}
	c.in.rate = h.opts.Rate.limit()
	h.start(c, nil, fn)
}
