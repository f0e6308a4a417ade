package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// Somebody with nc and somebody with a WebSocket talk, until the program ends.
func TestChat(t *testing.T) {
	web, tcp := free(t), free(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- run(ctx, web, tcp) }()

	ann := patiently(t, func() (net.Conn, error) { return net.Dial("tcp", tcp) })
	bob := patiently(t, func() (*websocket.Conn, error) {
		c, _, err := websocket.Dial(t.Context(), "ws://"+web, nil)
		return c, err
	})
	defer ann.Close()
	defer bob.CloseNow()
	if err := bob.Write(t.Context(), websocket.MessageText, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(ann).ReadString('\n'); !strings.HasSuffix(line, ": hello\n") {
		t.Errorf("%q, %v", line, err)
	}
	fmt.Fprintln(ann, "hi")
	if _, data, err := bob.Read(t.Context()); !strings.HasSuffix(string(data), ": hi") {
		t.Errorf("%q, %v", data, err)
	}
	stop()
	if _, _, err := bob.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("the end: %v", err)
	}
	_ = ann.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// patiently tries until the program listens.
func patiently[T any](t *testing.T, dial func() (T, error)) T {
	t.Helper()
	for try := 0; ; try++ {
		c, err := dial()
		if err == nil {
			return c
		}
		if try == 500 {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// free returns an address at which nobody listens.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
