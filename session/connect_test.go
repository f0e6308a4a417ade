package session_test

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/retry"
	"github.com/inflight-go/inflight/session"
)

// get gets the URL by an exchange of our own, and checks that one of net/http comes to
// the same.
func get(t *testing.T, o session.Options, url string) (*session.Response, error) {
	t.Helper()
	own, err := getBy(t, o, url)
	o.NetHTTP = true
	std, stdErr := getBy(t, o, url)
	if classOf(err) != classOf(stdErr) || err == nil && (own.Status != std.Status || string(own.Body) != string(std.Body)) {
		t.Errorf("%s: own %+v, %v; net/http %+v, %v", url, own, err, std, stdErr)
	}
	return own, err
}

// getBy opens a session, gets the URL once and closes the session.
func getBy(t *testing.T, o session.Options, url string) (*session.Response, error) {
	t.Helper()
	if o.Backoff.Retries == 0 {
		o.Backoff = none
	}
	s, err := session.New(o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	return s.Get(t.Context(), url)
}

func classOf(err error) retry.Class {
	if e, ok := errors.AsType[*session.Error](err); ok {
		return e.Class
	}
	return retry.ClassNone
}

func TestDenyPrivate(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(reflect))
	defer server.Close()
	port := server.URL[strings.LastIndex(server.URL, ":"):]
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0.0.0.0"} {
		if r, err := get(t, session.Options{DenyPrivate: true}, "http://"+host+port+"/"); err == nil || host != "2130706433" && classOf(err) != retry.ClassDenied {
			t.Errorf("%s: %+v, %v", host, r, err)
		}
	}
	resolve := session.Options{DenyPrivate: true, Resolve: map[string]string{"a.example": "127.0.0.1"}}
	if _, err := get(t, resolve, "http://a.example"+port+"/"); !errors.Is(err, session.ErrDenied) {
		t.Errorf("by Resolve: %v", err)
	}
	dial := session.Options{DenyPrivate: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}}
	if _, err := get(t, dial, "http://a.example/"); !errors.Is(err, session.ErrDenied) {
		t.Errorf("by Dial: %v", err)
	}
	if r, err := get(t, session.Options{}, server.URL); err != nil || r.Status != 200 {
		t.Errorf("without: %+v, %v", r, err)
	}
}

func TestIsPublic(t *testing.T) {
	for _, a := range []string{
		"127.0.0.1", "127.1.2.3", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "0.1.2.3", "100.64.0.1",
		"192.0.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1",
		"::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00::1", "ff02::1", "fec0::1", "2001:db8::1",
		"::ffff:10.0.0.1", "::ffff:100.64.0.1", "::10.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001::1", "64:ff9b:1::1",
	} {
		if session.IsPublic(a) {
			t.Errorf("%s passes for public", a)
		}
	}
	for _, a := range []string{"1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::"} {
		if !session.IsPublic(a) {
			t.Errorf("%s is refused", a)
		}
	}
}

func TestTLS(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(reflect))
	defer server.Close()
	server.Config.ErrorLog = nil
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if _, err := get(t, session.Options{}, server.URL); classOf(err) != retry.ClassTLS {
		t.Errorf("unknown authority: %v", err)
	}
	for name, o := range map[string]session.Options{
		"insecure": {Insecure: true}, "CA": {CACert: ca, Trace: true}, "1.3": {CACert: ca, MinTLS: tls.VersionTLS13}, "base": {TLS: &tls.Config{InsecureSkipVerify: true}},
	} {
		if r, err := get(t, o, server.URL); err != nil || r.Status != 200 || r.Proto != "HTTP/1.1" || r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
			t.Errorf("%s: %+v, %v", name, r, err)
		} else if name == "CA" && (r.Timings.TLS <= 0 || r.Timings.Connect <= 0 || r.Remote != server.Listener.Addr().String()) {
			t.Errorf("trace: %+v", r)
		}
	}
}

func TestHTTP2(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(reflect))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	for version, want := range map[session.HTTP]string{session.HTTP1: "HTTP/1.1", session.HTTP2: "HTTP/2.0", session.HTTPAuto: "HTTP/2.0"} {
		if r, err := get(t, session.Options{Insecure: true, HTTP: version}, server.URL); err != nil || r.Proto != want {
			t.Errorf("%d: %+v, %v", version, r, err)
		}
	}
}

func TestUnixSocket(t *testing.T) {
	dir, err := os.MkdirTemp("", "s")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Skip(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(reflect)}
	go server.Serve(l)
	defer server.Close()
	if r, err := get(t, session.Options{UnixSocket: path}, "http://a.example/x"); err != nil || r.Status != 200 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestResolve(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Host) }))
	defer server.Close()
	addr := server.Listener.Addr().String()
	_, port, _ := net.SplitHostPort(addr)
	for to, u := range map[string]string{addr: "http://a.example/", "127.0.0.1": "http://a.example:" + port + "/"} {
		if r, err := get(t, session.Options{Resolve: map[string]string{"a.example": to}}, u); err != nil || !strings.HasPrefix(string(r.Body), "a.example") {
			t.Errorf("%+v, %v", r, err)
		}
	}
	if r, err := get(t, session.Options{Resolve: map[string]string{"a.example:80": addr, "a.example": "192.0.2.1"}}, "http://a.example/"); err != nil {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestProxy(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "proxied "+r.URL.String()+" "+r.Header.Get("Proxy-Authorization"))
	}))
	defer proxy.Close()
	u, _ := url.Parse(proxy.URL)
	u.User = url.UserPassword("u", "p")
	if r, err := get(t, session.Options{Proxy: u}, "http://a.example/x"); err != nil || string(r.Body) != "proxied http://a.example/x Basic dTpw" {
		t.Errorf("%+v, %v", r, err)
	}
}

// A proxy that does not connect is named, with its status and without its password.
func TestProxyThatRefuses(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "who are you?", http.StatusProxyAuthRequired)
	}))
	defer proxy.Close()
	u, _ := url.Parse(proxy.URL)
	u.User = url.UserPassword("u", "hush")
	_, err := get(t, session.Options{Proxy: u}, "https://a.example/x")
	e, ok := errors.AsType[*session.Error](err)
	if !ok || e.Class != retry.ClassConnect || !strings.Contains(err.Error(), u.Host+" refused to connect: status 407 Proxy Auth") || strings.Contains(err.Error(), "hush") {
		t.Errorf("%v", err)
	}
}

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestSchemesAndTransport(t *testing.T) {
	answer := tripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(r.URL.String())), ContentLength: -1}, nil
	})
	o := session.Options{Schemes: map[string]http.RoundTripper{"demo": answer}, Transport: answer}
	for _, u := range []string{"demo://a/x", "demo:///x", "http://a.example/x", "https://a.example/x"} {
		if r, err := get(t, o, u); err != nil || string(r.Body) != u {
			t.Errorf("%+v, %v", r, err)
		}
	}
}

func TestBadOptions(t *testing.T) {
	u, _ := url.Parse("http://p.example")
	for name, o := range map[string]session.Options{
		"rate":      {Rate: session.Rate{N: -1}},
		"period":    {RateHost: session.Rate{N: 1}},
		"retry on":  {RetryOn: []string{"teapot"}},
		"status":    {RetryOn: []string{"99"}},
		"after":     {RetryAfter: 7},
		"HTTP":      {HTTP: 9},
		"CA":        {CACert: []byte("nonsense")},
		"cert":      {Cert: []byte("x")},
		"pair":      {Cert: []byte("x"), Key: []byte("y")},
		"deny":      {DenyPrivate: true, Proxy: u},
		"deny unix": {DenyPrivate: true, UnixSocket: "/s"},
	} {
		if s, err := session.New(o); err == nil || s != nil || !strings.HasPrefix(err.Error(), "session: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHeaders(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		var got http.Header
		var host string
		w.handle("a.example:80", func(rw http.ResponseWriter, r *http.Request) { got, host = r.Header, r.Host })
		s := w.open(session.Options{Header: http.Header{"x-one": {"1"}, "X-Two": {"2"}}, UserAgent: "mine"})
		own := http.Header{"x-two": {"own"}, "Host": {"other.example"}}
		if _, err := s.Do(t.Context(), &session.Request{URL: "http://a.example/", Header: own}); err != nil {
			t.Fatal(err)
		}
		if got.Get("X-One") != "1" || got.Get("X-Two") != "own" || got.Get("User-Agent") != "mine" || host != "other.example" || len(own) != 2 {
			t.Errorf("%v, host %q", got, host)
		}
		s.Get(t.Context(), "http://a.example/")
		if got.Get("X-Two") != "2" || host != "a.example" || got.Get("Accept-Encoding") == "" {
			t.Errorf("%v, host %q", got, host)
		}
	})
}

func TestTrace(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(reflect))
	defer server.Close()
	s, err := session.New(session.Options{Trace: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	first, err1 := s.Get(t.Context(), server.URL)
	second, err2 := s.Get(t.Context(), server.URL)
	if err1 != nil || err2 != nil || first.Timings.Connect <= 0 || second.Timings.Connect != 0 || second.Remote != server.Listener.Addr().String() {
		t.Errorf("%+v, %v; %+v, %v", first, err1, second, err2)
	}
}
