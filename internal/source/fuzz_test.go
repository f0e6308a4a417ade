package source_test

import (
	"bytes"
	stdcsv "encoding/csv"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/inflight-go/inflight/internal/source"
)

// checkRows reads an input in three ways, which have to agree: at once, byte by byte,
// and with every other row skipped. It returns the rows.
func checkRows(t *testing.T, content []byte, opts source.Options) []source.Row {
	t.Helper()
	opts.Files, opts.MaxLine = []string{"-"}, 200
	opts.Stdin = bytes.NewReader(content)
	rows, err := read(t, opts)
	opts.Stdin = iotest.OneByteReader(bytes.NewReader(content))
	again, err2 := read(t, opts)
	if (err == nil) != (err2 == nil) {
		t.Fatalf("error %v, and byte by byte %v", err, err2)
	}
	if err != nil {
		return nil
	}
	if a, b := briefs(rows), briefs(again); !slices.Equal(a, b) {
		t.Fatalf("rows:\n%s\nbyte by byte:\n%s", strings.Join(a, "\n"), strings.Join(b, "\n"))
	}
	opts.Stdin = bytes.NewReader(content)
	opts.Done = func(i int64) bool { return i%2 == 0 }
	odd, err := read(t, opts)
	if err != nil {
		t.Fatal(err)
	}
	want := slices.DeleteFunc(slices.Clone(rows), func(r source.Row) bool { return r.Index%2 == 0 })
	if a, b := briefs(odd), briefs(want); !slices.Equal(a, b) {
		t.Fatalf("with every other skipped:\n%s\nwant:\n%s", strings.Join(a, "\n"), strings.Join(b, "\n"))
	}
	line := 0
	for i, r := range rows {
		if r.Index != int64(i) || r.Line < line {
			t.Errorf("row %d: index %d, line %d after %d", i, r.Index, r.Line, line)
		}
		line = r.Line
		switch {
		case r.Err != nil:
			if r.URL != "" || r.Value != nil || r.Raw != nil || r.Err.Reason == "" || !utf8.ValidString(r.Err.Error()) {
				t.Errorf("bad row %+v", r)
			}
		case r.Value == nil && string(r.Raw) != "null":
			t.Errorf("row %+v has no value", r)
		case r.Raw != nil && (!json.Valid(r.Raw) || bytes.ContainsAny(r.Raw, "\n")):
			t.Errorf("row %d: raw %q", i, r.Raw)
		}
	}
	return rows
}

func FuzzLines(f *testing.F) {
	for _, s := range []string{"http://a\nhttp://b\r\n", "\ufeffhttp://a", "# x\n\n \nhttp://{a,b}/{1..3}\n", "\x00\n\xff\n", "{1..\n", strings.Repeat("x", 300) + "\nhttp://a", "\xff\xfe"} {
		f.Add([]byte(s), false)
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, content []byte, globs bool) {
		if globs && bytes.Count(content, []byte("..")) > 0 && len(content) > 40 {
			t.Skip("too many texts")
		}
		if globs {
			for line := range strings.Lines(string(content)) {
				if g, err := source.ParseGlob(strings.TrimSpace(line)); err == nil && g.Len() > 1000 {
					t.Skip("too many texts")
				}
			}
		}
		checkRows(t, content, source.Options{Format: source.Lines, FileGlobs: globs})
		checkRows(t, content, source.Options{Format: source.Lines, Data: true})
	})
}

func FuzzJSONL(f *testing.F) {
	for _, s := range []string{"{\"url\":\"http://a\"}\n\"http://b\"\n", "{\n[1,2]\n", "1 2\n", "\ufeff{}", "{\"a\":1}x\n{\"b\":2}", "nul\n\"\xff\"\n1e400\n", strings.Repeat("[", 150)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, r := range checkRows(t, content, source.Options{Format: source.JSONL, Data: true}) {
			if r.Err == nil {
				var v any
				if err := json.Unmarshal(r.Raw, &v); err != nil && !strings.Contains(err.Error(), "number") {
					t.Errorf("row %s: %v", r.Raw, err)
				}
			}
		}
		checkRows(t, content, source.Options{Format: source.JSONL})
	})
}

// FuzzCSV compares with encoding/csv, where that takes the whole file.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "a\n\"x\ny\"\n\n\"\"\"\"\n", "a,b\r\n\"1\",\"2\r\n3\"\r\n", "a,b\n1\n\"x\"y,2\n3,\"open\n4,5\n", "a,a\n", "\ufeffa,é\n,\n", "a\n\"\"\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		checkRows(t, content, source.Options{Format: source.TSV, Data: true})
		rows := checkRows(t, content, source.Options{Format: source.CSV, Data: true})
		want, err := stdcsv.NewReader(bytes.NewReader(bytes.TrimPrefix(content, []byte("\ufeff")))).ReadAll()
		if err != nil || len(rows) == 0 || !utf8.Valid(content) || bytes.ContainsAny(content, "\r\x00") || len(content) > 200 {
			return
		}
		if len(want) != len(rows)+1 {
			t.Fatalf("%d rows, want %d", len(rows), len(want)-1)
		}
		for i, record := range want[1:] {
			for j, field := range record {
				if got := rows[i].Value.(map[string]any)[strings.TrimSpace(want[0][j])]; got != field {
					t.Errorf("row %d, field %d: %q, want %q", i, j, got, field)
				}
			}
		}
	})
}

// FuzzFile: whatever a file is, or says it is, reading it ends.
func FuzzFile(f *testing.F) {
	for _, s := range []string{"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", "\x28\xb5\x2f\xfd\x04\x00\x09\x00\x00abc", "[1]\n", "{}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		s := open(t, source.Options{Files: []string{"-"}, Stdin: bytes.NewReader(content), Data: true})
		for range 10_000 {
			if _, err := s.Next(t.Context()); err != nil {
				if _, err2 := s.Next(t.Context()); err2 == nil || (err == io.EOF) != (err2 == io.EOF) {
					t.Errorf("error %v, and then %v", err, err2)
				}
				return
			}
		}
	})
}
