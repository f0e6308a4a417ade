// Command broadcast is a chat with three clients, one of which never reads.
package main

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"net"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/hub"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	h := hub.New(hub.Options{})
	talk := func(ctx context.Context, c *hub.Client) error { // runs for each client
		c.Join("tea room")
		for m := range c.Messages(ctx) {
			if err := h.Room("tea room").Broadcast(ctx, m, c); err != nil {
				return err
			}
		}
		return nil
	}
	err = inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Service(h.Run)
		g.Service(func(ctx context.Context) error { return h.Lines(ctx, listener, talk) })
		return visit(ctx, h.Room("tea room"), listener.Addr().String())
	})
	fmt.Println(err)
}

// visit is three people with nc.
func visit(ctx context.Context, room hub.Room, address string) error {
	var people [3]net.Conn
	for i := range people {
		c, err := net.Dial("tcp", address)
		if err != nil {
			return err
		}
		defer c.Close()
		people[i] = c
	}
	for room.Len() < len(people) {
		if err := inflight.Sleep(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
	fmt.Fprintln(people[0], "is there tea?")
	line, err := bufio.NewReader(people[1]).ReadString('\n')
	fmt.Print("Bob reads: ", line)
	return err
}
