package serve_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/serve"
)

// A listener with TLS speaks HTTP/2, and a raw one lines, over real sockets.
func TestTLS(t *testing.T) {
	lender := httptest.NewUnstartedServer(nil)
	lender.StartTLS() // has a certificate, and a client that trusts it
	defer lender.Close()
	config := &tls.Config{Certificates: lender.TLS.Certificates}

	s := serve.New(serve.Options{})
	api := s.HTTP("127.0.0.1:0", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Proto, " ", serve.RequestID(r.Context()) != "")
	}))
	api.TLS = config
	lines := s.Conns("127.0.0.1:0", func(_ context.Context, c net.Conn) error {
		_, err := io.WriteString(c, "hello\n")
		return err
	})
	lines.TLS = config
	if err := s.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()

	trust := lender.Client().Transport.(*http.Transport).TLSClientConfig
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: trust, ForceAttemptHTTP2: true}}
	resp, err := client.Get("https://" + api.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if string(body) != "HTTP/2.0 true" {
		t.Errorf("%q", body)
	}
	c, err := tls.Dial("tcp", lines.Addr().String(), &tls.Config{RootCAs: trust.RootCAs, ServerName: "example.com"})
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(c); string(text) != "hello\n" {
		t.Errorf("%q, %v", text, err)
	}
	_ = c.Close()
	end()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := client.Get("https://" + api.Addr().String()); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("after the end: %v", err)
	}
}
