package connect_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/internal/connect"
	"github.com/inflight-go/inflight/internal/option"
	"github.com/inflight-go/inflight/session"
)

// open makes a connection of the defaults that change has changed.
func open(t *testing.T, change func(*connect.Options)) *connect.Connection {
	t.Helper()
	o := connect.Defaults()
	change(&o)
	c, err := connect.New(t.Context(), &o, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestTheDemoOriginNeedsNoServer(t *testing.T) {
	c := open(t, func(*connect.Options) {})
	for _, url := range []string{connect.DemoURL("demo:///users/1"), "demo:///users/1", "demo://any/users/1"} {
		if r, err := c.Session.Do(t.Context(), &session.Request{URL: url}); err != nil || r.Status != http.StatusOK {
			t.Errorf("%s: %v, %v", url, r, err)
		}
	}
	if url := connect.DemoURL("http://a.example/"); url != "http://a.example/" {
		t.Errorf("another URL became %s", url)
	}
}

func TestOptionsReachTheServer(t *testing.T) {
	var got http.Header
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = r.Header
		_, _ = io.Copy(io.Discard, r.Body)
	}))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("geheim\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := open(t, func(o *connect.Options) {
		o.Bearer, o.Agent, o.FixedHeader = "file:"+file, "tester/2", []string{"X-Team: a", "X-Team:b"}
	})
	if _, err := c.Session.Do(t.Context(), &session.Request{URL: server.URL}); err != nil {
		t.Fatal(err)
	}
	if got.Get("Authorization") != "Bearer geheim" || got.Get("User-Agent") != "tester/2" || strings.Join(got["X-Team"], " ") != "a b" {
		t.Errorf("the server got %v", got)
	}
}

// An address may stand between brackets, as one of IPv6 has to in URLs.
func TestResolveWithBrackets(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	_, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
	c := open(t, func(o *connect.Options) { o.Resolve = []string{"a.example:" + port + ":[127.0.0.1]"} })
	if r, err := c.Session.Do(t.Context(), &session.Request{URL: "http://a.example:" + port}); err != nil || r.Status != http.StatusNotFound {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestAWrongOptionIsNamed(t *testing.T) {
	for want, change := range map[string]func(*connect.Options){
		`--retries "-1": want 0 or more`:   func(o *connect.Options) { o.Retries = -1 },
		"--timeout":                        func(o *connect.Options) { o.Timeout = -1 },
		"--rate: ":                         func(o *connect.Options) { o.Rate = "fast" },
		`--burst "0"`:                      func(o *connect.Options) { o.Rate, o.Burst = "5/s", 0 },
		`--backoff "1s"`:                   func(o *connect.Options) { o.Backoff = "1s" },
		`--jitter "half"`:                  func(o *connect.Options) { o.Jitter = "half" },
		`--retry-budget "0%"`:              func(o *connect.Options) { o.RetryBudget = "0%" },
		`--retry-methods "some"`:           func(o *connect.Options) { o.RetryMethods = "some" },
		`--retry-after "x"`:                func(o *connect.Options) { o.RetryAfter = "x" },
		"--retry-on":                       func(o *connect.Options) { o.RetryOn = "never" },
		`--breaker "50%"`:                  func(o *connect.Options) { o.Breaker = "50%" },
		`--breaker-mode "x"`:               func(o *connect.Options) { o.BreakerMode = "x" },
		`--tls-min "1.0"`:                  func(o *connect.Options) { o.TLSMin = "1.0" },
		`--http "3"`:                       func(o *connect.Options) { o.HTTP = "3" },
		`--engine "x"`:                     func(o *connect.Options) { o.Engine = "x" },
		`--max-body "x"`:                   func(o *connect.Options) { o.MaxBody = "x" },
		"--cacert: open":                   func(o *connect.Options) { o.CACert = "/none" },
		"--cacert network.go: there is no": func(o *connect.Options) { o.CACert = "network.go" },
		`--resolve "a:x:127.0.0.1"`:        func(o *connect.Options) { o.Resolve = []string{"a:x:127.0.0.1"} },
		`--resolve "a:1"`:                  func(o *connect.Options) { o.Resolve = []string{"a:1"} },
		"--bearer: env:NO_SUCH_VARIABLE":   func(o *connect.Options) { o.Bearer = "env:NO_SUCH_VARIABLE" },
		"--oauth2 and --bearer or --user":  func(o *connect.Options) { o.OAuth2, o.Bearer = "f", "b" },
		"--header: want 'Name: value'":     func(o *connect.Options) { o.FixedHeader = []string{"geheim"} },
		"--user: cmd:false: exit status 1": func(o *connect.Options) { o.User = "cmd:false" },
	} {
		o := connect.Defaults()
		change(&o)
		_, err := connect.New(t.Context(), &o, nil)
		if _, ok := errors.AsType[*option.Error](err); !ok || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %s", err, want)
		}
	}
}
