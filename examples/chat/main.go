// A chat for nc and for WebSockets, with rooms: in asyncio it is start_server for the
// lines, a library for WebSockets, a set of connected clients, and gather of sends, in
// which one client that does not read stops all others.
//
//	go run ./examples/chat
//	nc 127.0.0.1 8001
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/hub"
	"github.com/inflight-go/inflight/serve"
)

func main() {
	web := flag.String("web", "127.0.0.1:8000", "where WebSockets connect, at /")
	tcp := flag.String("tcp", "127.0.0.1:8001", "where nc connects")
	flag.Parse()
	inflight.Main(func(ctx context.Context) error { return run(ctx, *web, *tcp) }, inflight.Drain(30*time.Second))
}

func run(ctx context.Context, web, tcp string) error {
	h := hub.New(hub.Options{Rate: hub.Rate{N: 20, Per: 10 * time.Second}})
	lines, err := net.Listen("tcp", tcp)
	if err != nil {
		return err
	}
	s := serve.New(serve.Options{})
	s.HTTP(web, h.WebSocket(talk(h)))
	return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		over, end := context.WithCancel(context.WithoutCancel(ctx)) // of the hub, which is drained by the server
		running := g.Go(func(context.Context) error { return h.Run(over) })
		g.Go(func(context.Context) error { _ = h.Lines(over, lines, talk(h)); return nil })
		s.OnDrain("hub", func(ctx context.Context) error { end(); _, err := running.Await(ctx); return err })
		defer end()
		return s.Run(ctx)
	})
}

// talk is called for each client, and ends when that goes.
func talk(h *hub.Hub) hub.Handler {
	return func(ctx context.Context, c *hub.Client) error {
		room, name := "lobby", c.RemoteAddr().String()
		c.Join(room)
		for m := range c.Messages(ctx) {
			if to, ok := strings.CutPrefix(m.String(), "/join "); ok {
				c.Leave(room)
				room = to
				c.Join(room)
				continue
			}
			if err := h.Room(room).Broadcast(ctx, hub.Text(fmt.Sprintf("%s: %s", name, m)), c); err != nil {
				return err
			}
		}
		return nil
	}
}
