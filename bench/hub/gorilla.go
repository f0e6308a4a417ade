//go:build linux

package main

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

const writeWait = 10 * time.Second

// gorillaServer is the chat of gorilla's examples; prepared makes the frame once.
func gorillaServer(prepared bool) func(ctx context.Context, l net.Listener) error {
	return func(_ context.Context, l net.Listener) error {
		all := newChat[any]()
		up := websocket.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 1024, CheckOrigin: func(*http.Request) bool { return true }}
		return web(l, func(w http.ResponseWriter, r *http.Request) {
			conn, err := up.Upgrade(w, r, nil)
			if err != nil {
				return
			}
			ch := all.join(func() { conn.Close() })
			go gorillaPump(conn, ch)
			defer conn.Close()
			defer all.leave(ch)
			for {
				_, data, err := conn.ReadMessage()
				if err != nil {
					return
				}
				if !prepared {
					all.send(data)
				} else if p, err := websocket.NewPreparedMessage(websocket.TextMessage, data); err == nil {
					all.send(p)
				}
			}
		})
	}
}

func gorillaPump(conn *websocket.Conn, ch chan any) {
	defer conn.Close()
	for m := range ch {
		conn.SetWriteDeadline(time.Now().Add(writeWait))
		var err error
		switch m := m.(type) {
		case []byte:
			err = conn.WriteMessage(websocket.TextMessage, m)
		case *websocket.PreparedMessage:
			err = conn.WritePreparedMessage(m)
		}
		if err != nil {
			return
		}
	}
}
