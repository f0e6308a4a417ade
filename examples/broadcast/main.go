// Broadcast sends temperatures to three browsers. In asyncio that is a library for
// WebSockets, a set of connections, and a gather of sends, in which one client that does
// not read holds up all others. Here it is a hub: each client has a queue of its own, and
// one that does not keep up is told to go, or misses something, as the options say.
//
//	go run ./examples/broadcast
//
// Output:
//
//	a browser has received [19° 20° 21°], and was told to go: StatusGoingAway
//	a browser has received [19° 20° 21°], and was told to go: StatusGoingAway
//	a browser has received [19° 20° 21°], and was told to go: StatusGoingAway
//	12 deliveries, 0 dropped
package main

import (
	"context"
	"fmt"
	"net/http/httptest"

	"github.com/coder/websocket"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/hub"
)

// greet is called for each client, and ends when that goes.
func greet(ctx context.Context, c *hub.Client) error {
	if err := c.Send(ctx, hub.Text("welcome")); err != nil {
		return err
	}
	for range c.Messages(ctx) { // none are expected
	}
	return nil
}

// A browser takes down what it is sent.
type browser struct {
	received []string
	told     websocket.StatusCode
}

// listen connects, is ready when it was greeted, and listens until it is told to go.
func listen(url string) func(ctx context.Context, ready func(*browser)) error {
	return func(ctx context.Context, ready func(*browser)) error {
		c, _, err := websocket.Dial(ctx, url, nil)
		if err != nil {
			return err
		}
		defer c.CloseNow()
		if _, _, err := c.Read(ctx); err != nil { // the greeting
			return err
		}
		b := new(browser)
		ready(b)
		for {
			_, text, err := c.Read(ctx)
			if b.told = websocket.CloseStatus(err); b.told == websocket.StatusGoingAway {
				return nil
			}
			if err != nil {
				return err
			}
			b.received = append(b.received, string(text))
		}
	}
}

func main() { inflight.Main(run) }

func run(ctx context.Context) error {
	h := hub.New(hub.Options{})
	web := httptest.NewServer(h.WebSocket(greet))
	defer web.Close()

	var browsers []*browser
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		over, end := context.WithCancel(ctx)
		defer end() // the hub sends what was broadcast before, and tells its clients to go
		g.Go(func(context.Context) error { return h.Run(over) })
		if err := h.Started(ctx); err != nil {
			return err
		}
		for range 3 {
			b, err := inflight.Start(g, listen(web.URL))
			if err != nil {
				return err
			}
			browsers = append(browsers, b)
		}
		for _, t := range []string{"19°", "20°", "21°"} {
			if err := h.Broadcast(ctx, hub.Text(t)); err != nil {
				return err
			}
		}
		return nil
	})
	for _, b := range browsers {
		fmt.Printf("a browser has received %v, and was told to go: %v\n", b.received, b.told)
	}
	fmt.Printf("%d deliveries, %d dropped\n", h.Stats().Delivered, h.Stats().Dropped)
	return err
}
