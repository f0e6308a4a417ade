package source_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/inflight-go/inflight/internal/source"
)

// file writes a file and returns its name.
func file(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t testing.TB, opts source.Options) *source.Source {
	t.Helper()
	s, err := source.Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// read returns all rows; the error is what came instead of the end.
func read(t testing.TB, opts source.Options) (rows []source.Row, err error) {
	t.Helper()
	for row, err := range open(t, opts).All(t.Context()) {
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// brief is a row in one line of text.
func brief(r source.Row) string {
	if r.Err != nil {
		return fmt.Sprintf("%d@%d bad %d:%d %s [%s]", r.Index, r.Line, r.Err.Line, r.Err.Column, r.Err.Reason, r.Err.Text)
	}
	if r.Raw != nil {
		return fmt.Sprintf("%d@%d %s", r.Index, r.Line, r.Raw)
	}
	return fmt.Sprintf("%d@%d %s", r.Index, r.Line, r.URL)
}

func briefs(rows []source.Row) []string {
	out := []string{}
	for _, r := range rows {
		out = append(out, brief(r))
	}
	return out
}

func from(content string, format source.Format) source.Options {
	return source.Options{Files: []string{"-"}, Stdin: strings.NewReader(content), Format: format}
}

func data(content string, format source.Format) source.Options {
	opts := from(content, format)
	opts.Data = true
	return opts
}

func TestRows(t *testing.T) {
	globs := func(opts source.Options) source.Options {
		opts.FileGlobs = true
		return opts
	}
	short := func(opts source.Options) source.Options {
		opts.MaxLine = 20
		return opts
	}
	for name, c := range map[string]struct {
		opts source.Options
		want []string
	}{
		"empty":            {from("", source.Lines), nil},
		"only blank lines": {from("\n\r\n  \n# c\n", source.Lines), nil},
		"lines": {from("\ufeffhttp://a\r\n\n# no\n  https://b/x \n\thttp://c", source.Lines), []string{
			"0@1 http://a", "1@4 https://b/x", "2@5 http://c"}},
		"bad lines": {from("http://a\nexample.com/é x\nftp://b\nhttp://\nhttp:///x\nhttp://x\x00y\nhttp://\xffz\nhttp://b c\nhttp://e\n", source.Lines), []string{
			"0@1 http://a",
			"1@2 bad 2:14 not a URL: it has the character ' ' [example.com/é x]",
			"2@3 bad 3:1 not a URL that can be fetched: it does not begin with http:// or https:// [ftp://b]",
			"3@4 bad 4:8 not a URL: there is no host [http://]",
			"4@5 bad 5:8 not a URL: there is no host [http:///x]",
			"5@6 bad 6:9 a NUL byte; the file is no text, or is damaged here [http://x\x00y]",
			"6@7 bad 7:8 the byte 0xff is not valid UTF-8 [http://z]",
			"7@8 bad 8:9 not a URL: it has the character ' ' [http://b c]",
			"8@9 http://e"}},
		"too long": {short(from("http://a\nhttp://exactly.many\nhttp://exactly.more1\nhttp://exactly.more12\nhttp://bbbbbbbbbbbbbbbbbbbbbbbbbbbbb\nhttp://c\nhttp://dddddddddddddd", source.Lines)), []string{
			"0@1 http://a", "1@2 http://exactly.many", "2@3 http://exactly.more1",
			"3@4 bad 4:0 the line is longer than 20 bytes, which is the most [http://exactly.more1]",
			"4@5 bad 5:0 the line is longer than 20 bytes, which is the most [http://bbbbbbbbbbbbb]",
			"5@6 http://c", "6@7 bad 7:0 the line is longer than 20 bytes, which is the most [http://ddddddddddddd]"}},
		"a name, and no host": {from("http://ann@:80/x\nhttp://ann@\nhttp://ann@b@c/\n", source.Lines), []string{
			"0@1 bad 1:8 not a URL: there is no host [http://REDACTED@:80/x]",
			"1@2 bad 2:8 not a URL: there is no host [http://REDACTED@]",
			"2@3 http://ann@b@c/"}},
		"lines are data": {data("a b\n#c\n {\"x\"}\n", source.Lines), []string{`0@1 "a b"`, `1@3 "{\"x\"}"`}},
		"braces stay":    {from("http://a/{1..3}\n", source.Lines), []string{"0@1 http://a/{1..3}"}},
		"globs": {globs(from("http://a/{1..2}\nhttp://b\n http://é/{3..\n{x,http}://{a,}\n", source.Lines)), []string{
			"0@1 http://a/1", "1@1 http://a/2", "2@2 http://b",
			`3@3 bad 3:11 { without a }; write \{ for the character [ http://é/{3..]`,
			"4@4 bad 4:1 not a URL that can be fetched: it does not begin with http:// or https:// [x://a]",
			"5@4 bad 4:1 not a URL that can be fetched: it does not begin with http:// or https:// [x://]",
			"6@4 http://a",
			"7@4 bad 4:8 not a URL: there is no host [http://]"}},
		"jsonl": {data("{\"id\":1234567890123456789, \"n\":1.10}\n\n [1,2]\r\n\"x\"\n7\nnull\n{}", source.JSONL), []string{
			`0@1 {"id":1234567890123456789, "n":1.10}`, "1@3 [1,2]", `2@4 "x"`, "3@5 7", "4@6 null", "5@7 {}"}},
		"bad jsonl": {data("{\"a\":1}\n{\"a\":}\n{\"a\":1\n{\"a\":1} x\n1 2\nnope\n{\"é\" 1}\n\x00\n\"\xff\"\n{\"b\":2}\n", source.JSONL), []string{
			`0@1 {"a":1}`,
			`1@2 bad 2:6 not a JSON value: invalid character '}' looking for beginning of value [{"a":}]`,
			`2@3 bad 3:7 not a JSON value: the line ends before the value does [{"a":1]`,
			`3@4 bad 4:9 not a JSON value: invalid character 'x' after top-level value [{"a":1} x]`,
			`4@5 bad 5:3 not a JSON value: invalid character '2' after top-level value [1 2]`,
			`5@6 bad 6:2 not a JSON value: invalid character 'o' in literal null (expecting 'u') [nope]`,
			`6@7 bad 7:6 not a JSON value: invalid character '1' after object key [{"é" 1}]`,
			"7@8 bad 8:1 a NUL byte; the file is no text, or is damaged here [\x00]",
			`8@9 bad 9:2 the byte 0xff is not valid UTF-8 [""]`,
			`9@10 {"b":2}`}},
		"jsonl after a number": {data("7\n\"\"0\n8\n{}1\n", source.JSONL), []string{
			"0@1 7", `1@2 bad 2:3 not a JSON value: invalid character '0' after top-level value [""0]`,
			"2@3 8", `3@4 bad 4:3 not a JSON value: invalid character '1' after top-level value [{}1]`}},
		"URLs of jsonl": {from("{\"url\":\"http://a\"}\n\"http://b\"\n{\"URL\":\"http://c\",\"id\":1}\n{\"url\":3}\n4\n\"x\"\n[1]\n", source.JSONL), []string{
			`0@1 {"url":"http://a"}`, `1@2 "http://b"`,
			`2@3 bad 3:0 no field "url" for the URL; is it "URL"?; there are: URL, id [{"URL":"http://c","id":1}]`,
			`3@4 bad 4:0 the field "url" is not a string [{"url":3}]`,
			`4@5 bad 5:0 no URL: want a string, or an object with the field "url" [4]`,
			`5@6 bad 6:0 not a URL: it does not begin with http:// or https:// ["x"]`,
			`6@7 bad 7:0 no URL, but an array: want one value on each line; for one array of rows, say --in json [[1]]`}},
		"csv": {data("\ufeffid, name\r\n1,a\r\n\r\n2,\"b, \"\"x\"\"\nand c\"\r\n3,\"\"\r\n4,é", source.CSV), []string{
			`0@2 {"id":"1","name":"a"}`, `1@4 {"id":"2","name":"b, \"x\"\nand c"}`, `2@6 {"id":"3","name":""}`, `3@7 {"id":"4","name":"é"}`}},
		"bad csv": {data("id,name\n1\n2,b,c\n3,a\"b\n4,\"x\"y\n5,\"a\nb\"z\n6,\x00\n7,\"\xff\"\n8,h\n9,\"open\n10,j\n", source.CSV), []string{
			"0@2 bad 2:0 want 2 fields, as in the header, not 1 [1]",
			"1@3 bad 3:0 want 2 fields, as in the header, not 3 [2,b,c]",
			`2@4 bad 4:4 a quote within a field that does not begin with one; write "" within quotes [3,a"b]`,
			`3@5 bad 5:6 'y' after the quote that ends a field; write "" for a quote within it [4,"x"y]`,
			`4@6 bad 7:3 'z' after the quote that ends a field; write "" for a quote within it [b"z]`,
			"5@8 bad 8:3 a NUL byte; the file is no text, or is damaged here [6,\x00]",
			`6@9 bad 9:4 the byte 0xff is not valid UTF-8 [7,""]`,
			`7@10 {"id":"8","name":"h"}`,
			`8@11 bad 11:0 a quote that is never closed [9,"open]`,
			`9@12 {"id":"10","name":"j"}`}},
		"csv of URLs": {from("url,n\nhttp://a,1\nb,2\n", source.CSV), []string{
			`0@2 {"url":"http://a","n":"1"}`, "1@3 bad 3:0 not a URL: it does not begin with http:// or https:// [b,2]"}},
		"tsv":           {data("a\tb\n1\t5\" disk\n2\t\"x\ty\"\n", source.TSV), []string{`0@2 {"a":"1","b":"5\" disk"}`, `1@3 {"a":"2","b":"x\ty"}`}},
		"found out":     {data(" \n{\"a\":1}\n", ""), []string{`0@2 {"a":1}`}},
		"not found out": {from("http://a\n", ""), []string{"0@1 http://a"}},
	} {
		t.Run(name, func(t *testing.T) {
			content, err := io.ReadAll(c.opts.Stdin)
			if err != nil {
				t.Fatal(err)
			}
			for _, in := range []io.Reader{bytes.NewReader(content), iotest.OneByteReader(bytes.NewReader(content)), iotest.DataErrReader(bytes.NewReader(content))} {
				c.opts.Stdin = in
				rows, err := read(t, c.opts)
				if err != nil {
					t.Fatal(err)
				}
				if got := briefs(rows); !slices.Equal(got, c.want) {
					t.Errorf("rows:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
				}
			}
		})
	}
}

func TestInputsThatCannotBeRead(t *testing.T) {
	for name, c := range map[string]struct{ content, format, want string }{
		"UTF-16":                  {"\xff\xfeh\x00", "lines", "stdin: it is UTF-16; convert it to UTF-8"},
		"no column name":          {"a,,c\n", "csv", "column 2 has no name"},
		"column twice":            {"a,b, a\n", "csv", `two columns have the name "a"`},
		"open header":             {"a,\"b\n1,2\n", "csv", "stdin:1: the header: a quote that is never closed"},
		"lines end in CR":         {"a,b\r1,2\r", "csv", `stdin:1: the header: there is a \r alone`},
		"NUL in header":           {"a,\x00\n", "csv", "a NUL byte"},
		"damaged gzip":            {"\x1f\x8b\x08\x00", "lines", "stdin: what is compressed in it is cut"},
		"truncated zstd":          {"\x28\xb5\x2f\xfd\x04", "lines", "stdin: "},
		"zstd with a huge window": {"\x28\xb5\x2f\xfd\x00\xf8\x01\x00\x00", "lines", "window size"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(t, data(c.content, source.Format(c.format)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestReadErrorsEndTheInputAndStay(t *testing.T) {
	broken := errors.New("broken")
	s := open(t, source.Options{Files: []string{"-"}, Stdin: io.MultiReader(strings.NewReader("http://a\n"), iotest.ErrReader(broken))})
	if row, err := s.Next(t.Context()); err != nil || row.URL != "http://a" {
		t.Fatalf("first: %v, %v", row, err)
	}
	for range 2 {
		if _, err := s.Next(t.Context()); !errors.Is(err, broken) || !strings.Contains(err.Error(), "stdin: after 1 rows") {
			t.Errorf("error %v", err)
		}
	}
}

func TestInvalidOptions(t *testing.T) {
	for _, opts := range []source.Options{{Sample: 2}, {Sample: -1}, {Offset: -1}, {Limit: -1}, {MaxLine: -1}, {Format: "xml"}, {Files: []string{"-", "-"}}} {
		if _, err := source.Open(opts); !errors.Is(err, source.ErrOption) {
			t.Errorf("%+v: error %v", opts, err)
		}
	}
	for _, c := range []struct{ arg, want string }{
		{"example.com", "not a URL: it does not begin with http:// or https://\n  example.com\n  ^"},
		{"http://x/{1..y}", "a range from a number to a letter\n  http://x/{1..y}\n               ^"},
	} {
		_, err := source.Open(source.Options{Args: []string{c.arg}})
		if e, ok := errors.AsType[*source.GlobError](err); !ok || e.Error() != c.want {
			t.Errorf("%s: error %v, want %s", c.arg, err, c.want)
		}
	}
	if _, err := source.Open(source.Options{Files: []string{"/nowhere/at/all"}}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if _, err := source.Open(source.Options{Files: []string{t.TempDir()}}); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("directory: %v", err)
	}
}

func TestPartsFollowEachOther(t *testing.T) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	fmt.Fprint(z, "{\"url\":\"http://d\"}\n")
	_ = z.Close()
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	opts := source.Options{
		Args:  []string{"http://a/{1..2}", "http://b"},
		Files: []string{file(t, "x.txt", "http://c"), "-", file(t, "y.jsonl.gz", zipped.String()), file(t, "z.csv.zst", string(enc.EncodeAll([]byte("url\nhttp://e\n"), nil)))},
		Stdin: strings.NewReader("http://s\n"),
	}
	rows, err := read(t, opts)
	if err != nil {
		t.Fatal(err)
	}
	var urls, files []string
	for i, r := range rows {
		if r.Index != int64(i) || r.Err != nil {
			t.Errorf("row %d: %+v", i, r)
		}
		urls, files = append(urls, r.URL), append(files, filepath.Base(r.File))
	}
	if got := strings.Join(urls, " "); got != "http://a/1 http://a/2 http://b http://c http://s http://d http://e" {
		t.Errorf("URLs %s", got)
	}
	if got := strings.Join(files, " "); got != "argument argument argument x.txt stdin y.jsonl.gz z.csv.zst" {
		t.Errorf("files %s", got)
	}
}

func indices(rows []source.Row) (out []int64) {
	for _, r := range rows {
		out = append(out, r.Index)
	}
	return out
}

// inputs are the same thousand rows, read in all the ways there are.
func inputs(t *testing.T) map[string]source.Options {
	var l, j, c strings.Builder
	fmt.Fprintln(&c, "url,note")
	for i := range 1000 {
		fmt.Fprintf(&l, "# %d\nhttp://a/%d\n\n", i, i%300)
		if i%97 == 0 {
			fmt.Fprintln(&j, "{")
			fmt.Fprintln(&c, "x,y,z")
			continue
		}
		fmt.Fprintf(&j, "{\"url\":\"http://a/%d\"}\n", i%300)
		fmt.Fprintf(&c, "http://a/%d,\"two\nlines\"\n", i%300)
	}
	return map[string]source.Options{
		"glob":       {Args: []string{"http://a/{0..9}/{0..99}"}},
		"lines":      {Files: []string{file(t, "a.txt", l.String())}},
		"jsonl":      {Files: []string{file(t, "a.jsonl", j.String())}},
		"csv":        {Files: []string{file(t, "a.csv", c.String())}},
		"line globs": {FileGlobs: true, Files: []string{file(t, "a.txt", "http://a/{0..332}\nhttp://b/{0..332}\n{\n"+strings.Repeat("http://c/{0..332}\n", 1))}},
		"both":       {Args: []string{"http://a/{0..499}"}, Files: []string{file(t, "a.txt", strings.Repeat("http://a/1\n", 500))}},
	}
}

// TestSeekAndDoneAreAsReadingEverything compares each shortcut with the long way.
func TestSeekAndDoneAreAsReadingEverything(t *testing.T) {
	unique := func(r source.Row) (string, error) { return r.URL, nil }
	for name, base := range inputs(t) {
		for _, more := range []source.Options{
			{}, {Offset: 13}, {Limit: 40}, {Offset: 500, Limit: 100}, {Sample: 0.3, Seed: 9}, {Sample: 0.3, Limit: 50, Offset: 5},
			{Unique: unique}, {Unique: unique, Limit: 250}, {Unique: unique, Sample: 0.5, Seed: 1, Limit: 100}, {Offset: 2000}, {Limit: 5000},
		} {
			opts := base
			opts.Offset, opts.Limit, opts.Sample, opts.Seed, opts.Unique = more.Offset, more.Limit, more.Sample, more.Seed, more.Unique
			all, err := read(t, opts)
			if err != nil {
				t.Fatal(err)
			}
			for _, from := range []int64{0, 1, 17, 499, 500, 501, 999, 1000, 3000} {
				var want []int64
				for _, i := range indices(all) {
					if i >= from {
						want = append(want, i)
					}
				}
				s := open(t, opts)
				if err := s.Seek(t.Context(), from); err != nil {
					t.Fatal(err)
				}
				var rows []source.Row
				for row, err := range s.All(t.Context()) {
					if err != nil {
						t.Fatal(err)
					}
					rows = append(rows, row)
				}
				if got := indices(rows); !slices.Equal(got, want) {
					t.Fatalf("%s %+v from %d: indices %v, want %v", name, more, from, got, want)
				}
			}
			done := func(i int64) bool { return i%7 < 4 }
			var want []string
			for _, row := range all {
				if !done(row.Index) {
					want = append(want, brief(row))
				}
			}
			opts.Done = done
			rows, err := read(t, opts)
			if err != nil {
				t.Fatal(err)
			}
			if got := briefs(rows); !slices.Equal(got, want) && len(got)+len(want) > 0 {
				t.Fatalf("%s %+v with Done: %v, want %v", name, more, got, want)
			}
		}
	}
}

func TestCount(t *testing.T) {
	for name, opts := range inputs(t) {
		for _, more := range []source.Options{{}, {Offset: 13}, {Limit: 40}, {Offset: 990, Limit: 40}, {Offset: 3000}} {
			opts.Offset, opts.Limit = more.Offset, more.Limit
			rows, err := read(t, opts)
			if err != nil {
				t.Fatal(err)
			}
			n, exact, err := open(t, opts).Count(t.Context())
			if err != nil || !exact || n != int64(len(rows)) {
				t.Errorf("%s %+v: %d (exact: %v), %v; want %d", name, more, n, exact, err, len(rows))
			}
		}
	}
	n, exact, err := open(t, source.Options{Args: []string{"http://a/{1..1000}"}, Sample: 0.25}).Count(t.Context())
	if n != 250 || exact || err != nil {
		t.Errorf("sample: %d, %v, %v", n, exact, err)
	}
	if n, _, err := open(t, from("http://a", "")).Count(t.Context()); n != -1 || err != nil {
		t.Errorf("stdin: %d, %v", n, err)
	}
	cause := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, _, err := open(t, inputs(t)["lines"]).Count(ctx); err != cause {
		t.Errorf("ctx ended: %v", err)
	}
}

func TestSampleIsAShareAndDependsOnTheSeed(t *testing.T) {
	pick := func(seed uint64) []int64 {
		rows, err := read(t, source.Options{Args: []string{"http://a/{1..10000}"}, Sample: 0.1, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		return indices(rows)
	}
	a, b, c := pick(1), pick(1), pick(2)
	if len(a) < 850 || len(a) > 1150 || !slices.Equal(a, b) || slices.Equal(a, c) {
		t.Errorf("%d, %d and %d of 10000", len(a), len(b), len(c))
	}
}

func TestUniqueKeepsTheFirstAndReportsErrors(t *testing.T) {
	opts := from("http://a\nhttp://b\nhttp://a\nhttp://bad\nnope\nnope\nhttp://b\n", source.Lines)
	opts.Unique = func(r source.Row) (string, error) {
		if r.URL == "http://bad" {
			return "", errors.New("no key")
		}
		return r.URL, nil
	}
	rows, err := read(t, opts)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(indices(rows)); got != "[0 1 3 4 5]" {
		t.Errorf("indices %s", got)
	}
	if rows[2].Err == nil || rows[2].Err.Reason != "no key" || rows[2].URL != "" {
		t.Errorf("row %+v", rows[2])
	}
}

func TestNumbersStayAsTheyAreWritten(t *testing.T) {
	rows, err := read(t, data(`{"id":12345678901234567890,"p":1.10}`, source.JSONL))
	if err != nil {
		t.Fatal(err)
	}
	v := rows[0].Value.(map[string]any)
	if v["id"] != json.Number("12345678901234567890") || v["p"] != json.Number("1.10") {
		t.Errorf("value %#v", v)
	}
}

func TestContext(t *testing.T) {
	cause := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	in, out := io.Pipe()
	defer out.Close()
	s := open(t, source.Options{Files: []string{"-"}, Stdin: in, Format: source.Lines})
	go func() {
		_, _ = out.Write([]byte("http://a\nhttp://"))
		cancel(cause)
	}()
	if row, err := s.Next(ctx); err != nil && err != cause || err == nil && row.URL != "http://a" {
		t.Fatalf("first: %v, %v", row, err)
	}
	for range 2 {
		if _, err := s.Next(ctx); err != cause {
			t.Fatalf("while it waits: %v", err)
		}
	}
	if err := s.Seek(ctx, 100); err != cause {
		t.Errorf("Seek: %v", err)
	}
	go func() {
		_, _ = out.Write([]byte("b\n"))
		out.Close()
	}()
	var last string
	for row, err := range s.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		last = row.URL
	}
	if last != "http://b" {
		t.Errorf("what was read before the wait ended is lost: %q", last)
	}
}

func TestAFileThatWasWaitedForIsNotLost(t *testing.T) {
	cause := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	in, out := io.Pipe()
	s := open(t, source.Options{Files: []string{"-"}, Stdin: in})
	go cancel(cause)
	if _, err := s.Next(ctx); err != cause {
		t.Fatalf("while it waits: %v", err)
	}
	go func() {
		_, _ = out.Write([]byte("http://a\n"))
		out.Close()
	}()
	if row, err := s.Next(t.Context()); err != nil || row.URL != "http://a" {
		t.Errorf("afterwards: %+v, %v", row, err)
	}
	if _, err := s.Next(t.Context()); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
}

func TestClosedSource(t *testing.T) {
	s := open(t, from("http://a\nhttp://b\n", source.Lines))
	if _, err := s.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := s.Next(t.Context()); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("error %v", err)
	}
}

func TestFingerprint(t *testing.T) {
	path := file(t, "a.txt", "http://a\nhttp://b\n")
	print := func(opts source.Options) string {
		t.Helper()
		f, err := open(t, opts).Fingerprint()
		if err != nil || len(f) != 32 {
			t.Fatalf("%q, %v", f, err)
		}
		return f
	}
	base := source.Options{Args: []string{"http://a"}, Files: []string{path}}
	first := print(base)
	same := base
	same.Limit, same.Offset, same.Sample = 1, 1, 0.5
	if print(same) != first {
		t.Error("Limit, Offset and Sample change it")
	}
	for name, change := range map[string]func(*source.Options){
		"argument": func(o *source.Options) { o.Args = []string{"http://b"} },
		"data":     func(o *source.Options) { o.Data = true },
		"format":   func(o *source.Options) { o.Format = source.Lines },
		"files":    func(o *source.Options) { o.Files = nil },
		"stdin":    func(o *source.Options) { o.Files = []string{path, "-"} },
	} {
		other := base
		change(&other)
		if print(other) == first {
			t.Errorf("%s does not change it", name)
		}
	}
	// A large file that keeps its size and its time, and changes at either end.
	content := bytes.Repeat([]byte("http://a\n"), 3<<20/9)
	was, seen := time.Unix(1_000_000_000, 0), map[string]bool{}
	for _, at := range []int{0, 7, len(content) - 2} {
		content[at]++
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, was, was); err != nil {
			t.Fatal(err)
		}
		seen[print(base)] = true
	}
	if err := os.Chtimes(path, was, was.Add(1)); err != nil {
		t.Fatal(err)
	}
	if seen[print(base)] = true; len(seen) != 4 {
		t.Errorf("%d fingerprints of four inputs", len(seen))
	}
}

func TestPosition(t *testing.T) {
	s := open(t, source.Options{Files: []string{file(t, "a.txt", "http://a\n"), file(t, "b.txt", "http://bb\n")}})
	if read, total := s.Position(); read != 0 || total != 19 {
		t.Errorf("before: %d of %d", read, total)
	}
	for _, err := range s.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if read, total := s.Position(); read != 19 || total != 19 {
		t.Errorf("after: %d of %d", read, total)
	}
	if _, total := open(t, from("", "")).Position(); total != -1 {
		t.Errorf("stdin: %d", total)
	}
}

// TestQuotesWithoutAnEndAreNotLookedBehindForEver would take minutes otherwise.
func TestQuotesWithoutAnEndAreNotLookedBehindForEver(t *testing.T) {
	opts := data("a,b\n"+strings.Repeat("1\"a,\"b\n", 200_000), source.CSV)
	opts.MaxLine = 1 << 20
	rows, err := read(t, opts)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r.Err == nil {
			t.Fatalf("row %+v", r)
		}
	}
	if len(rows) < 17 || len(rows) > 30 || !strings.Contains(rows[16].Err.Reason, "lost") {
		t.Errorf("%d rows, %v", len(rows), rows[len(rows)-1].Err)
	}
}
