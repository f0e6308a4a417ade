package session_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/inflight-go/inflight/retry"
	"github.com/inflight-go/inflight/session"
)

// zipped returns a text, compressed in as many members of gzip as there are parts.
func zipped(parts ...string) string {
	var b bytes.Buffer
	for _, p := range parts {
		z := gzip.NewWriter(&b)
		io.WriteString(z, p)
		z.Close()
	}
	return b.String()
}

func gzipAnswer(body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// What servers do wrong, in any way that a connection can be served, ends with a class
// that says so, soon, and costs little.
func TestUglyServers(t *testing.T) {
	write := func(s string) func(net.Conn) { return func(c net.Conn) { io.WriteString(c, s) } }
	flood := func(head, piece string) func(net.Conn) {
		return func(c net.Conn) {
			_, err := io.WriteString(c, head)
			for err == nil {
				_, err = io.WriteString(c, piece)
			}
		}
	}
	slowly := func(s string, pause time.Duration) func(net.Conn) {
		return func(c net.Conn) {
			gone := make(chan bool)
			go func() { io.Copy(io.Discard, c); close(gone) }()
			for i := range len(s) {
				select {
				case <-gone:
					return
				case <-time.After(pause):
				}
				if _, err := io.WriteString(c, s[i:i+1]); err != nil {
					break
				}
			}
			c.Close()
			<-gone
		}
	}
	gzipped := zipped("hello")
	for _, c := range []struct {
		name  string
		serve func(net.Conn) // after the request was read
		class retry.Class    // "" for an answer
		check func(r *session.Response) bool
	}{
		{"early hints, and an answer", write(strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 3) + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), "",
			func(r *session.Response) bool { return string(r.Body) == "ok" }},
		{"a flood of early hints", flood("", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), retry.ClassHeaderTooLarge, nil},
		{"a flood of 100 Continue", flood("", "HTTP/1.1 100 Continue\r\n\r\n"), retry.ClassHeaderTooLarge, nil},
		{"101 without being asked", write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), retry.ClassProtocol, nil},
		{"a status of zeros", write("HTTP/1.1 000 OK\r\nContent-Length: 2\r\n\r\nok"), retry.ClassProtocol, nil},
		{"a status below 100", write("HTTP/1.1 042 OK\r\nContent-Length: 2\r\n\r\nok"), retry.ClassProtocol, nil},
		{"slowloris in the header", slowly("HTTP/1.1 200 OK\r\nX-A: "+strings.Repeat("x", 1000), time.Second), retry.ClassTimeout, nil},
		{"slowloris in the body", func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
			slowly(strings.Repeat("x", 1000), time.Second)(c)
		}, retry.ClassTimeout,
			func(r *session.Response) bool { return r.Truncated }},
		{"gzip with garbage behind", write(gzipAnswer(gzipped + "\x00\x00garbage that nobody asked for")), "",
			func(r *session.Response) bool { return string(r.Body) == "hello" && !r.Truncated }},
		{"gzip with garbage behind that does not end", flood("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"+gzipped, "garbage "), "",
			func(r *session.Response) bool { return string(r.Body) == "hello" && !r.Truncated }},
		{"gzip with a byte behind", write(gzipAnswer(gzipped + "\n")), "",
			func(r *session.Response) bool { return string(r.Body) == "hello" && !r.Truncated }},
		{"gzip with garbage like a member behind", write(gzipAnswer(gzipped + "\x1f\x8bx")), retry.ClassProtocol,
			func(r *session.Response) bool { return string(r.Body) == "hello" }},
		{"gzip in two members", write(gzipAnswer(zipped("hel", "", "lo"))), "",
			func(r *session.Response) bool { return string(r.Body) == "hello" }},
		{"gzip cut in its header", write(gzipAnswer("hello")), retry.ClassProtocol, nil},
		{"gzip cut", write(gzipAnswer(gzipped[:len(gzipped)-9])), retry.ClassProtocol, nil},
		{"gzip with a wrong checksum", write(gzipAnswer(gzipped[:len(gzipped)-6] + "\x00\x00" + gzipped[len(gzipped)-4:])), retry.ClassProtocol, nil},
		{"ten thousand headers", write("HTTP/1.1 200 OK\r\n" + manyHeaders(10_000) + "Content-Length: 2\r\n\r\nok"), "",
			func(r *session.Response) bool { return string(r.Body) == "ok" }},
		{"a million headers", write("HTTP/1.1 200 OK\r\n" + manyHeaders(1_000_000) + "\r\n"), retry.ClassHeaderTooLarge, nil},
		{"headers of nothing", flood("HTTP/1.1 200 OK\r\n", ":\r\n"), retry.ClassProtocol, nil},
		{"a header with a NUL", write("HTTP/1.1 200 OK\r\nX-A: a\x00b\r\n\r\n"), retry.ClassProtocol, nil},
		{"a header folded", write("HTTP/1.1 200 OK\r\nX-A: a\r\n b\r\nContent-Length: 0\r\n\r\n"), "", nil},
		{"length and chunks", write("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"), "", nil},
		{"chunks of 16 EiB", write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nok"), "?", nil},
		{"trailers without an end", flood("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n", "X-A: b\r\n"), "?", nil},
		{"chunk extensions without an end", flood("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "2;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), "?", nil},
		{"HTTP/2 to whom speaks HTTP/1", write("\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64\x00\x04\x00\x10\x00\x00"), retry.ClassProtocol, nil},
		{"HTTP/0.9", write("<html>hello</html>"), retry.ClassProtocol, nil},
		{"HTTP/3.7", write("HTTP/3.7 200 OK\r\nContent-Length: 0\r\n\r\n"), "?", nil},
		{"status 1000", write("HTTP/1.1 1000 OK\r\nContent-Length: 0\r\n\r\n"), retry.ClassProtocol, nil},
		{"status 99", write("HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n"), "?", nil},
		{"204 with a body", write("HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok"), "",
			func(r *session.Response) bool { return len(r.Body) == 0 }},
		{"a redirect to nowhere", write("HTTP/1.1 302 Found\r\nLocation: http://\x7f/\r\nContent-Length: 0\r\n\r\n"), "?", nil},
		{"a redirect with an endless body", flood("HTTP/1.1 302 Found\r\nLocation: ftp://b.example/\r\n\r\n", strings.Repeat("x", 1000)), retry.ClassRedirect, nil},
		{"a redirect of a megabyte", write("HTTP/1.1 302 Found\r\nLocation: http://a.example/" + strings.Repeat("x", 200_000) + "\r\nContent-Length: 0\r\n\r\n"), retry.ClassRedirect, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.raw("a.example:80", c.serve)
				before := allocated()
				took := clock()
				r, err := w.open(session.Options{Backoff: none, MaxBody: 5000}).Get(t.Context(), "http://a.example/")
				if n := allocated() - before; n > 40<<20 {
					t.Errorf("it took %d MiB", n>>20)
				}
				if took() > 31*time.Second {
					t.Errorf("took %v", took())
				}
				if e, ok := errors.AsType[*session.Error](err); ok {
					t.Logf("class %s: %v", e.Class, shorter(err))
					if e.Class == retry.ClassOther || c.class != "?" && e.Class != c.class || len(err.Error()) > 2000 {
						t.Errorf("class %q, want %q", e.Class, c.class)
					}
					r = e.Response
				} else if err != nil || c.class != "" && c.class != "?" {
					t.Errorf("%+v, %v", r, err)
				}
				if c.check != nil && (r == nil || !c.check(r)) {
					t.Errorf("%+v", r)
				}
			})
		})
	}
}

func shorter(err error) string { s := err.Error(); return s[:min(len(s), 200)] }

func manyHeaders(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "X%d: b\r\n", i)
	}
	return b.String()
}

// allocated is how much was ever allocated.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// loopback serves each connection on a port, and returns the address.
func loopback(t *testing.T, serve func(*net.TCPConn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); serve(c.(*net.TCPConn)) }()
		}
	}()
	return l.Addr().String()
}

// What needs a real connection: half of one, a reset, an answer to a request that is
// not read.
func TestUglyConnections(t *testing.T) {
	big := bytes.Repeat([]byte("x"), 20<<20)
	request := func(c *net.TCPConn) { http.ReadRequest(newReader(c)) }
	for _, c := range []struct {
		name  string
		body  []byte
		serve func(*net.TCPConn)
		want  []retry.Class // "" for an answer
	}{
		{"half closed in the body", nil, func(c *net.TCPConn) {
			request(c)
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome")
			c.CloseWrite()
			io.Copy(io.Discard, c)
		}, []retry.Class{retry.ClassConn}},
		{"half closed before the answer", nil, func(c *net.TCPConn) {
			request(c)
			c.CloseWrite()
			io.Copy(io.Discard, c)
		}, []retry.Class{retry.ClassConn}},
		{"reset in the body", nil, func(c *net.TCPConn) {
			request(c)
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome")
			c.SetLinger(0)
		}, []retry.Class{retry.ClassConn}},
		{"reset in the header", nil, func(c *net.TCPConn) {
			request(c)
			io.WriteString(c, "HTTP/1.1 200 OK\r\nCont")
			c.SetLinger(0)
		}, []retry.Class{retry.ClassConn, retry.ClassProtocol}}, // which depends on where it is cut
		{"answered before the request is read", big, func(c *net.TCPConn) {
			io.WriteString(c, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
			c.CloseWrite()
			time.Sleep(50 * time.Millisecond)
		}, []retry.Class{"", retry.ClassConn}},
		{"answered before the request is read, and reset", big, func(c *net.TCPConn) {
			io.WriteString(c, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno")
			c.SetLinger(0)
		}, []retry.Class{"", retry.ClassConn, retry.ClassConnect}},
		{"nothing is read", big, func(c *net.TCPConn) { time.Sleep(600 * time.Millisecond) }, []retry.Class{retry.ClassTimeout}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := runtime.NumGoroutine()
			addr := loopback(t, c.serve)
			s, err := session.New(session.Options{Backoff: none, Timeout: 500 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			r, err := s.Do(t.Context(), &session.Request{Method: "POST", URL: "http://" + addr + "/", Body: c.body})
			var class retry.Class
			if e, ok := errors.AsType[*session.Error](err); ok {
				class = e.Class
			}
			t.Logf("%v", err)
			wanted := false
			for _, want := range c.want {
				wanted = wanted || class == want && (want != "" || r.Status == 413)
			}
			if !wanted {
				t.Errorf("class %q, want one of %q: %+v, %v", class, c.want, r, err)
			}
			s.Close()
			settled(t, before+2) // the listener's
		})
	}
}

// settled waits for goroutines to end.
func settled(t *testing.T, most int) {
	t.Helper()
	for range 2000 {
		if runtime.NumGoroutine() <= most {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines are left, want %d", runtime.NumGoroutine(), most)
}

// A port that speaks TLS badly, or something else, is said to.
func TestUglyTLS(t *testing.T) {
	read := func(c net.Conn) { c.Read(make([]byte, 4096)) }
	for _, c := range []struct {
		name  string
		serve func(*net.TCPConn)
		want  retry.Class
	}{
		{"garbage", func(c *net.TCPConn) { read(c); io.WriteString(c, "garbage that is long enough for a record") }, retry.ClassTLS},
		{"HTTP", func(c *net.TCPConn) {
			read(c)
			io.WriteString(c, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
		}, retry.ClassTLS},
		{"an alert", func(c *net.TCPConn) { read(c); io.WriteString(c, "\x15\x03\x03\x00\x02\x02\x28") }, retry.ClassTLS},
		{"a record that is too long", func(c *net.TCPConn) { read(c); io.WriteString(c, "\x16\x03\x03\xff\xff"+strings.Repeat("x", 70000)) }, retry.ClassTLS},
		{"a hello of nonsense", func(c *net.TCPConn) { read(c); io.WriteString(c, "\x16\x03\x03\x00\x08\x02\x00\x00\x04abcd") }, retry.ClassTLS},
		{"nothing", func(c *net.TCPConn) { read(c) }, retry.ClassConn},
		{"silence", func(c *net.TCPConn) { read(c); read(c) }, retry.ClassTimeout},
		{"a reset", func(c *net.TCPConn) { read(c); c.SetLinger(0) }, retry.ClassConn},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := session.New(session.Options{Backoff: none, ConnectTimeout: 300 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			_, err = s.Get(t.Context(), "https://"+loopback(t, c.serve)+"/")
			t.Logf("%v", err)
			if e, ok := errors.AsType[*session.Error](err); !ok || e.Class != c.want {
				t.Errorf("class %v, want %q", e, c.want)
			}
		})
	}
}

// Redirects that go round from http to https and back, or on for ever, have an end.
func TestUglyRedirects(t *testing.T) {
	var plain, secure *httptest.Server
	plain = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, secure.URL+r.URL.Path, http.StatusFound)
	}))
	defer plain.Close()
	secure = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to := plain.URL + r.URL.Path
		if strings.HasPrefix(to, plain.URL+"/on") {
			to += "x"
		}
		http.Redirect(w, r, to, http.StatusPermanentRedirect)
	}))
	defer secure.Close()
	for _, cookies := range []bool{false, true} {
		s, err := session.New(session.Options{TLS: &tls.Config{InsecureSkipVerify: true}, Cookies: cookies})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for path, want := range map[string]error{"/round": session.ErrRedirectLoop, "/on": session.ErrTooManyRedirects} {
			if cookies {
				want = session.ErrTooManyRedirects
			}
			_, err := s.Get(context.Background(), plain.URL+path)
			if e, ok := errors.AsType[*session.Error](err); !ok || e.Class != retry.ClassRedirect || !errors.Is(err, want) || len(e.Attempts) != 1 {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
}

// However many cookies a server sets, few are kept, and sent.
func TestUglyCookies(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		n, longest := 0, 0
		serve := func(rw http.ResponseWriter, r *http.Request) {
			longest = max(longest, len(strings.Join(r.Header["Cookie"], "; ")))
			for range 500 {
				n++
				http.SetCookie(rw, &http.Cookie{Name: fmt.Sprintf("c%d", n), Value: strings.Repeat("x", 100), Path: "/"})
			}
		}
		for i := range 50 {
			w.handle(fmt.Sprintf("h%d.a.example:80", i), serve)
		}
		s := w.open(session.Options{Cookies: true})
		for i := range 70 {
			if _, err := s.Get(t.Context(), fmt.Sprintf("http://h%d.a.example/", i%50)); err != nil {
				t.Fatal(err)
			}
		}
		if longest > 32<<10 {
			t.Errorf("a request has %d bytes of cookies", longest)
		}
		if kept := session.Cookies(s); kept > 1000 {
			t.Errorf("%d cookies are kept", kept)
		}
	})
}
