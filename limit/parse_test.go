package limit_test

import (
	"strings"
	"testing"
	"time"

	"github.com/inflight-go/inflight/limit"
)

func TestParseRate(t *testing.T) {
	for s, want := range map[string]struct {
		n    int
		per  time.Duration
		text string
	}{
		"100/s":         {100, time.Second, "100/s"},
		"5000/1m":       {5000, time.Minute, "5000/m"},
		"500/m":         {500, time.Minute, "500/m"},
		"5/2s":          {5, 2 * time.Second, "5/2s"},
		"10/1m30s":      {10, 90 * time.Second, "10/1m30s"},
		"10/1h":         {10, time.Hour, "10/h"},
		"10/2h30m":      {10, 150 * time.Minute, "10/2h30m"},
		"3/100ms":       {3, 100 * time.Millisecond, "3/100ms"},
		"3/ms":          {3, time.Millisecond, "3/1ms"},
		"1000/d":        {1000, 24 * time.Hour, "1000/d"},
		"1000/7d":       {1000, 168 * time.Hour, "1000/168h"},
		" 7 / 3s ":      {7, 3 * time.Second, "7/3s"},
		"1.5/s":         {3, 2 * time.Second, "3/2s"},
		"0.5/s":         {1, 2 * time.Second, "1/2s"},
		"2.50/m":        {5, 2 * time.Minute, "5/2m"},
		"0.001/s":       {1, 1000 * time.Second, "1/16m40s"},
		"1.333333333/s": {1, 750000001, "1/750.000001ms"}, // 750 000 000.2 ns
		"99.9999/s":     {99, 990000991, "99/990.000991ms"},
		"1/.5s":         {1, 500 * time.Millisecond, "1/500ms"},
		"007/s":         {7, time.Second, "7/s"},
		"1000000000/s":  {1_000_000_000, time.Second, "1000000000/s"},
	} {
		n, per, err := limit.ParseRate(s)
		if n != want.n || per != want.per || err != nil {
			t.Errorf("%q: got %d in %v (%d), %v; want %d in %v", s, n, per, per, err, want.n, want.per)
			continue
		}
		same(t, "text of "+s, limit.FormatRate(n, per), want.text)
	}
}

func TestParseRateErrors(t *testing.T) {
	for s, want := range map[string]string{
		"":                        "a number, a slash and a period",
		"100":                     `as in "100/s"`,
		"/s":                      `a positive number such as 100 or 1.5, not ""`,
		"0/s":                     "a positive number",
		"0.000/s":                 "a positive number",
		"-1/s":                    "a positive number",
		"+1/s":                    "a positive number",
		"1e3/s":                   "a positive number",
		"1./s":                    "a positive number",
		".5/s":                    "a positive number",
		"1_000/s":                 "a positive number",
		"0.0000000001/s":          "a positive number",
		"9999999999999999/s":      "a positive number",
		"99999999999999999999/s":  "a positive number",
		"100/":                    "a period such as s, m, h, d, 500ms or 1m30s",
		"100/min":                 `not "min"`,
		"100/0s":                  "a period",
		"100/-1s":                 "a period",
		"100/+1s":                 "a period",
		"100/s/s":                 "a period",
		"100/0d":                  "a period",
		"100/99999d":              "a period",
		"100/1000000h":            "a period",
		"1/99999999999999999999d": "a period",
		"0.000000001/d":           "between 1 in 100 years",
		"0.001/40000d":            "a period",
		"0.5/30000d":              "between 1 in 100 years",
		"0.001/36500d":            "between 1 in 100 years",
	} {
		n, per, err := limit.ParseRate(s)
		if err == nil {
			t.Errorf("%q: got %d in %v, want an error", s, n, per)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %q, want it to say %q", s, err, want)
		}
	}
}

// What is accepted makes a rate, is written so that it is read again, and is not
// more than was asked for.
func FuzzParseRate(f *testing.F) {
	for _, s := range []string{"100/s", "5000/1m", "5/2s", "1.5/s", "1.333333333/1h", "1/d", "0.000000001/ns", "1/1ns"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, per, err := limit.ParseRate(s)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "rate ") || n != 0 || per != 0 {
				t.Errorf("%q: %d, %v, %v", s, n, per, err)
			}
			return
		}
		if n < 1 || per <= 0 {
			t.Fatalf("%q: %d in %v", s, n, per)
		}
		limit.NewRate(n, per)
		m, again, err := limit.ParseRate(limit.FormatRate(n, per))
		if m != n || again != per || err != nil {
			t.Errorf("%q: %d in %v is written %q, and read %d in %v, %v", s, n, per, limit.FormatRate(n, per), m, again, err)
		}
	})
}
