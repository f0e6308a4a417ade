package fetch_test

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/inflight-go/inflight/internal/fetch"
)

// What is written as a JSON string is read as the same string, on one line.
func FuzzString(f *testing.F) {
	for _, s := range []string{"", "plain", "\"\\\n\r\t\x00\x1f\x7f", "ü\u2028\u2029🎉", "\xff\xfe", "a\xc3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := fetch.AppendString(s)
		var got string
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatalf("%q became %s: %v", s, text, err)
		}
		want := s
		if !utf8.ValidString(s) {
			want = string([]rune(s))
		}
		if got != want || strings.ContainsAny(text, "\n\r\u2028\u2029") {
			t.Errorf("%q became %s", s, text)
		}
	})
}

// Each byte is found where it is, and what can stand for itself does.
func TestStringAnywhere(t *testing.T) {
	for c := range 256 {
		for at := range 20 {
			b := bytes.Repeat([]byte{'~'}, 20)
			b[at] = byte(c)
			s, text := string(b), fetch.AppendString(string(b))
			if bare := ' ' <= c && c < utf8.RuneSelf && c != '"' && c != '\\'; bare != (text == `"`+s+`"`) {
				t.Errorf("%q became %s", s, text)
			}
			var got string
			if err := json.Unmarshal([]byte(text), &got); err != nil || c < utf8.RuneSelf && got != s {
				t.Errorf("%q became %s: %v", s, text, err)
			}
		}
	}
}

// Durations are those numbers of milliseconds that have no more digits than they need.
func TestMillis(t *testing.T) {
	for us := int64(-12_000); us < 12_000; us++ {
		for _, us := range []int64{us, us + 1_000_000, us + 1<<40} {
			want := strconv.FormatFloat(float64(us)/1000, 'f', -1, 64)
			if got := fetch.AppendMillis(time.Duration(us) * time.Microsecond); got != want {
				t.Errorf("%d µs became %s, want %s", us, got, want)
			}
		}
	}
	if got := fetch.AppendMillis(1_499_500 * time.Nanosecond); got != "1.5" {
		t.Errorf("1.4995 ms became %s", got)
	}
}

// A body is shown as JSON where it is one value, else as text, else in base64.
func TestBodies(t *testing.T) {
	for _, row := range []struct{ how, contentType, data, want string }{
		{"auto", "application/json", "{ \"a\":\n1 }", `,"json":{"a":1}`},
		{"auto", "Application/Problem+JSON; charset=utf-8", "[1]", `,"json":[1]`},
		{"auto", "application/json", `{"a":`, `,"body":"{\"a\":"`},
		{"auto", "application/json", "", `,"body":""`},
		{"auto", "application/json", "1 2", `,"body":"1 2"`},
		{"auto", "text/plain", "1", `,"body":"1"`},
		{"auto", "text/plain", "\xff", `,"body_base64":"/w=="`},
		{"json", "text/plain", "1", `,"json":1`},
		{"json", "application/json", "\"\xff\"", `,"body_base64":"Iv8i"`},
		{"text", "application/json", "1", `,"body":"1"`},
		{"text", "", "\xff", `,"body_base64":"/w=="`},
		{"base64", "application/json", "1", `,"body_base64":"MQ=="`},
	} {
		if got := fetch.NewBody(row.how, row.contentType, row.data); got != row.want {
			t.Errorf("%q as %s of %q: got %s, want %s", row.data, row.how, row.contentType, got, row.want)
		}
	}
}
