//go:build unix

package debug_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"testing"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/debug"
)

// On the socket one Host is answered alone, and the level can be set.
func TestWhoIsAnsweredOnTheSocket(t *testing.T) {
	dir, err := os.MkdirTemp("", "d") // short: the path of a socket has little room
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	t.Setenv("XDG_RUNTIME_DIR", dir)
	a, err := debug.Attach()
	if err != nil {
		t.Fatal(err)
	}
	defer inflight.SetDebug(0)
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", a.Path())
	}}}
	defer client.CloseIdleConnections()
	for _, c := range []struct {
		method, url string
		code        int
	}{
		{"GET", "http://inflight/tree", 200},
		{"GET", "http://localhost/tree", 403},
		{"GET", "http://127.0.0.1/tree", 403},
		{"GET", "http://evil.example.com/tree", 403},
		{"POST", "http://evil.example.com/level?level=1", 403},
		{"POST", "http://inflight/level?level=3", 400},
		{"POST", "http://inflight/level?level=-1", 400},
		{"POST", "http://inflight/level", 400},
		{"GET", "http://inflight/level?level=1", 405},
		{"POST", "http://inflight/level?level=1", 200},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, c.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != c.code {
			t.Errorf("%s %s: %d %s", c.method, c.url, resp.StatusCode, text)
		}
	}
	if level := debug.Take().Level; level != 1 {
		t.Errorf("the level is %d", level)
	}
	for range 2 {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Lstat(a.Path()); !os.IsNotExist(err) {
		t.Errorf("after Close the socket is there: %v", err)
	}
}
