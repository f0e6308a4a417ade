package retry_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/inflight-go/inflight/retry"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestAfter(t *testing.T) {
	const date = "Sun, 01 Mar 2026 12:00:30 GMT"
	for _, c := range []struct {
		value, date string
		wait        time.Duration
		over, ok    bool
	}{
		{"", "", 0, false, false},
		{"0", "", 0, false, true},
		{"30", "", 30 * time.Second, false, true},
		{" 30 ", "", 30 * time.Second, false, true},
		{"1.5", "", 1500 * time.Millisecond, false, true},
		{"0.000000000000000000001", "", 0, false, true},
		{"3600", "", time.Hour, false, true},
		{"3601", "", time.Hour, true, true},
		{"99999999999999999999999999999999999999", "", time.Hour, true, true},
		{"-1", "", 0, false, false},
		{"1e9", "", 0, false, false},
		{"soon", "", 0, false, false},
		{"30 seconds", "", 0, false, false},
		{"1.2.3", "", 0, false, false},
		{".5", "", 0, false, false},
		{date, "", 30 * time.Second, false, true},
		{"Sunday, 01-Mar-26 12:00:30 GMT", "", 30 * time.Second, false, true},
		{date, "Sun, 01 Mar 2026 12:00:10 GMT", 20 * time.Second, false, true},
		{date, "nonsense", 30 * time.Second, false, true},
		{"Sun, 01 Mar 2020 12:00:30 GMT", "", 0, false, true},
		{"Fri, 01 Mar 9999 12:00:30 GMT", "", time.Hour, true, true},
	} {
		h := http.Header{"Retry-After": {c.value}, "Date": {c.date}}
		wait, over, ok := retry.After(h, noon, time.Hour)
		if wait != c.wait || over != c.over || ok != c.ok {
			t.Errorf("%q, date %q: %v, %v, %v, want %v, %v, %v", c.value, c.date, wait, over, ok, c.wait, c.over, c.ok)
		}
	}
	if _, _, ok := retry.After(nil, noon, time.Hour); ok {
		t.Error("no header says something")
	}
	if wait, over, ok := retry.After(http.Header{"Retry-After": {"5"}}, noon, -1); wait != 0 || !over || !ok {
		t.Errorf("negative: %v, %v, %v", wait, over, ok)
	}
}

func TestAfterMilliseconds(t *testing.T) {
	for _, c := range []struct {
		ms, value string
		wait      time.Duration
		over, ok  bool
	}{
		{"20", "1", 20 * time.Millisecond, false, true},
		{"20.5", "", 20500 * time.Microsecond, false, true},
		{"0", "1", 0, false, true},
		{"3600001", "1", time.Hour, true, true},
		{"99999999999999999999999999999999999999", "1", time.Hour, true, true},
		{"", "1", time.Second, false, true},
		{"soon", "1", time.Second, false, true},
		{"-20", "1", time.Second, false, true},
		{".5", "1", time.Second, false, true},
		{"soon", "soon", 0, false, false},
	} {
		h := http.Header{"Retry-After-Ms": {c.ms}, "Retry-After": {c.value}}
		wait, over, ok := retry.After(h, noon, time.Hour)
		if wait != c.wait || over != c.over || ok != c.ok {
			t.Errorf("%q ms, %q s: %v, %v, %v, want %v, %v, %v", c.ms, c.value, wait, over, ok, c.wait, c.over, c.ok)
		}
	}
}

func FuzzAfter(f *testing.F) {
	for _, s := range []string{"1", "1.5", "Sun, 01 Mar 2026 12:00:30 GMT", "-1", "99999999999999999999", "1.99999999999999999999"} {
		f.Add(s, "")
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, value, date string) {
		h := http.Header{"Retry-After": {value}, "Date": {date}}
		wait, over, ok := retry.After(h, noon, time.Minute)
		if wait < 0 || wait > time.Minute || over && wait != time.Minute || !ok && (over || wait != 0) {
			t.Errorf("%q: %v, %v, %v", value, wait, over, ok)
		}
	})
}
