//go:build linux

package main

import (
	"context"
	"net"
	"net/http"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/hub"
)

func ours(ctx context.Context, l net.Listener) error {
	h := hub.New(hub.Options{})
	return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(h.Run)
		g.Go(func(context.Context) error { return http.Serve(l, h.WebSocket(toAll(h))) })
		return nil
	})
}

func ourLines(ctx context.Context, l net.Listener) error {
	h := hub.New(hub.Options{})
	return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(h.Run)
		g.Go(func(ctx context.Context) error { return h.Lines(ctx, l, toAll(h)) })
		return nil
	})
}

func toAll(h *hub.Hub) hub.Handler {
	return func(ctx context.Context, c *hub.Client) error {
		for m := range c.Messages(ctx) {
			if err := h.Broadcast(ctx, m); err != nil {
				return err
			}
		}
		return nil
	}
}
