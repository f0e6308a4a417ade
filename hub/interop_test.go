package hub_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/inflight-go/inflight/hub"
)

func TestCoderClient(t *testing.T) {
	for _, mode := range []websocket.CompressionMode{websocket.CompressionDisabled, websocket.CompressionContextTakeover, websocket.CompressionNoContextTakeover} {
		w := newWorld(t, hub.Options{Compress: true, Protocols: []string{"second", "first"}}, back)
		c := w.dial(&websocket.DialOptions{CompressionMode: mode, CompressionThreshold: 10, Subprotocols: []string{"first", "second"}})
		if c.Subprotocol() != "second" {
			t.Errorf("the protocol is %q", c.Subprotocol())
		}
		for _, m := range []string{"grüße", strings.Repeat("x", 100_000), "", strings.Repeat("0123456789", 40)} {
			if err := c.Write(t.Context(), websocket.MessageText, []byte(m)); err != nil {
				t.Fatal(err)
			}
			if _, got, err := c.Read(t.Context()); err != nil || string(got) != m {
				t.Errorf("%d bytes, %v, want %d", len(got), err, len(m))
			}
		}
		ctx := c.CloseRead(t.Context())
		if err := c.Ping(ctx); err != nil {
			t.Error(err)
		}
		if err := c.Close(4000, "bye"); err != nil {
			t.Error(err)
		}
		w.closed(4000, 1)
		w.stop()
	}
}

// Over TLS there is no fast path, and everything is as without.
func TestOverTLS(t *testing.T) {
	w := newWorld(t, hub.Options{}, nil)
	s := httptest.NewTLSServer(w.hub.WebSocket(echo(&w.hub)))
	defer s.Close()
	var all []*websocket.Conn
	for range 3 {
		c, _, err := websocket.Dial(t.Context(), s.URL, &websocket.DialOptions{HTTPClient: s.Client()})
		if err != nil {
			t.Fatal(err)
		}
		defer c.CloseNow()
		c.SetReadLimit(1 << 20)
		all = append(all, c)
	}
	w.clients(3)
	m := strings.Repeat("over TLS ", 10_000)
	for range 5 {
		all[0].Write(t.Context(), websocket.MessageText, []byte(m))
	}
	for i, c := range all {
		for range 5 {
			if _, got, err := c.Read(t.Context()); err != nil || string(got) != m {
				t.Fatalf("client %d: %d bytes, %v", i, len(got), err)
			}
		}
		if err := c.Close(4000, ""); err != nil {
			t.Error(err)
		}
	}
	w.closed(4000, 3)
}

// Clients of other languages, where they are installed.
func TestOtherLanguages(t *testing.T) {
	w := newWorld(t, hub.Options{Compress: true}, back)
	at := "ws" + strings.TrimPrefix(w.web.URL, "http") + "/"
	for _, row := range []struct{ name, program, needs, script string }{
		{"websockets", "/usr/bin/python3", "import websockets", "websockets_client.py"},
		{"wsproto", "/usr/bin/python3", "import wsproto", "wsproto_client.py"},
		{"npm ws", "node", "", "ws.js"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, err := exec.LookPath(row.program); err != nil {
				t.Skipf("no %s is installed: nothing is tried with it", row.program)
			}
			if row.needs != "" && exec.Command(row.program, "-c", row.needs).Run() != nil {
				t.Skipf("%s can't %q: nothing is tried with it", row.program, row.needs)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, row.program, "testdata/interop/"+row.script, at)
			cmd.Env = append([]string{"NODE_PATH=/usr/share/nodejs"}, os.Environ()...) // where Debian has them
			out, err := cmd.CombinedOutput()
			said := strings.TrimSpace(string(out))
			if why, ok := strings.CutPrefix(said, "skip: "); ok && err == nil {
				t.Skip(why)
			}
			if err != nil || said != "ok" {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

func TestBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes seconds: not with -short")
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium is installed: nothing is tried with it")
	}
	w := newWorld(t, hub.Options{Compress: true}, back)
	told := make(chan string, 1)
	mux := http.NewServeMux()
	mux.Handle("/ws", w.hub.WebSocket(back))
	mux.HandleFunc("/told", func(_ http.ResponseWriter, r *http.Request) {
		s, _ := url.QueryUnescape(r.URL.RawQuery)
		told <- s
	})
	mux.HandleFunc("/", func(rw http.ResponseWriter, r *http.Request) { http.ServeFile(rw, r, "testdata/interop/page.html") })
	s := httptest.NewServer(mux)
	defer s.Close()
	profile, err := os.MkdirTemp("", "profile")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(profile)
	cmd := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--remote-debugging-port=0", "--user-data-dir="+profile, s.URL+"/")
	if err := cmd.Start(); err != nil {
		t.Skipf("%s does not run here: %v", path, err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	select {
	case got := <-told:
		if got != "ok" {
			t.Error("the page says: ", got)
		}
	case <-time.After(time.Minute):
		t.Error("the page says nothing")
	}
}
