package hub_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/coder/websocket"

	"github.com/inflight-go/inflight/hub"
)

func TestBroadcastReachesAllKindsOfClients(t *testing.T) {
	w := newWorld(t, hub.Options{}, nil)
	a, b, l := w.dial(nil), w.raw(), w.line()
	w.clients(3)
	if err := a.Write(t.Context(), websocket.MessageText, []byte("Grüße\nan alle")); err != nil {
		t.Fatal(err)
	}
	b.want("Grüße\nan alle")
	l.wantLine("Grüße an alle")
	if kind, data, err := a.Read(t.Context()); kind != websocket.MessageText || string(data) != "Grüße\nan alle" || err != nil {
		t.Errorf("%v %q, %v", kind, data, err)
	}
	fmt.Fprint(l, "from a line\r\n")
	b.want("from a line")
	l.wantLine("from a line")
}

func TestRooms(t *testing.T) {
	var h *hub.Hub
	seats := make(chan *hub.Client, 3)
	w := newWorld(t, hub.Options{Shards: 2}, func(ctx context.Context, c *hub.Client) error {
		seats <- c
		for range c.Messages(ctx) {
		}
		return nil
	})
	h = w.hub
	var wires []*wire
	var clients []*hub.Client
	for range 3 {
		wires = append(wires, w.raw())
		clients = append(clients, <-seats)
	}
	ctx := t.Context()
	clients[0].Join("tea")
	clients[0].Join("tea")
	clients[1].Join("tea")
	clients[2].Join("bread")
	if n := h.Room("tea").Len(); n != 2 {
		t.Errorf("%d in the room, want 2", n)
	}
	h.Room("tea").Broadcast(ctx, hub.Text("1"))
	h.Room("tea").Broadcast(ctx, hub.Text("2"), clients[0])
	h.Room("bread").Broadcast(ctx, hub.Text("3"))
	h.Room("nowhere").Broadcast(ctx, hub.Text("4"))
	clients[1].Leave("tea")
	h.Room("tea").Broadcast(ctx, hub.Text("5"))
	clients[1].Send(ctx, hub.Text("6"))
	h.Broadcast(ctx, hub.Text("7"), clients[0], clients[2])
	h.Broadcast(ctx, hub.Text("8"))
	wires[0].want("1", "5", "8")
	wires[1].want("1", "2", "6", "7", "8")
	wires[2].want("3", "8")
	if n := h.Stats().Rooms; n != 2 {
		t.Errorf("%d rooms, want 2", n)
	}
	wires[2].Close()
	w.clients(2)
	if n := h.Stats().Rooms; n != 1 {
		t.Errorf("%d rooms after the last of one has gone, want 1", n)
	}
}

func TestIO3_IO4_drain_closes_all_with_going_away(t *testing.T) {
	w := newWorld(t, hub.Options{}, nil)
	a, l := w.raw(), w.line()
	w.clients(2)
	w.hub.Broadcast(t.Context(), hub.Text("last"))
	done := make(chan struct{})
	go func() { defer close(done); w.stop() }()
	a.want("last")
	a.wantClose(hub.GoingAway)
	a.Write([]byte{0x88, 0x82, 0, 0, 0, 0, 3, 0xe9})
	a.wantEnd()
	l.wantLine("last")
	l.wantEnd()
	l.Close()
	<-done
	if err := w.hub.Broadcast(t.Context(), hub.Text("x")); err != hub.ErrNotRunning {
		t.Errorf("%v, want ErrNotRunning", err)
	}
	if s := w.hub.Stats(); s.Clients != 0 || s.Closed[hub.GoingAway] != 2 {
		t.Errorf("%+v", s)
	}
}

// Started waits for Run, and no longer than its context.
func TestStarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hub.New(hub.Options{})
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("enough")
		cancel(why)
		if err := h.Started(ctx); err != why {
			t.Error(err)
		}
		began := make(chan error, 1)
		go func() { began <- h.Started(t.Context()) }()
		synctest.Wait()
		if len(began) > 0 {
			t.Error("it has started before Run")
		}
		over, end := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- h.Run(over) }()
		if err := <-began; err != nil {
			t.Error(err)
		}
		end()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
