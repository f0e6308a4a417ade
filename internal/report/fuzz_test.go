package report_test

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/inflight-go/inflight/internal/report"
)

// oracle reads a line with encoding/json, names as they are written and the last of
// the same name first in rank.
func oracle(line []byte) (report.Fields, bool) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(line, &fields) != nil || fields == nil {
		return report.Fields{}, false
	}
	f := report.Fields{Index: -1, DurationMS: -1e-6}
	good := true
	get := func(from map[string]json.RawMessage, name string, to any) bool {
		raw, ok := from[name]
		if !ok || string(raw) == "null" {
			return false
		}
		good = json.Unmarshal(raw, to) == nil && good
		return true
	}
	judged := get(fields, "ok", &f.OK)
	get(fields, "method", &f.Method)
	get(fields, "url", &f.URL)
	get(fields, "truncated", &f.Truncated)
	var started time.Time
	if raw, ok := fields["started"]; ok && string(raw) != "null" {
		good = json.Unmarshal(raw, &started) == nil && good
	}
	whole := func(name string, absent int64) int64 {
		v := math.NaN()
		if !get(fields, name, &v) {
			return absent
		}
		good = good && v >= 0 && v < 1<<63 && v == math.Trunc(v)
		return int64(v)
	}
	f.Index, f.Attempts, f.Bytes = whole("index", -1), whole("attempts", 0), whole("bytes", 0)
	f.Status = int(min(whole("status", 0), 1000))
	if get(fields, "duration_ms", &f.DurationMS) {
		good = good && f.DurationMS >= 0
	}
	timings := map[string]json.RawMessage{}
	get(fields, "timings", &timings)
	for _, name := range []string{"queue", "rate", "backoff", "dns", "connect", "tls", "body", "ttfb"} {
		f.TTFB = 0
		if get(timings, name, &f.TTFB) {
			good = good && f.TTFB >= 0
		}
	}
	failure := map[string]json.RawMessage{}
	get(fields, "error", &failure)
	get(failure, "class", &f.Class)
	get(failure, "message", &f.Message)
	return f, good && judged
}

// FuzzParse holds the scanner against encoding/json: on each line that is JSON they
// say the same.
func FuzzParse(f *testing.F) {
	for line := range strings.Lines(few) {
		f.Add([]byte(line))
	}
	f.Add([]byte(`{"ok":true,"ok":false,"\u006fk":true,"index":18446744073709551616,"duration_ms":1e400}`))
	f.Add([]byte(`{"ok":true,"body":"\\\"{[\\","x":[[[{"a":"]"}]]],"index":9007199254740993,"status":1e2}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		if bytes.IndexByte(line, '\n') >= 0 {
			return // a line has none
		}
		got, err := report.Parse(line)
		if !json.Valid(line) {
			return // whether it is found out depends on where it is broken
		}
		if repeatsNames(line) {
			return // of two objects with one name encoding/json takes the last, and we take both
		}
		want, good := oracle(line)
		if good != (err == nil) {
			t.Fatalf("%q: error %v, but by encoding/json good is %t", line, err, good)
		}
		if !good {
			return
		}
		if !near(got.DurationMS, min(want.DurationMS, 1e11)) || !near(got.TTFB, min(want.TTFB, 1e11)) ||
			!near(float64(got.Index), float64(want.Index)) || !near(float64(got.Bytes), float64(want.Bytes)) || !near(float64(got.Attempts), float64(want.Attempts)) {
			t.Fatalf("%q: %+v, want %+v", line, got, want)
		}
		// Raw bytes that are no UTF-8 stay as they are until they are shown.
		squeeze := func(s string) string { return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\ufffd", "") }
		if squeeze(got.URL) != squeeze(want.URL) || squeeze(got.Method) != squeeze(want.Method) || squeeze(got.Class) != squeeze(want.Class) ||
			squeeze(got.Message) != squeeze(want.Message) || got.Status != want.Status || got.OK != want.OK || got.Truncated != want.Truncated {
			t.Fatalf("%q: %+v, want %+v", line, got, want)
		}
	})
}

// near allows for numbers that float64 can't hold.
func near(got, want float64) bool {
	return got == want || math.Abs(got-want) <= 1e-6+1e-9*math.Abs(want)
}

// repeatsNames reports whether a name stands twice in any object of a line, which
// must be JSON.
func repeatsNames(line []byte) bool {
	d := json.NewDecoder(bytes.NewReader(line))
	var walk func() bool
	walk = func() bool {
		token, err := d.Token()
		if err != nil {
			return false
		}
		open, ok := token.(json.Delim)
		if !ok {
			return false
		}
		names := map[string]bool{}
		for d.More() {
			if open == '{' {
				name, err := d.Token()
				if err != nil {
					return false
				}
				if s, _ := name.(string); names[s] {
					return true
				} else {
					names[s] = true
				}
			}
			if walk() {
				return true
			}
		}
		_, _ = d.Token()
		return false
	}
	return walk()
}

// FuzzRead feeds anything: all lines are accounted for, and what is written of them
// is what it should be.
func FuzzRead(f *testing.F) {
	f.Add([]byte(few))
	f.Add([]byte(few + "\n" + few))
	f.Add([]byte("{\"ok\":false,\"url\":\"http://<script>\x1b[31m/\",\"error\":{\"class\":\"\\u001b\"}}\n\x00\n\xff"))
	f.Add([]byte("\x1f\x8b\x08\x00"))
	f.Add([]byte("\x28\xb5\x2f\xfd"))
	f.Fuzz(func(t *testing.T, input []byte) {
		s, err := report.Read(t.Context(), bytes.NewReader(input))
		if s == nil {
			t.Fatal(err)
		}
		if s.OK+s.Failed != s.Requests || s.Requests+s.Superseded+s.Broken > s.Lines || s.Repeated != 0 {
			t.Errorf("%+v", s)
		}
		var text, page, js bytes.Buffer
		if err := s.WriteText(&text, 80); err != nil {
			t.Fatal(err)
		}
		if i := bytes.IndexFunc(text.Bytes(), func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f }); i >= 0 {
			t.Errorf("the text has byte %#x in it", text.Bytes()[i])
		}
		if err := s.WriteJSON(&js); err != nil || !json.Valid(js.Bytes()) {
			t.Errorf("error %v in\n%s", err, js.Bytes())
		}
		if err := s.WriteHTML(&page, "out.jsonl"); err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(page.Bytes(), []byte("<script")) {
			t.Error("a script is in the page")
		}
	})
}
