package hub_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/hub"
	"github.com/inflight-go/inflight/serve"
)

// A release is one server of several that follow each other, with a hub behind it.
type release struct {
	hub  *hub.Hub
	at   net.Addr
	end  context.CancelFunc
	over chan error
}

// roll starts a server that sends what each client says to all, and then acknowledges
// it.
func roll(t *testing.T) *release {
	t.Helper()
	h := hub.New(hub.Options{Queue: 1 << 16, QueueBytes: 64 << 20})
	s := serve.New(serve.Options{})
	page := s.HTTP("127.0.0.1:0", h.WebSocket(func(ctx context.Context, c *hub.Client) error {
		for m := range c.Messages(ctx) {
			if err := h.Broadcast(ctx, m); err != nil {
				return err
			}
			if err := c.Send(ctx, hub.Text("heard "+m.String())); err != nil {
				return err
			}
		}
		return nil
	}))
	if err := s.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	r := &release{hub: h, at: page.Addr(), end: end, over: make(chan error, 1)}
	go func() {
		r.over <- inflight.Run(context.Background(), func(_ context.Context, g *inflight.TaskGroup) error {
			running := g.Go(h.Run)
			s.OnDrain("hub", func(ctx context.Context) error {
				running.Cancel(errors.New("drained"))
				_, err := running.Await(ctx)
				return err
			})
			return s.Run(ctx)
		})
	}()
	if err := h.Started(t.Context()); err != nil {
		t.Fatal(err)
	}
	return r
}

// A party is a client that stays until it is told to go.
type party struct {
	conn  *websocket.Conn
	heard []string
	acked []string
	code  websocket.StatusCode
}

func (p *party) listen() {
	for {
		_, data, err := p.conn.Read(context.Background())
		if err != nil {
			p.code = websocket.CloseStatus(err)
			return
		}
		if text, ok := strings.CutPrefix(string(data), "heard "); ok {
			p.acked = append(p.acked, text)
		} else {
			p.heard = append(p.heard, string(data))
		}
	}
}

// load has parties listen, and some of them speak, until they are told to go.
func (r *release) load(t *testing.T, parties, speakers int) (all []*party, gone *sync.WaitGroup) {
	t.Helper()
	gone = new(sync.WaitGroup)
	for range parties {
		conn, _, err := websocket.Dial(t.Context(), "ws://"+r.at.String(), nil)
		if err != nil {
			t.Fatal(err)
		}
		p := &party{conn: conn}
		all = append(all, p)
		gone.Go(p.listen)
	}
	for r.hub.Len() < parties {
		time.Sleep(time.Millisecond)
	}
	for i, p := range all[:speakers] {
		gone.Go(func() {
			for n := 0; ; n++ {
				if p.conn.Write(context.Background(), websocket.MessageText, fmt.Appendf(nil, "%d from %d", n, i)) != nil {
					return
				}
				if n%32 == 0 {
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	return all, gone
}

// Servers follow each other while people talk. What was acknowledged to who said it has
// reached all who were there, in one order, and each was told to go with a code.
func TestRollingRestart(t *testing.T) {
	r := roll(t)
	for range 4 {
		all, gone := r.load(t, 12, 4)
		for sent := r.hub.Stats().Sent; r.hub.Stats().Sent < sent+500; {
			time.Sleep(time.Millisecond)
		}
		next := roll(t)
		r.end()
		if err := <-r.over; err != nil {
			t.Errorf("the server: %v", err)
		}
		gone.Wait()
		reached := make(map[string]bool)
		for _, text := range all[0].heard {
			reached[text] = true
		}
		acked := 0
		for i, p := range all {
			if p.code != hub.GoingAway {
				t.Errorf("client %d was closed with %d", i, p.code)
			}
			if !slices.Equal(p.heard, all[0].heard) {
				t.Errorf("client %d has heard %d messages, and the first %d, or others", i, len(p.heard), len(all[0].heard))
			}
			for _, text := range p.acked {
				if acked++; !reached[text] {
					t.Errorf("%q was acknowledged, and has not reached anybody", text)
				}
			}
		}
		if s := r.hub.Stats(); acked == 0 || s.Closed[hub.GoingAway] != 12 || s.Clients != 0 || s.Dropped+s.Failed != 0 {
			t.Errorf("%d acknowledged: %+v", acked, s)
		}
		r = next
	}
	r.end()
	if err := <-r.over; err != nil {
		t.Error(err)
	}
}
