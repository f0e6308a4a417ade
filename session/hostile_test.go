package session_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"github.com/inflight-go/inflight/retry"
	"github.com/inflight-go/inflight/session"
)

// none is a session's options without retries.
var none = retry.Policy{Retries: -1}

func TestHostileAnswers(t *testing.T) {
	answer := func(s string) func(net.Conn) {
		return func(c net.Conn) { io.WriteString(c, s) }
	}
	endless := func(head, piece string) func(net.Conn) {
		return func(c net.Conn) {
			_, err := io.WriteString(c, head)
			for err == nil {
				_, err = io.WriteString(c, piece)
			}
		}
	}
	for _, c := range []struct {
		name  string
		send  func(net.Conn)
		class retry.Class // "" for none
		check func(r *session.Response) bool
	}{
		{"length too long", answer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"), retry.ClassConn,
			func(r *session.Response) bool { return string(r.Body) == "short" && r.Truncated }},
		{"length too short", answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nlonger"), "",
			func(r *session.Response) bool { return string(r.Body) == "lo" && !r.Truncated }},
		{"length beyond reason", answer("HTTP/1.1 200 OK\r\nContent-Length: 9000000000000\r\n\r\nx"), retry.ClassConn,
			func(r *session.Response) bool { return cap(r.Body) <= 1<<20 }},
		{"length negative", answer("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"), retry.ClassProtocol, nil},
		{"two lengths", answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"), retry.ClassProtocol, nil},
		{"endless body", endless("HTTP/1.1 200 OK\r\n\r\n", strings.Repeat("x", 1000)), "",
			func(r *session.Response) bool { return r.Bytes == 5000 && len(r.Body) == 5000 && r.Truncated }},
		{"endless chunks", endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"), "",
			func(r *session.Response) bool { return r.Bytes == 5000 && r.Truncated }},
		{"chunks cut", answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"), retry.ClassConn,
			func(r *session.Response) bool { return string(r.Body) == "hel" && r.Truncated }},
		{"chunks of nonsense", answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhel"), retry.ClassProtocol, nil},
		{"endless header", endless("HTTP/1.1 200 OK\r\n", "X-A: "+strings.Repeat("x", 1000)+"\r\n"), retry.ClassHeaderTooLarge, nil},
		{"endless header line", endless("HTTP/1.1 200 OK\r\nX-A: ", strings.Repeat("x", 1000)), retry.ClassHeaderTooLarge, nil},
		{"endless status line", endless("HTTP/1.1 200 ", strings.Repeat("x", 1000)), retry.ClassHeaderTooLarge, nil},
		{"not HTTP", answer("220 ftp.example FTP server ready\r\n"), retry.ClassProtocol, nil},
		{"nothing", answer(""), retry.ClassConn, nil},
		{"reset in the header", answer("HTTP/1.1 200 OK\r\nX-A: b\r\n"), retry.ClassConn, nil},
		{"gzip of nonsense", answer("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 40\r\n\r\n" + strings.Repeat("nonsense", 5)), retry.ClassProtocol, nil},
		{"zstd of nonsense", answer("HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\nContent-Length: 40\r\n\r\n" + strings.Repeat("nonsense", 5)), retry.ClassProtocol, nil},
		{"zstd with a window of 64 MiB", answer("HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\nContent-Length: 10\r\n\r\n\x28\xb5\x2f\xfd\x00\x80\x09\x00\x00x"), retry.ClassProtocol, nil},
		{"zstd with a window of 1 MiB", answer("HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\nContent-Length: 10\r\n\r\n\x28\xb5\x2f\xfd\x00\x50\x09\x00\x00x"), "",
			func(r *session.Response) bool { return string(r.Body) == "x" }},
		{"br of nonsense", answer("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 40\r\n\r\n" + strings.Repeat("nonsense", 5)), retry.ClassProtocol, nil},
		{"many encodings", answer("HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip, gzip, gzip\r\nContent-Length: 4\r\n\r\nfour"), "",
			func(r *session.Response) bool {
				return string(r.Body) == "four" && r.Header.Get("Content-Encoding") != ""
			}},
		{"endless empty gzip", func(c net.Conn) {
			var b bytes.Buffer
			gzip.NewWriter(&b).Close()
			endless("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", strings.Repeat(b.String(), 100))(c)
		}, retry.ClassBodyTooLarge, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.raw("a.example:80", c.send)
				r, err := w.open(session.Options{Backoff: none, MaxBody: 5000}).Get(t.Context(), "http://a.example/")
				if e, ok := errors.AsType[*session.Error](err); ok {
					if e.Class != c.class || len(e.Attempts) != 1 || e.Attempts[0].Class != c.class {
						t.Errorf("class %q, want %q: %v", e.Class, c.class, err)
					}
					r = e.Response
				} else if err != nil || c.class != "" {
					t.Errorf("%+v, %v", r, err)
				}
				if c.check != nil && (r == nil || !c.check(r)) {
					t.Errorf("%+v", r)
				}
			})
		})
	}
}

func encoded(t *testing.T, encoding, text string) string {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	switch encoding {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "br":
		w = brotli.NewWriter(&b)
	case "zstd":
		w, _ = zstd.NewWriter(&b)
	case "deflate":
		w = zlib.NewWriter(&b)
	case "raw deflate":
		w, _ = flate.NewWriter(&b, 5)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	w.Close()
	return b.String()
}

func TestDecompression(t *testing.T) {
	for _, encoding := range []string{"gzip", "br", "zstd", "deflate", "raw deflate"} {
		t.Run(encoding, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				name := strings.TrimPrefix(encoding, "raw ")
				small, bomb := encoded(t, encoding, "hello"), encoded(t, encoding, strings.Repeat("\x00", 1<<20))
				w.handle("a.example:80", func(rw http.ResponseWriter, r *http.Request) {
					if !strings.Contains(r.Header.Get("Accept-Encoding"), name) {
						io.WriteString(rw, "plain")
						return
					}
					rw.Header().Set("Content-Encoding", name)
					if r.URL.Path == "/bomb" {
						io.WriteString(rw, bomb)
					} else if r.Method != "HEAD" {
						io.WriteString(rw, small)
					}
				})
				s := w.open(session.Options{MaxBody: 100_000})
				for range 3 { // the second time with a decoder that was used
					r, err := s.Get(t.Context(), "http://a.example/")
					if err != nil || string(r.Body) != "hello" || r.Header.Get("Content-Encoding") != "" || r.Bytes != 5 {
						t.Errorf("%+v, %v", r, err)
					}
					r, err = s.Get(t.Context(), "http://a.example/bomb")
					if err != nil || !r.Truncated || len(r.Body) != 100_000 || cap(r.Body) > 300_000 {
						t.Errorf("%d bytes, %v", len(r.Body), err)
					}
				}
				if r, err := s.Do(t.Context(), &session.Request{Method: "HEAD", URL: "http://a.example/"}); err != nil || len(r.Body) != 0 {
					t.Errorf("HEAD: %+v, %v", r, err)
				}
				own := &session.Request{URL: "http://a.example/", Header: http.Header{"Accept-Encoding": {name}}}
				if r, err := s.Do(t.Context(), own); err != nil || string(r.Body) != small || r.Header.Get("Content-Encoding") != name {
					t.Errorf("asked for by the caller: %q, %v", r.Body, err)
				}
				if r, err := w.open(session.Options{NoCompression: true}).Get(t.Context(), "http://a.example/"); err != nil || string(r.Body) != "plain" {
					t.Errorf("not asked for: %q, %v", r.Body, err)
				}
			})
		})
	}
}

func TestTooLargeAsAnError(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.handle("a.example:80", func(rw http.ResponseWriter, r *http.Request) { io.WriteString(rw, "0123456789") })
		s := w.open(session.Options{FailTooLarge: true, MaxBody: 9})
		_, err := s.Get(t.Context(), "http://a.example/")
		e, ok := errors.AsType[*session.Error](err)
		if !ok || e.Class != retry.ClassBodyTooLarge || !errors.Is(err, session.ErrBodyTooLarge) || string(e.Response.Body) != "012345678" || e.Status != 200 {
			t.Errorf("%#v", err)
		}
		for _, most := range []int64{10, -1} {
			if r, err := s.Do(t.Context(), &session.Request{URL: "http://a.example/", MaxBody: most}); err != nil || r.Truncated || len(r.Body) != 10 {
				t.Errorf("%d: %+v, %v", most, r, err)
			}
		}
	})
}

// sink is a writer for Save.
type sink struct {
	bytes.Buffer
	fail   error
	closed int
	err    error
}

func (s *sink) Write(p []byte) (int, error) {
	if s.fail != nil {
		return 0, s.fail
	}
	return s.Buffer.Write(p)
}
func (s *sink) Close() error                   { s.closed++; return nil }
func (s *sink) CloseWithError(err error) error { s.closed, s.err = s.closed+1, err; return nil }

func TestSave(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.handle("a.example:80", failing(2, 503))
		big := strings.Repeat("0123456789", 10_000)
		w.handle("b.example:80", func(rw http.ResponseWriter, r *http.Request) { io.WriteString(rw, big) })
		cut := 0
		w.raw("c.example:80", func(c net.Conn) {
			cut++
			if cut == 1 {
				io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")
				return
			}
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole")
		})
		s := w.open(session.Options{SHA256: true})
		for url, want := range map[string]string{"http://a.example/": "fine", "http://b.example/": big, "http://c.example/": "whole"} {
			var sinks []*sink
			r, err := s.Do(t.Context(), &session.Request{URL: url, Save: func(r *http.Response) (io.WriteCloser, error) {
				if r.StatusCode != 200 {
					t.Errorf("asked to save status %d", r.StatusCode)
				}
				sinks = append(sinks, new(sink))
				return sinks[len(sinks)-1], nil
			}})
			if err != nil || r.Body != nil || r.Bytes != int64(len(want)) {
				t.Fatalf("%s: %+v, %v", url, r, err)
			}
			last := sinks[len(sinks)-1]
			if last.String() != want || last.closed != 1 || last.err != nil {
				t.Errorf("%s: saved %d bytes, closed %d times, %v", url, last.Len(), last.closed, last.err)
			}
			if len(sinks) == 2 && (sinks[0].closed != 1 || sinks[0].err == nil) {
				t.Errorf("the first, cut: %+v", sinks[0])
			}
			if plain, err := s.Get(t.Context(), url); err != nil || plain.SHA256 != r.SHA256 || r.SHA256 == [32]byte{} {
				t.Errorf("%s: checksums differ: %v", url, err)
			}
		}
	})
}

// greedy is a writer that may take more than others.
type greedy struct {
	sink
	most int64
}

func (g *greedy) MaxBody() int64 { return g.most }

// Of the caps of the request and the writer the larger counts, before and after
// decompression.
func TestSaveTakesMore(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		noise := make([]byte, 300_000)
		rand.NewChaCha8([32]byte{}).Read(noise)
		w.handle("a.example:80", func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/plain" {
				rw.Write(noise)
				return
			}
			rw.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(rw)
			z.Write(noise)
			z.Close()
		})
		s := w.open(session.Options{MaxBody: 1000})
		for _, path := range []string{"/plain", "/gzip"} {
			for most, want := range map[int64]int64{0: 1000, 10: 1000, 5000: 5000, 1 << 20: 300_000} {
				g := &greedy{most: most}
				r, err := s.Do(t.Context(), &session.Request{URL: "http://a.example" + path, Save: func(*http.Response) (io.WriteCloser, error) { return g, nil }})
				if err != nil || r.Bytes != want || r.Truncated != (want < 300_000) || !bytes.Equal(g.Bytes(), noise[:want]) {
					t.Errorf("%s: at most %d: %d bytes, %+v, %v", path, most, g.Len(), r, err)
				}
			}
		}
	})
}

func TestSaveThatFails(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.handle("a.example:80", failing(0, 0))
		s := w.open(session.Options{})
		full := errors.New("disk full")
		for _, save := range []func(*http.Response) (io.WriteCloser, error){
			func(*http.Response) (io.WriteCloser, error) { return nil, full },
			func(*http.Response) (io.WriteCloser, error) { return &sink{fail: full}, nil },
		} {
			_, err := s.Do(t.Context(), &session.Request{URL: "http://a.example/", Save: save})
			if e, ok := errors.AsType[*session.Error](err); !ok || e.Class != retry.ClassSave || !errors.Is(err, full) || len(e.Attempts) != 1 {
				t.Errorf("%#v", err)
			}
		}
		r, err := s.Do(t.Context(), &session.Request{URL: "http://a.example/", Save: func(*http.Response) (io.WriteCloser, error) { return nil, nil }})
		if err != nil || string(r.Body) != "fine" {
			t.Errorf("no writer: %+v, %v", r, err)
		}
	})
}
