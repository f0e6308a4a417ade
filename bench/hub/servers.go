//go:build linux

package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
)

// A server sends what one client sends to all, itself included. Those of others are
// written as their own example of a chat is.
type server struct {
	name   string
	lines  bool
	run    func(ctx context.Context, l net.Listener) error
	script string // or a program in Python
	args   []string
}

var servers = []server{
	{name: "inflight/hub", run: ours},
	{name: "gobwas", run: gobwasServer},
	{name: "gorilla", run: gorillaServer(false)},
	{name: "gorilla-prepared", run: gorillaServer(true)},
	{name: "gws", run: gwsServer},
	{name: "coder", run: coderServer},
	{name: "websockets-uvloop", script: "websockets_broadcast.py", args: []string{"uvloop"}},
	{name: "websockets", script: "websockets_broadcast.py"},
	{name: "websockets-gather", script: "websockets_gather.py"},
	{name: "aiohttp-uvloop", script: "aiohttp_gather.py", args: []string{"uvloop"}},
	{name: "aiohttp", script: "aiohttp_gather.py"},
	{name: "inflight/hub-lines", lines: true, run: ourLines},
	{name: "streams-lines-uvloop", lines: true, script: "streams_lines.py", args: []string{"uvloop"}},
	{name: "streams-lines", lines: true, script: "streams_lines.py"},
}

// serve is the process of a server.
func serve(ctx context.Context, name string) error {
	for _, s := range servers {
		if s.name != name || s.run == nil {
			continue
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		fmt.Println(l.Addr())
		return s.run(ctx, l)
	}
	return fmt.Errorf("no server %q", name)
}

// waiting is how many messages may wait for a client, everywhere: a client for whom
// more do is dropped.
const waiting = 256

// A chat is the hub of the examples: a set of channels, and a lock.
type chat[M any] struct {
	mu      sync.Mutex
	members map[chan M]func()
}

func newChat[M any]() *chat[M] { return &chat[M]{members: make(map[chan M]func())} }

// join returns a channel for the messages; drop is called if it is full.
func (c *chat[M]) join(drop func()) chan M {
	ch := make(chan M, waiting)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.members[ch] = drop
	return ch
}

func (c *chat[M]) leave(ch chan M) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.members[ch]; ok {
		delete(c.members, ch)
		close(ch)
	}
}

func (c *chat[M]) send(m M) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for ch, drop := range c.members {
		select {
		case ch <- m:
		default:
			delete(c.members, ch)
			close(ch)
			go drop()
		}
	}
}

func web(l net.Listener, h http.HandlerFunc) error { return http.Serve(l, h) }
