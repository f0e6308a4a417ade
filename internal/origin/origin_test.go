package origin_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/internal/origin"
)

// client returns a client of an origin in memory that follows no redirects.
func client(t testing.TB, opts origin.Options) (*http.Client, *origin.Server) {
	t.Helper()
	s := origin.InMemory(t.Context(), origin.New(opts))
	transport := &http.Transport{DialContext: s.DialContext, DisableCompression: true}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = s.Close()
	})
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, s
}

type answer struct {
	code   int
	header http.Header
	body   string
	err    error // of the body
}

func get(t testing.TB, c *http.Client, path string) answer {
	t.Helper()
	return do(t, c, "GET", path, "", nil)
}

func do(t testing.TB, c *http.Client, method, path, body string, header http.Header) answer {
	t.Helper()
	req, err := http.NewRequest(method, "http://origin"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		req.Header = header
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(data), err}
}

func TestStatusAndBadParameters(t *testing.T) {
	c, _ := client(t, origin.Options{})
	for path, want := range map[string]int{
		"/": 200, "/status/200": 200, "/status/204": 204, "/status/418": 418, "/status/503": 503,
		"/status/99": 400, "/status/700": 400, "/status/x": 400, "/delay/x": 400, "/delay/-1": 400, "/delay/0": 200,
		"/bytes/0": 200, "/bytes/10TiB": 400, "/bytes/-1": 400, "/bytes/9999999999999999999": 400,
		"/json/0": 200, "/json/x": 400, "/users?page=0": 400, "/users?size=1001": 400, "/users/0": 404, "/users/1": 200,
		"/users/1001": 404, "/users/x": 400, "/users/3/posts": 200, "/redirect/0": 200, "/redirect/1": 302,
		"/redirect/1001": 400, "/redirect-to": 400, "/redirect-to?url=/users": 302, "/redirect-loop": 302,
		"/flaky?rate=2": 400, "/flaky?rate=NaN": 400, "/retry-after/x": 400, "/chat/completions": 405, "/nothing": 404,
		"/site/": 200, "/site/1999": 200, "/site/2000": 404, "/site/x": 404, "/site/private/50": 200, "/robots.txt": 200,
		"/gzip": 200, "/headers": 200, "/cookies": 200, "/cookies/set?a=1": 302, "/stats": 200, "/slow-body?n=0": 200,
		"/slow-body?chunk=2MiB": 400, "/gzip-bomb?size=2GiB": 400,
	} {
		if got := get(t, c, path); got.code != want || got.err != nil {
			t.Errorf("%s: status %d (%v), want %d", path, got.code, got.err, want)
		}
	}
}

func TestHelpListsEveryPath(t *testing.T) {
	c, s := client(t, origin.Options{})
	help := get(t, c, "/").body
	for _, path := range origin.Paths(s.Origin) {
		if path != "/{$}" && !strings.Contains(help, "  "+path+" ") {
			t.Errorf("the help says nothing of %s", path)
		}
	}
}

func TestTwoOriginsOfOneSeedAnswerTheSame(t *testing.T) {
	a, _ := client(t, origin.Options{Seed: 7})
	b, _ := client(t, origin.Options{Seed: 7})
	other, _ := client(t, origin.Options{Seed: 8})
	for _, path := range []string{"/users?page=3", "/users/5/posts", "/bytes/100000", "/json/1000", "/site/17"} {
		x, y, z := get(t, a, path).body, get(t, b, path).body, get(t, other, path).body
		if x != y {
			t.Errorf("%s: two answers of one seed differ", path)
		}
		if x == z {
			t.Errorf("%s: the answers of two seeds are the same", path)
		}
	}
}

func TestDelayIsExactAndCutAtMaxTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := client(t, origin.Options{MaxTime: 10 * time.Second})
		for path, want := range map[string]time.Duration{
			"/delay/250ms": 250 * time.Millisecond, "/delay/1.5": 1500 * time.Millisecond, "/delay/1h": 10 * time.Second,
		} {
			start := time.Now()
			if got := get(t, c, path); got.code != 200 {
				t.Errorf("%s: status %d", path, got.code)
			}
			if took := time.Since(start); took != want {
				t.Errorf("%s took %v, want %v", path, took, want)
			}
		}
	})
}

func TestDelayEndsWhenTheClientGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := client(t, origin.Options{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		req, _ := http.NewRequestWithContext(ctx, "GET", "http://origin/delay/60", nil)
		if _, err := c.Do(req); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("error %v", err)
		}
		synctest.Wait()
		if n := s.Origin.Stats().InFlight; n != 0 {
			t.Errorf("%d requests are still in flight", n)
		}
	})
}

func TestAClientThatDoesNotReadIsNotWaitedForForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := client(t, origin.Options{MaxTime: 10 * time.Second})
		resp, err := c.Get("http://origin/endless")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if n := s.Origin.Stats().InFlight; n != 1 {
			t.Errorf("%d in flight", n)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := s.Origin.Stats().InFlight; n != 0 {
			t.Errorf("%d in flight after a minute", n)
		}
	})
}

func TestRetryAfterRefusesEachKeyOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := client(t, origin.Options{})
		first := get(t, c, "/retry-after/3?key=a&status=503")
		if first.code != 503 || first.header.Get("Retry-After") != "3" {
			t.Fatalf("first answer: %d, Retry-After %q", first.code, first.header.Get("Retry-After"))
		}
		if got := get(t, c, "/retry-after/3?key=b"); got.code != 429 {
			t.Errorf("another key: %d, want 429", got.code)
		}
		time.Sleep(time.Second)
		get(t, c, "/retry-after/3?key=a")
		time.Sleep(2 * time.Second)
		if got := get(t, c, "/retry-after/3?key=a"); got.code != 200 {
			t.Errorf("afterwards: %d, want 200", got.code)
		}
		if early := s.Origin.Stats().Early; early != 1 {
			t.Errorf("%d came early, want 1", early)
		}
	})
}

func TestFlakyFailsAsOftenAsItSaysAndTheSameWay(t *testing.T) {
	run := func() (codes []int) {
		c, _ := client(t, origin.Options{Seed: 3})
		for i := range 300 {
			req, _ := http.NewRequest("GET", "http://origin/flaky?rate=0.4&key="+strconv.Itoa(i), nil)
			req.Header.Set("Idempotency-Key", "") // net/http would repeat what was reset
			resp, err := c.Transport.RoundTrip(req)
			if err != nil {
				codes = append(codes, 0)
				continue
			}
			resp.Body.Close()
			codes = append(codes, resp.StatusCode)
		}
		return codes
	}
	a, b := run(), run()
	count := map[int]int{}
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("request %d: %d and then %d", i, a[i], b[i])
		}
		count[a[i]]++
	}
	if ok := count[200]; ok < 150 || ok > 210 {
		t.Errorf("%v: want about 180 of 300 to go well", count)
	}
	if count[0] == 0 || count[500] == 0 || count[503] == 0 {
		t.Errorf("%v: want failures of every kind", count)
	}
}

func TestFlakyLetsThePatientThrough(t *testing.T) {
	c, _ := client(t, origin.Options{})
	for range 20 {
		failures := 0
		for {
			resp, err := c.Get("http://origin/flaky?rate=0.99&max=2&key=k")
			if err == nil {
				resp.Body.Close()
				if resp.StatusCode == 200 {
					break
				}
			}
			if failures++; failures > 2 {
				t.Fatal("more than two failures in a row")
			}
		}
	}
}

func TestUsersInPages(t *testing.T) {
	c, _ := client(t, origin.Options{Users: 95})
	seen, path := map[int]bool{}, "/users?size=10"
	for path != "" {
		got := get(t, c, path)
		var page struct {
			Items []struct{ ID int }
			Total int
		}
		if err := json.Unmarshal([]byte(got.body), &page); err != nil {
			t.Fatal(err)
		}
		if page.Total != 95 {
			t.Errorf("total %d", page.Total)
		}
		for _, u := range page.Items {
			if seen[u.ID] {
				t.Errorf("user %d came twice", u.ID)
			}
			seen[u.ID] = true
		}
		path = ""
		for _, link := range strings.Split(got.header.Get("Link"), ", ") {
			if target, found := strings.CutSuffix(link, `>; rel="next"`); found {
				path = target[1:]
			}
		}
	}
	if len(seen) != 95 {
		t.Errorf("%d users, want 95", len(seen))
	}
}

const hello = `{"model":"m","messages":[{"role":"user","content":"hello there, how are you?"}]}`

func TestChatNeverAllowsMoreThanItsLimits(t *testing.T) {
	for name, query := range map[string]string{"requests": "", "tokens too": "?tpm=300"} {
		t.Run(name, func(t *testing.T) { testChatLimits(t, query) })
	}
}

func testChatLimits(t *testing.T, query string) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := client(t, origin.Options{Requests: 5, Minute: 6 * time.Second})
		var granted []time.Time
		for len(granted) < 20 {
			got := do(t, c, "POST", "/chat/completions"+query, hello, nil)
			if got.code == 429 {
				seconds, err := strconv.Atoi(got.header.Get("Retry-After"))
				if err != nil || seconds < 1 || seconds > 6 {
					t.Fatalf("Retry-After %q", got.header.Get("Retry-After"))
				}
				time.Sleep(time.Duration(seconds) * time.Second)
				continue
			}
			if got.code != 200 {
				t.Fatalf("%d: %s", got.code, got.body)
			}
			granted = append(granted, time.Now())
			n := len(granted)
			if n > 5 && granted[n-1].Sub(granted[n-6]) < 6*time.Second {
				t.Fatalf("requests %d to %d within %v", n-5, n, granted[n-1].Sub(granted[n-6]))
			}
			if query == "" && n > 5 && n%5 != 1 && granted[n-1] != granted[n-2] {
				t.Errorf("request %d waited for %v, though there was room", n, granted[n-1].Sub(granted[n-2]))
			}
			if left := got.header.Get("X-Ratelimit-Remaining-Requests"); n == 1 && left != "4" {
				t.Errorf("remaining %q, want 4", left)
			}
		}
	})
}

func TestChatCountsTokens(t *testing.T) {
	c, _ := client(t, origin.Options{})
	got := do(t, c, "POST", "/chat/completions?tpm=1000000&key=t", hello, nil)
	var body struct {
		Choices []struct{ Message struct{ Content string } }
		Usage   struct {
			Prompt     int `json:"prompt_tokens"`
			Completion int `json:"completion_tokens"`
			Total      int `json:"total_tokens"`
		}
	}
	if err := json.Unmarshal([]byte(got.body), &body); err != nil {
		t.Fatal(err)
	}
	if body.Usage.Prompt != 11 || body.Usage.Total != body.Usage.Prompt+body.Usage.Completion || len(body.Choices) != 1 {
		t.Errorf("answer %s", got.body)
	}
	if words := len(strings.Fields(body.Choices[0].Message.Content)); words != body.Usage.Completion {
		t.Errorf("%d words for %d tokens", words, body.Usage.Completion)
	}
	if left := got.header.Get("X-Ratelimit-Remaining-Tokens"); left != strconv.Itoa(1_000_000-body.Usage.Total) {
		t.Errorf("remaining tokens %q after %d", left, body.Usage.Total)
	}
	if got := do(t, c, "POST", "/chat/completions?tpm=5&key=u", hello, nil); got.code != 429 {
		t.Errorf("more tokens than the limit: %d, want 429", got.code)
	}
	for _, bad := range []string{"", "{", `{"messages":[]}`, `[]`} {
		if got := do(t, c, "POST", "/chat/completions", bad, nil); got.code != 400 {
			t.Errorf("%q: %d, want 400", bad, got.code)
		}
	}
}

func TestBodies(t *testing.T) {
	c, _ := client(t, origin.Options{MaxBody: 4 << 20})
	if got := get(t, c, "/bytes/2MiB"); len(got.body) != 2<<20 || got.header.Get("Content-Length") != "2097152" {
		t.Errorf("/bytes/2MiB: %d bytes, Content-Length %s", len(got.body), got.header.Get("Content-Length"))
	}
	if got := get(t, c, "/endless"); len(got.body) != 4<<20 {
		t.Errorf("/endless: %d bytes, want the cap", len(got.body))
	}
	var items []map[string]any
	if err := json.Unmarshal([]byte(get(t, c, "/json/3000").body), &items); err != nil || len(items) != 3000 {
		t.Errorf("/json/3000: %d items, %v", len(items), err)
	}
	if got := get(t, c, "/lying-length"); !errors.Is(got.err, io.ErrUnexpectedEOF) || got.body != "ten bytes." {
		t.Errorf("/lying-length: %q, %v", got.body, got.err)
	}
}

func TestSlowBodyComesInDrops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := client(t, origin.Options{})
		start := time.Now()
		got := get(t, c, "/slow-body?chunk=8&every=2s&n=5")
		if len(got.body) != 40 || time.Since(start) != 8*time.Second {
			t.Errorf("%d bytes in %v, want 40 in 8s", len(got.body), time.Since(start))
		}
	})
}

func TestGzip(t *testing.T) {
	c, _ := client(t, origin.Options{})
	for path, want := range map[string]int64{
		"/gzip": 17, "/gzip-bomb?size=0": 0, "/gzip-bomb?size=1": 1, "/gzip-bomb?size=1MiB": 1 << 20, "/gzip-bomb?size=9999999": 9999999,
	} {
		got := get(t, c, path)
		n, err := unzippedSize(got.body)
		if err != nil || n != want {
			t.Errorf("%s: %d bytes, %v; want %d", path, n, err, want)
		}
		if want > 1<<20 && len(got.body) > 100_000 {
			t.Errorf("%s: %d bytes compressed", path, len(got.body))
		}
	}
}

func TestResetIsSeenAsOne(t *testing.T) {
	ctx := t.Context()
	o := origin.New(origin.Options{})
	tcp, err := origin.Listen(ctx, "localhost:0", o)
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	for name, s := range map[string]*origin.Server{"tcp": tcp, "memory": origin.InMemory(ctx, o)} {
		transport := &http.Transport{DialContext: s.DialContext, DisableKeepAlives: true}
		resp, err := (&http.Client{Transport: transport}).Get("http://origin/reset")
		if err == nil {
			resp.Body.Close()
		}
		if !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%s: error %v, want a reset", name, err)
		}
	}
}

func TestRedirects(t *testing.T) {
	c, _ := client(t, origin.Options{})
	c.CheckRedirect = nil
	if got := get(t, c, "/redirect/5?a=1"); got.code != 200 {
		t.Errorf("/redirect/5: %d", got.code)
	}
	if got := get(t, c, "/redirect-to?url=/users/3&status=307"); !strings.Contains(got.body, `"id":3`) {
		t.Errorf("/redirect-to: %s", got.body)
	}
	if _, err := c.Get("http://origin/redirect-loop"); err == nil || !strings.Contains(err.Error(), "10 redirects") {
		t.Errorf("/redirect-loop: %v", err)
	}
}

func TestEcho(t *testing.T) {
	c, _ := client(t, origin.Options{})
	got := do(t, c, "PUT", "/echo?a=1", "text", http.Header{"X-Test": {"yes"}})
	for _, want := range []string{`"method":"PUT"`, `"url":"/echo?a=1"`, `"X-Test":["yes"]`, `"body":"text"`} {
		if !strings.Contains(got.body, want) {
			t.Errorf("%s lacks %s", got.body, want)
		}
	}
	if got := do(t, c, "POST", "/echo", "\xff", nil); !strings.Contains(got.body, `"body_base64":"/w=="`) {
		t.Errorf("bytes: %s", got.body)
	}
	if got := do(t, c, "POST", "/echo", strings.Repeat("x", 2<<20), nil); got.code != 413 {
		t.Errorf("2 MiB: %d, want 413", got.code)
	}
	if got := do(t, c, "GET", "/cookies", "", http.Header{"Cookie": {"a=1; b=2"}}); got.body != `{"cookies":{"a":"1","b":"2"}}`+"\n" {
		t.Errorf("cookies: %s", got.body)
	}
	if got := get(t, c, "/cookies/set?x=y"); got.header.Get("Set-Cookie") != "x=y; Path=/" {
		t.Errorf("Set-Cookie: %q", got.header.Get("Set-Cookie"))
	}
}

func TestEveryPageOfTheSiteIsReached(t *testing.T) {
	c, _ := client(t, origin.Options{})
	seen := map[string]bool{"/site/?pages=300": true}
	next := []string{"/site/?pages=300"}
	for len(next) > 0 {
		path := next[0]
		next = next[1:]
		got := get(t, c, path)
		if got.code != 200 {
			t.Fatalf("%s: %d", path, got.code)
		}
		for _, part := range strings.Split(got.body, `href="`)[1:] {
			to, _, _ := strings.Cut(part, `"`)
			if !seen[to] {
				seen[to] = true
				next = append(next, to)
			}
		}
	}
	// The first page has two names, and six pages are private too.
	if len(seen) != 300+1+6 && len(seen) != 300+6 {
		t.Errorf("%d pages, want 306 or 307", len(seen))
	}
}

func TestStatsCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := client(t, origin.Options{MaxStarts: 6, MaxKeys: 3})
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() { get(t, c, "/delay/1?key=a") })
		}
		wg.Wait()
		time.Sleep(time.Second)
		for _, key := range []string{"b", "c", "d", "e"} {
			get(t, c, "/headers?key="+key)
		}
		stats := s.Origin.Stats()
		if p := stats.Paths["/delay/{d}"]; p.Requests != 4 || p.Peak != 4 || p.InFlight != 0 {
			t.Errorf("path: %+v", p)
		}
		if stats.Requests != 8 || len(stats.Keys) != 4 || stats.Keys["a"] != 4 || stats.Keys["(other)"] != 2 {
			t.Errorf("stats: %+v", stats)
		}
		if len(stats.Starts) != 6 || stats.Starts[0].Key != "a" || stats.Starts[5].Key != "(other)" {
			t.Errorf("starts: %+v", stats.Starts)
		}
		if n := stats.MostIn(2*time.Second, ""); n != 4 {
			t.Errorf("most in 2s: %d, want 4: a window does not contain its end", n)
		}
		if n := stats.MostIn(2*time.Second+1, ""); n != 6 {
			t.Errorf("most in a little more: %d, want 6", n)
		}
		if n := stats.MostIn(time.Hour, "/delay/{d}"); n != 2 {
			t.Errorf("most of a path: %d, want 2", n)
		}
		if body := get(t, c, "/stats?keys=1").body; !strings.Contains(body, `"a":4`) {
			t.Errorf("/stats: %s", body)
		}
	})
}

func TestTooManyInFlightAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := client(t, origin.Options{MaxInFlight: 3})
		var refused atomic.Int64
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				if get(t, c, "/delay/1").code == 503 {
					refused.Add(1)
				}
			})
		}
		wg.Wait()
		if refused.Load() != 2 {
			t.Errorf("%d refused, want 2", refused.Load())
		}
		if got := get(t, c, "/headers"); got.code != 200 {
			t.Errorf("afterwards: %d", got.code)
		}
	})
}

func TestNegativeOptionsPanic(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	origin.New(origin.Options{MaxKeys: -1})
}

func TestListenRefusesWhatOthersCouldReach(t *testing.T) {
	o := origin.New(origin.Options{})
	for _, addr := range []string{"0.0.0.0:0", "192.0.2.1:80", "example.com:80", "[::]:0"} {
		if _, err := origin.Listen(t.Context(), addr, o); !errors.Is(err, origin.ErrNotLoopback) {
			t.Errorf("%s: %v", addr, err)
		}
	}
	if _, err := origin.Listen(t.Context(), "8080", o); err == nil || !strings.Contains(err.Error(), "host:port") {
		t.Errorf("8080: %v", err)
	}
	cause := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, err := origin.Listen(ctx, ":0", o); err != cause {
		t.Errorf("ctx ended: %v", err)
	}
}

func TestServerEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := origin.New(origin.Options{})
	tcp, err := origin.Listen(ctx, ":0", o)
	if err != nil {
		t.Fatal(err)
	}
	mem := origin.InMemory(ctx, o)
	if !strings.HasPrefix(tcp.URL(), "http://127.0.0.1:") || mem.URL() != "demo://origin" {
		t.Errorf("URLs %s and %s", tcp.URL(), mem.URL())
	}
	cancel()
	tcp.Wait()
	mem.Wait()
	if _, err := mem.DialContext(t.Context(), "", ""); !errors.Is(err, net.ErrClosed) {
		t.Errorf("dial in memory: %v", err)
	}
	if _, err := tcp.DialContext(t.Context(), "", ""); err == nil {
		t.Error("the port is still open")
	}
	if err := mem.Close(); err != nil {
		t.Error(err)
	}
}
