package chat

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/limit"
	"github.com/inflight-go/inflight/retry"
)

// A Guest is somebody who joins a chat from a terminal, or a script.
type Guest struct {
	URL  string // of the server: ws, wss, http or https
	Name string // "" to be asked for it
	Room string // "" for the Lobby
	In   io.Reader
	Out  io.Writer // what people say
	Err  io.Writer // what becomes of the connection
	Asks bool      // In is somebody who can be asked again
}

// Join connects, shows what people say, and says what comes in, until that ends and all
// of it was said, or the guest is sent away. A connection that is lost is made again,
// and nothing is missed, or said twice: what was not heard back is looked for in the
// history first.
func (o *Guest) Join(ctx context.Context) error {
	address, err := o.address()
	if err != nil {
		return err
	}
	return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		typed := make(chan string)
		g.Service(func(ctx context.Context) error { return o.lines(ctx, typed) }, inflight.Name("input"))
		v := &visit{guest: o, address: address, typed: typed, name: o.Name, room: o.Room}
		return v.stay(ctx)
	}, inflight.Label("chat join"))
}

// address returns the URL of the server's WebSockets.
func (o *Guest) address() (*url.URL, error) {
	text := o.URL
	if !strings.Contains(text, "://") { // a host and a port
		text = "ws://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("the URL of the server is %q: want ws://HOST:PORT, or wss, http, https", o.URL)
	}
	switch u.Scheme {
	case "http":
		u.Scheme = "ws"
	case "https":
		u.Scheme = "wss"
	case "ws", "wss":
	default:
		return nil, fmt.Errorf("the URL of the server is %q: want ws://HOST:PORT, or wss, http, https", o.URL)
	}
	if !strings.HasSuffix(u.Path, "/ws") {
		u.Path = strings.TrimSuffix(u.Path, "/") + "/ws"
	}
	return u, nil
}

// lines passes on the lines that come in, and closes the channel after the last.
func (o *Guest) lines(ctx context.Context, typed chan<- string) error {
	defer close(typed)
	in := bufio.NewReader(o.In)
	for {
		line, err := inflight.Offload(ctx, func() (string, error) {
			line, err := in.ReadString('\n')
			if line != "" {
				err = nil // once more for the end
			}
			return line, err
		})
		if err != nil {
			return nil
		}
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		select {
		case typed <- line:
		case <-ctx.Done():
			return nil
		}
	}
}

// A visit is a guest who is there, over one connection after the other.
type visit struct {
	guest   *Guest
	address *url.URL
	typed   <-chan string // closed, and then nil, when the input has ended

	name, room, key string
	seq             uint64      // of what was heard last
	known           bool        // welcomed over this connection
	asked           bool        // for a name
	left            bool        // has said that it goes
	waiting         []string    // lines that were sent and not heard back
	pace            *limit.Rate // that the server allows; nil before it has said so
}

var errLost = errors.New("the connection is lost")

// stay keeps the guest connected until it goes.
func (v *visit) stay(ctx context.Context) error {
	again := retry.Policy{Retries: 1 << 30, Base: 300 * time.Millisecond, Max: 10 * time.Second}
	for retries, first := 0, true; ; first = false {
		err := v.once(ctx, first)
		if err == nil || ctx.Err() != nil || !errors.Is(err, errLost) {
			return err
		}
		if v.known {
			retries = 0
		}
		v.known = false
		fmt.Fprintf(v.guest.Err, "%v; connecting again\n", err)
		var ok bool
		if retries, ok = again.Pause(ctx, retries, 0); !ok {
			return context.Cause(ctx)
		}
	}
}

// once is one connection. Its error wraps errLost if another one may do better.
func (v *visit) once(ctx context.Context, first bool) error {
	conn, err := v.dial(ctx, first)
	if err != nil {
		return err
	}
	defer conn.CloseNow()
	err = inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		events := make(chan Event)
		g.Go(func(ctx context.Context) error { return read(ctx, conn, events) }, inflight.Name("reader"))
		for {
			if err := v.next(ctx, conn, events); err != nil {
				return err
			}
		}
	})
	var closed websocket.CloseError
	if no, ok := errors.AsType[*refusedError](err); ok {
		return no // the connection may have been closed meanwhile
	}
	switch {
	case errors.As(err, &closed) && closed.Code == websocket.StatusNormalClosure:
		return nil
	case errors.As(err, &closed) && closed.Code == websocket.StatusGoingAway:
		return fmt.Errorf("the server is going: %w", errLost)
	case errors.As(err, &closed):
		return fmt.Errorf("the server has closed the connection: %d %s", closed.Code, closed.Reason)
	case ctx.Err() != nil:
		return err
	}
	return fmt.Errorf("%w: %v", errLost, reason(err))
}

func (v *visit) dial(ctx context.Context, first bool) (*websocket.Conn, error) {
	u := *v.address
	if v.name != "" {
		q := u.Query()
		q.Set("name", v.name)
		q.Set("room", v.room)
		q.Set("key", v.key)
		q.Set("since", strconv.FormatUint(v.seq, 10))
		u.RawQuery = q.Encode()
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	conn, resp, err := websocket.Dial(ctx, u.String(), &websocket.DialOptions{
		Subprotocols: []string{Protocol}, CompressionMode: websocket.CompressionNoContextTakeover,
	})
	switch {
	case err == nil:
		conn.SetReadLimit(1 << 20)
		return conn, nil
	case resp != nil && resp.StatusCode < 500 && resp.StatusCode != http.StatusTooManyRequests:
		return nil, fmt.Errorf("%s is no chat: it answered %s", v.address.Host, resp.Status)
	case first:
		return nil, fmt.Errorf("no chat at %s: %w", v.address.Host, reason(err))
	}
	return nil, fmt.Errorf("%w: %v", errLost, reason(err))
}

// reason returns what is behind an error of Dial, which has the whole URL in it, with
// the key of the name.
func reason(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if text := err.Error(); strings.Contains(text, "malformed HTTP") || strings.Contains(text, "readLoopPeekFail") {
		return errors.New("what answers there does not speak HTTP; the port for nc is another one")
	}
	return err
}

// read passes on what the server sends.
func read(ctx context.Context, conn *websocket.Conn, events chan<- Event) error {
	for {
		_, data, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		var e Event
		if err := json.Unmarshal(data, &e); err != nil {
			return fmt.Errorf("what the server sends is no event: %w", err)
		}
		select {
		case events <- e:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// next does what comes next: something that was heard, or something to say.
func (v *visit) next(ctx context.Context, conn *websocket.Conn, events <-chan Event) error {
	typed := v.typed
	if !v.known && !v.asked {
		typed = nil
	}
	if v.typed == nil && len(v.waiting) == 0 && v.known && !v.left {
		v.left = true
		return v.write(ctx, conn, "/quit")
	}
	select {
	case e := <-events:
		return v.hear(ctx, conn, &e)
	case line, ok := <-typed:
		if !ok {
			v.typed = nil
			return nil
		}
		if !v.known {
			v.asked = false
			return v.write(ctx, conn, line)
		}
		return v.say(ctx, conn, line)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// say sends a line, and remembers it if it is a message, which comes back.
func (v *visit) say(ctx context.Context, conn *websocket.Conn, line string) error {
	if said(line) != "" {
		v.waiting = append(v.waiting, line)
	}
	return v.write(ctx, conn, line)
}

// said returns what others get of a line, "" for a command.
func said(line string) string {
	switch {
	case strings.HasPrefix(line, "//"):
		return line[1:]
	case strings.HasPrefix(line, "/me "):
		return strings.TrimSpace(line[4:])
	case strings.HasPrefix(line, "/"):
		return ""
	}
	return clean(line)
}

// keep sets the pace to less than what the server allows: its windows are not ours.
func (v *visit) keep(rate string) {
	if n, per, err := limit.ParseRate(rate); err == nil && v.pace == nil {
		v.pace = limit.NewRate(max(1, n*4/5), per, limit.Burst(max(1, n*4/5)))
	}
}

func (v *visit) write(ctx context.Context, conn *websocket.Conn, line string) error {
	if v.pace != nil {
		if err := v.pace.Wait(ctx); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return conn.Write(ctx, websocket.MessageText, []byte(line))
}

// A refusedError ends a guest that can't be asked again.
type refusedError struct{ text string }

func (e *refusedError) Error() string { return "the server has refused that: " + e.text }

// hear shows an event, and learns from it.
func (v *visit) hear(ctx context.Context, conn *websocket.Conn, e *Event) error {
	if e.stays() {
		if e.Room != v.room { // what was said there comes before the welcome
			v.room, v.seq = e.Room, 0
		}
		if e.Seq <= v.seq {
			return nil
		}
		v.seq = e.Seq
		if i := slices.IndexFunc(v.waiting, func(line string) bool { return e.From == v.name && said(line) == e.Text }); i >= 0 {
			v.waiting = slices.Delete(v.waiting, i, i+1)
		}
	}
	again := false
	switch e.Kind {
	case Rename:
		if e.From == v.name {
			v.name = e.To
		}
	case Welcome:
		again = !v.known && v.key != ""
		v.name, v.room, v.key, v.known = e.From, e.Room, e.Key, true
		v.keep(e.Rate)
	case Note, Refusal:
		if !v.known {
			v.asked = true
		}
		if e.Kind == Refusal && !v.guest.Asks {
			return &refusedError{e.Text}
		}
	}
	if _, err := fmt.Fprintln(v.guest.Out, e.Line()); err != nil {
		return err
	}
	if !again {
		return nil
	}
	for _, line := range v.waiting {
		if err := v.write(ctx, conn, line); err != nil {
			return err
		}
	}
	return nil
}
