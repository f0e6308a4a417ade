package limit_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inflight-go/inflight/limit"
)

// learned is when the answers of these tests were received.
var learned = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// header makes a header of lines.
func header(lines string) http.Header {
	h := make(http.Header)
	for line := range strings.Lines(lines) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			h.Add(name, strings.TrimSpace(value))
		}
	}
	return h
}

// show writes quotas in a way that is short.
func show(quotas []limit.Quota) string {
	var b strings.Builder
	for _, q := range quotas {
		fmt.Fprintf(&b, "%q%s %d/%d", q.Name, q.Unit, q.Remaining, q.Limit)
		if q.Window != 0 {
			fmt.Fprintf(&b, " in %v", q.Window)
		}
		if !q.Reset.IsZero() {
			fmt.Fprintf(&b, " reset %v", q.Reset.Sub(learned))
		}
		b.WriteString("; ")
	}
	return strings.TrimSuffix(b.String(), "; ")
}

func TestLearn(t *testing.T) {
	for _, row := range []struct{ name, header, want string }{
		{"nothing", "Content-Type: text/plain", ""},
		{"the draft", `RateLimit-Policy: "burst";q=100;w=60,"daily";q=1000;w=86400
			RateLimit: "burst";r=50;t=30`, `"burst" 50/100 in 1m0s reset 30s; "daily" -1/1000 in 24h0m0s`},
		{"the draft, two lines, tokens as names", `RateLimit-Policy: default;q=10;w=1
			RateLimit-Policy: "Other" ; q=20 ; w=2 ; qu="content-bytes" ; pk=:c2VjcmV0:
			RateLimit: default;r=0;t=1`, `"default" 0/10 in 1s reset 1s; "other"content-bytes -1/20 in 2s`},
		{"requests as a unit", `RateLimit-Policy: "a";q=1;qu="requests"`, `"a" -1/1`},
		{"a state alone", `RateLimit: "a";r=5`, `"a" 5/-1`},
		{"quotes", `RateLimit: "a\"b\\c,;=";r=5;t=0`, `"a\"b\\c,;=" 5/-1 reset 0s`},
		{"the draft before", `RateLimit-Policy: 100;w=60, 1000;w=3600;comment="x,y"
			RateLimit: limit=100, remaining=40, reset=20`, `"" 40/100 in 1m0s reset 20s; "" -1/1000 in 1h0m0s`},
		{"the first drafts", `RateLimit-Limit: 100, 100;w=60, 1000;w=3600
			RateLimit-Remaining: 40
			RateLimit-Reset: 20`, `"" 40/100 in 1m0s reset 20s; "" -1/1000 in 1h0m0s`},
		{"X-", `X-RateLimit-Limit: 5000
			X-RateLimit-Remaining: 4999
			X-RateLimit-Reset: 1772366460`, `"" 4999/5000 reset 1m0s`},
		{"X-Rate-Limit-", `X-Rate-Limit-Limit: 900
			X-Rate-Limit-Remaining: 0
			X-Rate-Limit-Reset: 1772366460500`, `"" 0/900 reset 1m0.5s`},
		{"requests and tokens", `x-ratelimit-limit-requests: 10000
			x-ratelimit-remaining-requests: 9999
			x-ratelimit-reset-requests: 8.64s
			x-ratelimit-limit-tokens: 150000
			x-ratelimit-remaining-tokens: 0
			x-ratelimit-reset-tokens: 6m0s`, `"requests" 9999/10000 reset 8.64s; "tokens" 0/150000 reset 6m0s`},
		{"another prefix, the name before, a time as text", `Example-RateLimit-Input-Tokens-Limit: 40000
			Example-RateLimit-Input-Tokens-Remaining: 39000
			Example-RateLimit-Input-Tokens-Reset: 2026-03-01T12:00:05Z`, `"input-tokens" 39000/40000 reset 5s`},
		{"a date, a fraction, reset-after", `X-RateLimit-Limit-A: 1
			X-RateLimit-Reset-A: Sun, 01 Mar 2026 12:00:09 GMT
			X-RateLimit-Limit-B: 1
			X-RateLimit-Reset-B: 0.25
			X-RateLimit-Limit: 1
			X-RateLimit-Reset-After: 1.5`, `"" -1/1 reset 1.5s; "a" -1/1 reset 9s; "b" -1/1 reset 250ms`},
		{"a reset in the past", `X-RateLimit-Remaining: 0
			X-RateLimit-Reset: 1772366390`, `"" 0/-1 reset 0s`},
		{"said twice", `RateLimit: "";r=1;t=1
			RateLimit-Remaining: 2
			X-RateLimit-Remaining: 3`, `"" 2/-1`},
		{"many lines of a reset", `X-RateLimit-Limit: 1
			X-RateLimit-Reset: 1
			X-RateLimit-Reset: 2`, `"" -1/1 reset 1s`},

		// hostile
		{"negative", `X-RateLimit-Limit: -1
			X-RateLimit-Remaining: -5
			X-RateLimit-Reset: -5`, ""},
		{"reset alone", `X-RateLimit-Reset: 5`, ""},
		{"not numbers", `X-RateLimit-Limit: many
			X-RateLimit-Remaining: 0x10
			RateLimit: "a";r=1.5
			RateLimit-Policy: "b";q=x;w=1, "c"`, ""},
		{"too large", `X-RateLimit-Limit: 1000000000000000
			X-RateLimit-Remaining: 99999999999999999999`, ""},
		{"resets beyond reason", `X-RateLimit-Limit: 5
			X-RateLimit-Limit-A: 5
			X-RateLimit-Limit-B: 5
			X-RateLimit-Limit-C: 5
			X-RateLimit-Limit-D: 5
			X-RateLimit-Limit-E: 5
			X-RateLimit-Reset: 99999999
			X-RateLimit-Reset-A: 1000000h
			X-RateLimit-Reset-B: 9999999999
			X-RateLimit-Reset-C: 1000000000
			X-RateLimit-Reset-D: 1e3
			X-RateLimit-Reset-E: -1s`, `"" -1/5; "a" -1/5; "b" -1/5; "c" -1/5; "d" -1/5; "e" -1/5`},
		{"a window beyond reason", `RateLimit-Policy: "a";q=5;w=99999999999`, `"a" -1/5`},
		{"not closed", `RateLimit-Policy: "a";q=5, "b;q=6`, `"a" -1/5`},
		{"control characters", "RateLimit-Policy: \"a\x01\";q=5", ""},
		{"garbage after", `RateLimit-Policy: "a";q=5 x, "b";q=6`, ``},
		{"empty members", `RateLimit-Policy: , "a";q=5`, ``},
		{"other fields", `Ratelimit-Used: 1
			My-Xratelimit-Limit: 5
			X-RateLimit-Resource: core`, ""},
	} {
		if got := show(limit.Learn(header(row.header), learned)); got != row.want {
			t.Errorf("%s:\n got %s\nwant %s", row.name, got, row.want)
		}
	}
}

// A header may be as large as it likes.
func TestLearnIsBounded(t *testing.T) {
	h := make(http.Header)
	for i := range 1000 {
		h.Set(fmt.Sprintf("X-RateLimit-Limit-%d", i), "1")
		h.Add("RateLimit-Policy", fmt.Sprintf(`"p%d";q=1;w=1`, i))
	}
	if got := len(limit.Learn(h, learned)); got != 16 {
		t.Errorf("learned %d quotas", got)
	}
	h = header("RateLimit-Policy: " + strings.Repeat(`"a";q=1,`, 200) + `"b";q=1`)
	if got := limit.Learn(h, learned); got != nil {
		t.Errorf("learned %v", got)
	}
	h = header("X-RateLimit-Limit-" + strings.Repeat("a", 200) + ": 1")
	if got := limit.Learn(h, learned); got != nil {
		t.Errorf("learned %v", got)
	}
	// Names that net/http would not make, and a field without a value.
	h = http.Header{"x-ratelimit-limit": {"5"}, "X-Ratelimit-Reset": nil}
	if got := show(limit.Learn(h, learned)); got != `"" -1/5` {
		t.Errorf("learned %s", got)
	}
}

// Whatever a server says: what is learned of it is within bounds, and the same each
// time.
func FuzzLearn(f *testing.F) {
	f.Add(`"burst";q=100;w=60,"daily";q=1000;w=86400`, `"burst";r=50;t=30`, "100, 100;w=60", "6m0s")
	f.Add("100;w=60", "limit=100, remaining=40, reset=20", "5000", "1772366460")
	f.Add(`a;q="1";w`, `"\"";r=1;t=1.5`, "1", "Sun, 01 Mar 2026 12:00:09 GMT")
	f.Fuzz(func(t *testing.T, policy, state, number, reset string) {
		h := http.Header{
			"Ratelimit-Policy":                {policy},
			"Ratelimit":                       {state},
			"X-Ratelimit-Limit":               {number},
			"X-Ratelimit-Remaining-" + policy: {number},
			"X-Ratelimit-Reset":               {reset},
		}
		quotas := limit.Learn(h, learned)
		for _, q := range quotas {
			if q.Limit < -1 || q.Remaining < -1 || q.Limit < 0 && q.Remaining < 0 || q.Limit > 1e15 || q.Remaining > 1e15 {
				t.Errorf("%+v", q)
			}
			year := 366 * 24 * time.Hour
			if q.Window < 0 || q.Window > year || !q.Reset.IsZero() && (q.Reset.Before(learned) || q.Reset.After(learned.Add(year))) {
				t.Errorf("%+v", q)
			}
		}
		if len(quotas) > 16 {
			t.Errorf("%d quotas", len(quotas))
		}
		if again := limit.Learn(h, learned); !slices.Equal(quotas, again) {
			t.Errorf("first %v, then %v", quotas, again)
		}
	})
}
