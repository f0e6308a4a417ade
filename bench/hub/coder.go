//go:build linux

package main

import (
	"context"
	"net"
	"net/http"

	"github.com/coder/websocket"
)

// coderServer is the chat of coder/websocket's examples.
func coderServer(_ context.Context, l net.Listener) error {
	all := newChat[[]byte]()
	return web(l, func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		ch := all.join(func() { conn.Close(websocket.StatusPolicyViolation, "too slow") })
		defer all.leave(ch)
		go func() {
			for m := range ch {
				ctx, cancel := context.WithTimeout(context.Background(), writeWait)
				err := conn.Write(ctx, websocket.MessageText, m)
				cancel()
				if err != nil {
					conn.CloseNow()
					return
				}
			}
		}()
		for {
			_, data, err := conn.Read(context.Background())
			if err != nil {
				return
			}
			all.send(data)
		}
	})
}
