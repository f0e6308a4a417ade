package hub_test

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/inflight-go/inflight/hub"
)

// deaf is a world of so many clients over TCP whose bytes nobody looks at.
func deaf(b testing.TB, n int) (h *hub.Hub, stop func()) {
	h = hub.New(hub.Options{Slow: hub.Block})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { h.Run(ctx); close(done) }()
	go h.Lines(ctx, l, func(ctx context.Context, c *hub.Client) error {
		for range c.Messages(ctx) {
		}
		return nil
	})
	if err := h.Started(ctx); err != nil {
		b.Fatal(err)
	}
	for range n {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		go func() { io.Copy(io.Discard, c); c.Close() }()
	}
	for h.Len() < n {
		time.Sleep(time.Millisecond)
	}
	return h, func() { cancel(); <-done }
}

// A delivery allocates nothing; a broadcast two things, its frame and the bytes.
func TestDeliveriesAllocateNothing(t *testing.T) {
	const clients = 50
	h, stop := deaf(t, clients)
	defer stop()
	m := hub.Text(strings.Repeat("x", 128))
	each := testing.AllocsPerRun(2000, func() { h.Broadcast(t.Context(), m) })
	if each > 4 {
		t.Errorf("%v allocations for %d deliveries", each, clients)
	}
	t.Log(each, "allocations a broadcast to", clients)
}

func BenchmarkBroadcast(b *testing.B) {
	const clients = 100
	h, stop := deaf(b, clients)
	defer stop()
	m := hub.Text(strings.Repeat("x", 128))
	b.ReportAllocs()
	for b.Loop() {
		if err := h.Broadcast(b.Context(), m); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/clients, "ns/delivery")
}
