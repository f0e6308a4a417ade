package hub_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/coder/websocket"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/hub"
)

// A chat: browsers at /ws, and nc at another port, in one room.
func Example() {
	ctx, quit := context.WithCancel(context.Background())
	defer quit()
	chat := hub.New(hub.Options{})
	talk := func(ctx context.Context, c *hub.Client) error {
		c.Join("lobby")
		for m := range c.Messages(ctx) {
			chat.Room("lobby").Broadcast(ctx, m)
		}
		return nil
	}
	http.Handle("/ws", chat.WebSocket(talk))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	web := httptest.NewServer(http.DefaultServeMux) // http.ListenAndServe, elsewhere
	defer web.Close()

	err = inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(chat.Run)
		g.Go(func(ctx context.Context) error { return chat.Lines(ctx, l, talk) })

		browser, nc := visit(ctx, chat, web.URL+"/ws", l.Addr().String())
		fmt.Fprintln(nc, "tea, anybody?")
		_, data, err := browser.Read(ctx)
		fmt.Printf("%s\n", data)
		quit() // all are told to go
		_, _, err = browser.Read(context.Background())
		fmt.Println(websocket.CloseStatus(err))
		return nil
	})
	fmt.Println(err, chat.Len())
	// Output:
	// tea, anybody?
	// StatusGoingAway
	// context canceled 0
}

// visit connects both kinds of clients, and waits until they are in the lobby.
func visit(ctx context.Context, chat *hub.Hub, url, addr string) (*websocket.Conn, net.Conn) {
	if err := chat.Started(ctx); err != nil {
		panic(err)
	}
	browser, _, err := websocket.Dial(ctx, url, nil)
	if err != nil {
		panic(err)
	}
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		panic(err)
	}
	for chat.Room("lobby").Len() < 2 {
		inflight.Sleep(ctx, time.Millisecond)
	}
	return browser, nc
}

// over runs a hub, and talks to it by lines: it sends what is given, and prints what
// comes until the hub hangs up, or enough lines.
func over(h *hub.Hub, fn hub.Handler, lines int, say ...string) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(h.Run)
		g.Go(func(ctx context.Context) error { return h.Lines(ctx, l, fn) })
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			return err
		}
		defer c.Close()
		for _, s := range say {
			fmt.Fprintln(c, s)
		}
		for in := bufio.NewScanner(c); lines > 0 && in.Scan(); lines-- {
			fmt.Println(in.Text())
		}
		cancel()
		return nil
	})
}

// The sender does not get its own message.
func ExampleHub_Broadcast() {
	h := hub.New(hub.Options{})
	over(h, func(ctx context.Context, c *hub.Client) error {
		for m := range c.Messages(ctx) {
			if err := h.Broadcast(ctx, m, c); err != nil {
				return err
			}
			c.Send(ctx, hub.Text("sent to "+fmt.Sprint(h.Len()-1)))
		}
		return nil
	}, 1, "hello")
	// Output: sent to 0
}

func ExampleClient_Join() {
	h := hub.New(hub.Options{})
	over(h, func(ctx context.Context, c *hub.Client) error {
		for m := range c.Messages(ctx) {
			c.Join(m.String())
			h.Room("tea").Broadcast(ctx, hub.Text(fmt.Sprint("in tea: ", h.Room("tea").Len())))
			c.Leave("bread")
		}
		return nil
	}, 1, "bread", "tea")
	// Output: in tea: 1
}

// Whoever does not say the word within a second is told to go.
func ExampleClient_Messages() {
	h := hub.New(hub.Options{})
	over(h, func(ctx context.Context, c *hub.Client) error {
		first, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		for m := range c.Messages(first) {
			if m.String() != "sesame" {
				return &hub.CloseError{Code: 4001, Reason: "wrong word"}
			}
			break
		}
		if first.Err() != nil {
			return &hub.CloseError{Code: 4000, Reason: "too late"}
		}
		c.Send(ctx, hub.Text("welcome"))
		for range c.Messages(ctx) {
		}
		var why *hub.CloseError
		if errors.As(c.Err(), &why) {
			return nil // it has gone; why.Code tells how
		}
		return nil
	}, 1, "sesame")
	// Output: welcome
}

// What a public server sets.
func ExampleOptions() {
	h := hub.New(hub.Options{
		Slow:       hub.DropOldest,
		Queue:      64,
		MaxMessage: 4 << 10,
		Rate:       hub.Rate{N: 20, Per: time.Second},
		MaxClients: 50_000,
		Origins:    []string{"*.example.com"},
		Authorize: func(r *http.Request) (any, error) {
			user, _, ok := r.BasicAuth()
			if !ok {
				return nil, errors.New("who is that")
			}
			return user, nil // is Client.User
		},
		Compress: true,
	})
	fmt.Println(h.Stats().Clients)
	// Output: 0
}
