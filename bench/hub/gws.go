//go:build linux

package main

import (
	"context"
	"net"
	"net/http"
	"sync"

	"github.com/lxzan/gws"
)

// A gwsHub broadcasts as the readme of gws says.
type gwsHub struct {
	gws.BuiltinEventHandler
	mu  sync.Mutex
	all map[*gws.Conn]struct{}
}

func (h *gwsHub) OnOpen(c *gws.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all[c] = struct{}{}
}

func (h *gwsHub) OnClose(c *gws.Conn, _ error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.all, c)
}

func (h *gwsHub) OnMessage(_ *gws.Conn, m *gws.Message) {
	defer m.Close()
	b := gws.NewBroadcaster(m.Opcode, append([]byte(nil), m.Bytes()...))
	defer b.Close()
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.all {
		b.Broadcast(c)
	}
}

func gwsServer(_ context.Context, l net.Listener) error {
	up := gws.NewUpgrader(&gwsHub{all: make(map[*gws.Conn]struct{})}, &gws.ServerOption{})
	return web(l, func(w http.ResponseWriter, r *http.Request) {
		if c, err := up.Upgrade(w, r); err == nil {
			go c.ReadLoop()
		}
	})
}
