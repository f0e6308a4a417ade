//go:build linux

package main

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// gobwasServer sends compiled frames.
func gobwasServer(_ context.Context, l net.Listener) error {
	all := newChat[[]byte]()
	return web(l, func(w http.ResponseWriter, r *http.Request) {
		conn, _, _, err := ws.UpgradeHTTP(r, w)
		if err != nil {
			return
		}
		ch := all.join(func() { conn.Close() })
		go func() {
			defer conn.Close()
			for frame := range ch {
				conn.SetWriteDeadline(time.Now().Add(writeWait))
				if _, err := conn.Write(frame); err != nil {
					return
				}
			}
		}()
		go func() {
			defer conn.Close()
			defer all.leave(ch)
			for {
				data, op, err := wsutil.ReadClientData(conn)
				if err != nil {
					return
				}
				frame, err := ws.CompileFrame(ws.NewFrame(op, true, data))
				if err != nil {
					return
				}
				all.send(frame)
			}
		}()
	})
}
