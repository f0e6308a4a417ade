package hub_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/inflight-go/inflight/hub"
)

// A server that speaks HTTP/2 does not speak WebSocket inside of it (RFC 8441). It does
// not say that it would, so that browsers do not try, and refuses who does; and clients
// that ask for HTTP/1.1 are served at the same address.
func TestNoWebSocketOverHTTP2(t *testing.T) {
	w := newWorld(t, hub.Options{}, nil)
	s := httptest.NewUnstartedServer(w.hub.WebSocket(back))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	trust := s.Client().Transport.(*http.Transport).TLSClientConfig

	resp, err := s.Client().Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	if resp.ProtoMajor != 2 || resp.StatusCode != http.StatusHTTPVersionNotSupported || !strings.Contains(string(text), "HTTP/1.1") || resp.Header.Get("Upgrade") != "" {
		t.Errorf("%s %s %v %q", resp.Proto, resp.Status, resp.Header, text)
	}

	if code := extendedConnect(t, s.Listener.Addr().String(), trust); code != http2.ErrCodeProtocol {
		t.Errorf("an extended CONNECT: %v", code)
	}

	one := trust.Clone()
	one.NextProtos = []string{"http/1.1"}
	c, _, err := websocket.Dial(t.Context(), s.URL, &websocket.DialOptions{HTTPClient: &http.Client{Transport: &http.Transport{TLSClientConfig: one}}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	if err := c.Write(t.Context(), websocket.MessageText, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, data, err := c.Read(t.Context()); string(data) != "hello" || err != nil {
		t.Errorf("%q, %v", data, err)
	}
	if n := w.hub.Stats().Refused; n != 1 {
		t.Errorf("%d refused", n)
	}
}

// extendedConnect asks for a WebSocket as RFC 8441 has it, and returns by which code the
// stream is reset.
func extendedConnect(t *testing.T, addr string, trust *tls.Config) http2.ErrCode {
	t.Helper()
	config := trust.Clone()
	config.NextProtos, config.ServerName = []string{"h2"}, "example.com"
	conn, err := tls.Dial("tcp", addr, config)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	_, _ = io.WriteString(conn, http2.ClientPreface)
	fr := http2.NewFramer(conn, conn)
	_ = fr.WriteSettings()
	var head bytes.Buffer
	enc := hpack.NewEncoder(&head)
	for _, f := range []string{":method CONNECT", ":protocol websocket", ":scheme https", ":path /", ":authority example.com", "sec-websocket-version 13"} {
		name, value, _ := strings.Cut(f, " ")
		_ = enc.WriteField(hpack.HeaderField{Name: name, Value: value})
	}
	_ = fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: head.Bytes(), EndHeaders: true})
	for {
		f, err := fr.ReadFrame()
		if err != nil {
			t.Fatal(err)
		}
		switch f := f.(type) {
		case *http2.SettingsFrame:
			if v, ok := f.Value(http2.SettingEnableConnectProtocol); ok && v != 0 {
				t.Error("the server says that it speaks RFC 8441")
			}
		case *http2.RSTStreamFrame:
			return f.ErrCode
		case *http2.HeadersFrame:
			t.Error("the request was answered")
			return 0
		}
	}
}
