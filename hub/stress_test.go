package hub_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gobwas "github.com/gobwas/ws"

	"github.com/inflight-go/inflight/hub"
)

// Clients come and go, read fast and slowly, and several send at once. One that is
// always there takes the order down; what each of the others gets is a piece of that
// order without a gap.
func TestOrderAndNoLoss(t *testing.T) {
	w := newWorld(t, hub.Options{Shards: 3, Queue: 1 << 20, QueueBytes: 1 << 30, MaxMessage: 1 << 20}, func(ctx context.Context, c *hub.Client) error {
		for range c.Messages(ctx) {
		}
		return nil
	})
	record := w.line()
	w.clients(1)
	var senders, readers sync.WaitGroup
	done := make(chan struct{})
	pad := strings.Repeat(".", 700)
	for s := range 4 {
		senders.Go(func() {
			for i := range 700 {
				if err := w.hub.Broadcast(context.Background(), hub.Text(fmt.Sprint("#", s, ":", i, pad[:rand.IntN(700)]))); err != nil {
					t.Error(err)
				}
				if i%50 == 0 {
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	var mu sync.Mutex
	var pieces [][]string
	for range 12 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				got := w.visit(rand.IntN(3) == 0)
				mu.Lock()
				pieces = append(pieces, got)
				mu.Unlock()
			}
		})
	}
	senders.Wait()
	close(done)
	readers.Wait()
	w.hub.Broadcast(t.Context(), hub.Text("end"))
	var order []string
	for {
		s, err := record.r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if s == "end\n" {
			break
		}
		order = append(order, strings.TrimRight(s, "\n"))
	}
	if len(order) != 4*700 {
		t.Errorf("%d messages of %d", len(order), 4*700)
	}
	at := make(map[string]int)
	for i, s := range order {
		at[s] = i
	}
	read := 0
	for _, p := range pieces {
		read += len(p)
		if len(p) > 0 && !slices.Equal(p, order[at[p[0]]:][:len(p)]) {
			t.Fatalf("%d messages from %.20s on are not a piece of the order", len(p), p[0])
		}
	}
	w.clients(1)
	record.Close()
	w.clients(0)
	w.stop()
	if s := w.hub.Stats(); s.Dropped != 0 || s.Kicked != 0 || s.Queued != 0 || s.Rooms != 0 {
		t.Errorf("%+v", s)
	}
	t.Log(len(pieces), "visits,", read, "messages")
}

// visit is a client that reads for a while and then goes, by a word or without.
func (w *world) visit(slow bool) (got []string) {
	c := w.raw()
	defer c.Close()
	for range rand.IntN(200) {
		if slow && rand.IntN(20) == 0 {
			time.Sleep(time.Millisecond)
		}
		c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		_, data, err := c.frame()
		if err != nil {
			break
		}
		got = append(got, data)
	}
	if rand.IntN(2) == 0 {
		c.Write([]byte{0x88, 0x80, 0, 0, 0, 0})
	}
	return got
}

// With queues that are short every delivery is accounted for.
func TestEveryOutcomeIsCounted(t *testing.T) {
	const size = 64 << 10
	for _, slow := range []hub.Slow{hub.Kick, hub.DropOldest, hub.DropNewest, hub.Latest, hub.Block} {
		w := newWorld(t, hub.Options{Slow: slow, Queue: 5, Shards: 2, CloseTimeout: 300 * time.Millisecond, WriteTimeout: 200 * time.Millisecond}, func(ctx context.Context, c *hub.Client) error {
			c.Join("all")
			for range c.Messages(ctx) {
			}
			return nil
		})
		var readers sync.WaitGroup
		for i := range 10 {
			c := w.raw()
			readers.Go(func() {
				defer c.Close()
				for {
					c.SetReadDeadline(time.Now().Add(time.Second))
					if i%3 == 0 {
						time.Sleep(3 * time.Millisecond)
					}
					op, data, err := c.frame()
					code, _ := gobwas.ParseCloseFrameData([]byte(data))
					if err == nil && !(op == gobwas.OpText && len(data) == size) && !(op == gobwas.OpClose && (code == hub.GoingAway || code == hub.Policy)) {
						t.Errorf("a frame %v of %d bytes, in the place of a message", op, len(data))
					}
					if err != nil || op == gobwas.OpClose {
						return
					}
				}
			})
		}
		w.until("all have joined", func() bool { return w.hub.Room("all").Len() == 10 })
		m := hub.Text(strings.Repeat("x", size))
		for range 100 {
			if err := w.hub.Room("all").Broadcast(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		w.stop()
		readers.Wait()
		s := w.hub.Stats()
		if sum := s.Delivered + s.Dropped + s.Discarded; s.Queued != 0 || sum > 1000 || slow == hub.Block && s.Dropped > 0 || s.Delivered == 0 {
			t.Errorf("policy %d: %d of 1000: %+v", slow, sum, s)
		}
	}
}
