package lane_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/inflight-go/inflight/internal/lane"
)

const fine = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine"

// answers are what servers may send. Some are as they should be.
var answers = map[string]string{
	"plain":                     "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello",
	"many fields":               "HTTP/1.1 200 OK\r\nset-cookie: a=b\r\nSet-Cookie: c=d\r\nX-UPPER_x: \t v \t\r\nempty:\r\nContent-Length: 5\r\n\r\nhello",
	"names in half":             "HTTP/1.1 200 OK\r\nETag: a\r\nX-a: b\r\nX-A: c\r\nContent-Length: 5\r\n\r\nhello",
	"obs-text":                  "HTTP/1.1 200 \xffOK\r\nX-A: \xe9\r\nContent-Length: 5\r\n\r\nhello",
	"no reason":                 "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello",
	"empty reason":              "HTTP/1.1 404 \r\nContent-Length: 5\r\n\r\nhello",
	"two spaces":                "HTTP/1.1  200 OK\r\nContent-Length: 5\r\n\r\nhello",
	"reason with a tab":         "HTTP/1.1 200\tOK\r\nContent-Length: 5\r\n\r\nhello",
	"empty":                     "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	"keep-alive":                "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello",
	"Keep-Alive":                "HTTP/1.1 200 OK\r\nConnection: Keep-Alive\r\nKeep-Alive: timeout=5\r\nContent-Length: 5\r\n\r\nhello",
	"close":                     "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
	"close, said and not done":  "HTTP/1.1 200 OK\r\nconnection: foo, Close\r\nContent-Length: 5\r\n\r\nhello",
	"close among others":        "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
	"closed, not said":          "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello" + hangUp,
	"until the end":             "HTTP/1.1 200 OK\r\n\r\nhello" + hangUp,
	"until the end, keep-alive": "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\nhello" + hangUp,
	"1.0":                       "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello" + hangUp,
	"1.0, open":                 "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
	"1.0 keep-alive":            "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello",
	"1.0 chunked":               "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" + hangUp,
	"1.2":                       "HTTP/1.2 200 OK\r\nContent-Length: 5\r\n\r\nhello",
	"2.0":                       "HTTP/2.0 200 OK\r\nContent-Length: 5\r\n\r\nhello" + hangUp,
	"chunked":                   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n",
	"Chunked":                   "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
	"trailer":                   "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 7\r\n\r\n",
	"trailer, not announced":    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 7\r\n\r\n",
	"trailer cut":               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Su" + hangUp,
	"trailer forbidden":         "HTTP/1.1 200 OK\r\nTrailer: Content-Length\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
	"trailer, no chunks":        "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nContent-Length: 5\r\n\r\nhello",
	"chunks cut":                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel" + hangUp,
	"chunks without an end":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n" + hangUp,
	"chunks of nonsense":        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello",
	"chunks too long":           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello",
	"chunks longer than said":   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n",
	"gzip, chunked":             "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
	"chunked twice":             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
	"identity":                  "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello",
	"chunked with a vtab":       "HTTP/1.1 200 OK\r\nTransfer-Encoding: \x0bchunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
	"same length twice":         "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
	"two lengths":               "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 4\r\n\r\nhello",
	"two lengths in one":        "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello",
	"length negative":           "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
	"length +5":                 "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello",
	"length 0x5":                "HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\nhello",
	"length 05":                 "HTTP/1.1 200 OK\r\nContent-Length: 05\r\n\r\nhello",
	"length empty":              "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nhello" + hangUp,
	"length beyond 64 bits":     "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhello" + hangUp,
	"length of 19 digits":       "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\nhello" + hangUp,
	"length too long":           "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello" + hangUp,
	"length too short":          "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhello",
	"another answer behind":     "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
	"another behind none":       "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
	"another behind chunks":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
	"204":                       "HTTP/1.1 204 No Content\r\n\r\n",
	"204 with a length":         "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
	"204 with a body":           "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello",
	"304":                       "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: \"a\"\r\n\r\n",
	"204 chunked":               "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n",
	"100":                       "HTTP/1.1 100 Continue\r\n\r\n" + fine,
	"103 and 100":               "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + fine,
	"100 for ever":              strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 1000),
	"100 with a length":         "HTTP/1.1 100 Continue\r\nContent-Length: 7\r\n\r\n" + fine,
	"100 and the end":           "HTTP/1.1 100 Continue\r\n\r\n" + hangUp,
	"pragma":                    "HTTP/1.1 200 OK\r\nPragma: no-cache\r\nContent-Length: 5\r\n\r\nhello",
	"folded":                    "HTTP/1.1 200 OK\r\nX-A: one\r\n two\r\n\tthree\r\nContent-Length: 5\r\n\r\nhello",
	"folded first":              "HTTP/1.1 200 OK\r\n X-A: one\r\nContent-Length: 5\r\n\r\nhello",
	"bare line feeds":           "HTTP/1.1 200 OK\nX-A: b\nContent-Length: 5\n\nhello",
	"some bare line feeds":      "HTTP/1.1 200 OK\r\nX-A: b\nContent-Length: 5\r\n\nhello",
	"one bare line feed":        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\nhello",
	"bare carriage return":      "HTTP/1.1 200 OK\r\nX-A: b\rc\r\nContent-Length: 5\r\n\r\nhello",
	"zero byte":                 "HTTP/1.1 200 OK\r\nX-A: b\x01\r\nContent-Length: 5\r\n\r\nhello",
	"delete":                    "HTTP/1.1 200 OK\r\nX-A: b\x7f\r\nContent-Length: 5\r\n\r\nhello",
	"name with a space":         "HTTP/1.1 200 OK\r\nX A: b\r\nContent-Length: 5\r\n\r\nhello",
	"space before the colon":    "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello" + hangUp,
	"name of other bytes":       "HTTP/1.1 200 OK\r\nX-{}: b\r\nContent-Length: 5\r\n\r\nhello",
	"name beyond ASCII":         "HTTP/1.1 200 OK\r\nX-\xe9: b\r\nContent-Length: 5\r\n\r\nhello",
	"no name":                   "HTTP/1.1 200 OK\r\n: b\r\nContent-Length: 5\r\n\r\nhello",
	"no colon":                  "HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 5\r\n\r\nhello",
	"not HTTP, and waits":       "220 ftp.example\r\n",
	"lower case":                "http/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
	"status 20":                 "HTTP/1.1 20 OK\r\nContent-Length: 5\r\n\r\nhello",
	"status 2000":               "HTTP/1.1 2000 OK\r\nContent-Length: 5\r\n\r\nhello",
	"status 099":                "HTTP/1.1 099 OK\r\nContent-Length: 5\r\n\r\nhello",
	"status 000":                "HTTP/1.1 000 OK\r\nContent-Length: 5\r\n\r\nhello",
	"status 2x0":                "HTTP/1.1 2x0 OK\r\nContent-Length: 5\r\n\r\nhello",
	"status 999":                "HTTP/1.1 999 Go Away\r\nContent-Length: 5\r\n\r\nhello",
	"only an empty line":        "\r\n" + hangUp,
	"an empty line first":       "\r\n" + fine,
	"nothing":                   hangUp,
	"half a status line":        "HTTP/1.1 20" + hangUp,
	"half a header":             "HTTP/1.1 200 OK\r\nX-A: b\r\n" + hangUp,
	"half a line":               "HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Le" + hangUp,
	"long header":               "HTTP/1.1 200 OK\r\nX-A: " + strings.Repeat("a", 10_000) + "\r\nContent-Length: 5\r\n\r\nhello",
	"long field":                "HTTP/1.1 200 OK\r\n" + strings.Repeat("X-A: b\r\n", 1200) + "Content-Length: 5\r\n\r\nhello",
	"header too long":           "HTTP/1.1 200 OK\r\nX-A: " + strings.Repeat("a", 21_000) + "\r\nContent-Length: 5\r\n\r\nhello",
	"fields too many":           "HTTP/1.1 200 OK\r\n" + strings.Repeat("X-A: b\r\n", 3000) + "Content-Length: 5\r\n\r\nhello",
	"long body":                 "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + strings.Repeat("hello", 20_000),
}

// A pair of requests to the same server comes to the same by the lane and by net/http:
// what is answered, what went over the line, and how often was connected.
func TestSameAsNetHTTP(t *testing.T) {
	for name, answer := range answers {
		for _, method := range []string{"GET", "HEAD", "POST"} {
			t.Run(name+"/"+method, func(t *testing.T) {
				if own, std := pair(t, method, answer, false), pair(t, method, answer, true); !slices.Equal(own, std) {
					t.Errorf("own:\n%s\nnet/http:\n%s", strings.Join(own, "\n"), strings.Join(std, "\n"))
				}
			})
		}
	}
}

// pair makes two exchanges and tells of them.
func pair(t *testing.T, method, answer string, std bool) (all []string) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{answers: []string{answer, fine}}
		l, transport := s.lanes()
		defer l.CloseIdleConnections()
		rt := http.RoundTripper(l)
		if std {
			rt = transport
		}
		for range 2 {
			req, err := http.NewRequestWithContext(t.Context(), method, "http://a.example/x?y", nil)
			if err != nil {
				t.Fatal(err)
			}
			if method == "POST" {
				req.Body, req.ContentLength = io.NopCloser(strings.NewReader("body")), 4
				req.GetBody = func() (io.ReadCloser, error) { return nil, errors.New("the body was asked for") }
			}
			if own := lane.Takes(l, req); !own {
				t.Fatal("the lane does not take the request")
			}
			all = append(all, outcome(rt, req))
			synctest.Wait()
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		all = append(all, s.got...)
		all = append(all, strings.Repeat("dialled ", s.dials))
	})
	return all
}

// What differs, on purpose: a server that says in two ways how long its body is, is
// not asked again on that connection, and one that changes the protocol unasked has
// answered so.
func TestStricterThanNetHTTP(t *testing.T) {
	both := "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
	own, std := pair(t, "GET", both, false), pair(t, "GET", both, true)
	if own[0] != std[0] || own[1] != std[1] || own[len(own)-1] == std[len(std)-1] {
		t.Errorf("own:\n%s\nnet/http:\n%s", strings.Join(own, "\n"), strings.Join(std, "\n"))
	}
	switched := "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n" + fine + hangUp
	if own := pair(t, "GET", switched, false); !strings.HasPrefix(own[0], `"101 `) || strings.Contains(own[0], "fine") || !strings.Contains(own[1], "fine") || len(own) != 5 {
		t.Errorf("%q", own)
	}
}

// requests are as they should be, or not quite, or not for the lane.
func requests() (all []*http.Request) {
	add := func(method, url string, change func(r *http.Request)) {
		r, err := http.NewRequest(method, url, nil)
		if err != nil {
			panic(err)
		}
		if change != nil {
			change(r)
		}
		all = append(all, r)
	}
	set := func(name string, values ...string) func(*http.Request) {
		return func(r *http.Request) { r.Header[name] = values }
	}
	body := func(n int) func(*http.Request) {
		return func(r *http.Request) {
			b := bytes.Repeat([]byte("x"), n)
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(n)
			r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
		}
	}
	for _, u := range []string{
		"http://a.example", "http://a.example/", "http://a.example:81/x", "http://A.Example/x?", "http://a.example/?q=a%20b&c", "http://a.example/a b/%2f%41é?ü",
		"http://u:p@a.example/x#f", "http://[::1]:80/", "http://[fe80::1%25eth0]/", "http://a.example//x/../y", "http://bücher.example/", "http://a.example?x",
		"http://1.2.3.4/*", "http://a_b.example/~x",
	} {
		add("GET", u, nil)
	}
	for _, m := range []string{"", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "get", "X-Y_Z", "FOO!"} {
		add(m, "http://a.example/", nil)
		add(m, "http://a.example/", body(1))
	}
	for _, n := range []int{100, 16 << 10, 16<<10 + 1, 100_000} {
		add("POST", "http://a.example/", body(n))
	}
	for _, change := range []func(*http.Request){
		set("User-Agent", "me"), set("User-Agent", ""), set("User-Agent"), set("User-Agent", " a ", "b"), set("User-Agent", " "), set("Accept", " text/html\t"), set("Accept", "a", "", "b"), set("Accept"),
		set("Host", "ignored"), set("x-lower", "a"), set("X-{}", "a"), set("X-A", "é\xff"), set("X-A", "a\tb"), set("Connection", "close"), set("Connection", "keep-alive"),
		set("Content-Length", "7"), set("Transfer-Encoding", "chunked"), set("Te", "trailers"), set("Cookie", "a=b; c=d"), set("Authorization", "Basic dTpw"),
		func(r *http.Request) { r.Host = "b.example" }, func(r *http.Request) { r.Host = "b.example:90" }, func(r *http.Request) { r.Host = "b c" }, func(r *http.Request) { r.Host = "b/x" },
		func(r *http.Request) { r.Close = true }, func(r *http.Request) { r.URL.RawQuery = "a b" }, func(r *http.Request) { r.URL.Path, r.URL.RawPath = "/a/b", "/a%2Fb" },
		func(r *http.Request) { r.URL.Path = "x" }, func(r *http.Request) { r.URL.Opaque = "//b.example/y" },
		func(r *http.Request) { r.Body = http.NoBody }, func(r *http.Request) { r.Body, r.ContentLength = io.NopCloser(strings.NewReader("abc")), -1 },
		func(r *http.Request) {
			for _, name := range strings.Split("Zz,Yy,Aa,Bb,Cc,Dd,Ee,Ff,Gg,Hh,Ii,Jj,Kk,Ll,Mm,Nn,Oo,Pp,Qq", ",") {
				r.Header[name] = []string{name}
			}
		},
		// wrong ones
		set("X-A", "a\r\nX-B: c"), set("X-A", "a\nb"), set("X\r\nX-B", "a"), set("X A", "a"), set("", "a"), set("X-A", "a\x00"), set("X-A", "a\x7f"),
		func(r *http.Request) { r.Method = "GET /\r\nX:" }, func(r *http.Request) { r.Method = "G T" }, func(r *http.Request) { r.Host = "a\r\nX-B: c" },
		func(r *http.Request) { r.URL.Host = "" }, func(r *http.Request) { r.URL.Host = ":80" }, func(r *http.Request) { r.URL.RawQuery = "a\r\nX-B: c" }, func(r *http.Request) { r.URL.RawQuery = "a\x7f" },
		func(r *http.Request) { r.URL.Scheme = "ftp" }, func(r *http.Request) { r.Header = nil }, func(r *http.Request) { r.ContentLength = 5 },
		func(r *http.Request) { body(3)(r); r.ContentLength = 5 }, func(r *http.Request) { body(5)(r); r.ContentLength = 3 },
		func(r *http.Request) {
			body(5)(r)
			r.Body = io.NopCloser(io.MultiReader(strings.NewReader("ab"), broken{}))
		},
	} {
		add("GET", "http://a.example/x", change)
	}
	return all
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the body can't be read") }

// What goes over the line is the same, or that nothing does.
func TestSameRequestsAsNetHTTP(t *testing.T) {
	own, std := requests(), requests()
	taken := 0
	for i := range own {
		send := func(req *http.Request, std bool) (out string) {
			synctest.Test(t, func(t *testing.T) {
				s := &server{answers: []string{fine}}
				l, transport := s.lanes()
				defer l.CloseIdleConnections()
				rt := http.RoundTripper(l)
				if std {
					rt = transport
				} else if lane.Takes(l, req) {
					taken++
				}
				out = outcome(rt, req)
				synctest.Wait()
				s.mu.Lock()
				defer s.mu.Unlock()
				if strings.HasPrefix(out, "no answer") { // what was sent until then does not count
					s.got = nil
				}
				out += "\n" + strings.Join(s.got, "\n")
			})
			return out
		}
		if a, b := send(own[i], false), send(std[i], true); a != b {
			t.Errorf("%d:\nown:\n%s\nnet/http:\n%s", i, a, b)
		}
	}
	if taken < len(own)/2 {
		t.Errorf("the lane has taken %d of %d", taken, len(own))
	}
}
