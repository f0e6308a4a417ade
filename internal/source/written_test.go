package source_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/inflight-go/inflight/internal/source"
)

// long is an input with a MaxLine of 60.
func long(content string, format source.Format) source.Options {
	opts := data(content, format)
	opts.MaxLine = 60
	return opts
}

func TestWrittenRows(t *testing.T) {
	for name, c := range map[string]struct {
		opts source.Options
		want []string
	}{
		// arrays
		"array":            {from("[\n {\"url\":\"http://a\"},\n\"http://b\"\n]\n", source.JSON), []string{`0@2 {"url":"http://a"}`, `1@3 "http://b"`}},
		"array on a line":  {data(`[1,[2,"],"],{"a":"\"]"},"",null]`, source.JSON), []string{"0@1 1", `1@1 [2,"],"]`, `2@1 {"a":"\"]"}`, `3@1 ""`, "4@1 null"}},
		"array, rows long": {data("[{\n\"a\":\r\n 1\n},\n{}]", source.JSON), []string{`0@1 {"a":1}`, "1@5 {}"}},
		"empty array":      {data(" [ ]\n", source.JSON), nil},
		"array by looks":   {data("[\n1]", ""), []string{"0@2 1"}},
		"json by lines":    {data("{\"a\":1}\n2", source.JSON), []string{`0@1 {"a":1}`, "1@2 2"}},
		"bad items": {data("[{\"a\":nope,\n\"b\":[1}\n,2,\n,\"x\ny\",\"\xff\",tru,3,]", source.JSON), []string{
			"0@1 bad 1:8 not a JSON value: invalid character 'o' in literal null (expecting 'u') [{\"a\":nope,]",
			"1@3 2",
			"2@4 bad 4:1 not a JSON value: there is none before the comma or the ] []",
			"3@4 bad 4:4 not a JSON value: invalid character '\\n' in string literal [\"x]",
			"4@5 bad 5:5 the byte 0xff is not valid UTF-8 [\"\"]",
			"5@5 bad 5:10 not a JSON value: invalid character ' ' in literal true (expecting 'e') [tru]",
			"6@5 3",
			"7@5 bad 5:14 not a JSON value: there is none before the comma or the ] []"}},
		"items too long": {long("[1,\""+strings.Repeat("x", 100)+"\n],\",{\"a\":["+strings.Repeat("1,\n", 100)+"1]},2\n,3]", source.JSON), []string{
			"0@1 1", "1@1 bad 1:0 the value is longer than 60 bytes, which is the most []",
			"2@2 bad 2:0 the value is longer than 60 bytes, which is the most []", "3@102 2", "4@103 3"}},
		// commands
		"commands":          {from("# c\ncurl http://a\n\ncurl \\\n  'http://b?x' -d 'p\nq'\ncurl http://c", source.Curl), []string{"0@2 http://a", "1@4 http://b?x", "2@7 http://c"}},
		"commands as lines": {from("curl http://a\n", ""), []string{"0@1 bad 1:1 not a URL, but a command; --in curl reads those [curl http://a]"}},
		"bad commands": {from("curl 'http://a\ncurl http://b\ncurl 'x y'\ncurl --nope http://c\nwget\nhttp://d\ncurl http://e \\\ncurl http://f\n\\\n\ncurl http://g\x00\ncurl http://h\xff\ncurl \\\n-d @x http://i\ncurl -d 'x\ncurl z' http://j", source.Curl), []string{
			"0@1 bad 1:0 it goes on into the next command, by a quote that is not closed or a backslash at the end []",
			"1@2 http://b",
			"2@3 bad 3:6 not a URL: it has the character ' ': \"http://x y\" []",
			"3@4 bad 4:6 the option --nope of curl is not known []",
			`4@5 bad 5:1 not a command of curl: it begins with "wget" []`,
			`5@6 bad 6:1 not a command of curl: it begins with "http://d" []`,
			"6@7 bad 7:0 it goes on into the next command, by a quote that is not closed or a backslash at the end []",
			"7@8 http://f",
			"8@9 bad 9:1 not a command of curl []",
			"9@11 bad 11:14 a NUL byte; the file is no text, or is damaged here []",
			"10@12 bad 12:14 the byte 0xff is not valid UTF-8 []",
			"11@13 bad 14:4 -d @x: it would open a file, which an input may not; write the content into the command (--data-raw for a text that begins with @) []",
			"12@15 http://j"}},
		"commands without an end": {long("curl 'a\nx\ncurl "+strings.Repeat("x", 80)+"\ncurl http://b \\", source.Curl), []string{
			"0@1 bad 1:6 a quote that is never closed []", `1@2 bad 2:1 not a command of curl: it begins with "x" []`,
			"2@3 bad 3:0 the line is longer than 60 bytes, which is the most []", "3@4 bad 4:0 a backslash at the end, and no line after it []"}},
		// requests
		"requests": {from("\ufeff@a = http://a\r\nGET {{a}}\r\n### two\r\n\r\nPOST {{a}}/b\r\n\r\nx\r\n###\r\n### \r\nhttp://c", source.HTTP), []string{
			"0@1 http://a", `1@3 {"name":"two"}`, "2@9 http://c"}},
		"bad requests": {from("GET\n###\nGET http://a\nGET http://b\n###\nGET {{x}}\n###\nGET http://a\x00\n### ok\nGET http://c\n### uri\nGET ftp://c\n###\nGET ftp://u:hush@c\n###\nGET http://d e", source.HTTP), []string{
			"0@1 bad 1:1 not a URL: it does not begin with http:// or https://: \"GET\" []",
			"1@2 bad 4:1 not a header, such as Name: value; an empty line stands before a body, and ### between requests []",
			`2@5 bad 6:5 there is no variable "x"; declare it above, by @x = value []`,
			"3@7 bad 8:13 a NUL byte; the file is no text, or is damaged here []",
			`4@9 {"name":"ok"}`,
			"5@11 bad 12:5 not a URL that can be fetched: it does not begin with http:// or https://: \"ftp://c\" []",
			"6@13 bad 14:5 not a URL that can be fetched: it does not begin with http:// or https:// []",
			"7@15 bad 16:13 not a URL: it has the character ' ' []"}},
		"requests too long": {long("GET http://a\n\n"+strings.Repeat("x\n", 60)+"### b\nGET http://b\n### "+strings.Repeat("y", 90)+"\nGET http://c\n###\nGET http://d", source.HTTP), []string{
			"0@1 bad 1:0 the request is longer than 60 bytes, which is the most []", `1@63 {"name":"b"}`,
			"2@65 bad 65:0 the request is longer than 60 bytes, which is the most []", "3@67 http://d"}},
	} {
		t.Run(name, func(t *testing.T) {
			rows, err := read(t, c.opts)
			if err != nil {
				t.Fatal(err)
			}
			if got := briefs(rows); !slices.Equal(got, c.want) && !(len(got) == 0 && len(c.want) == 0) {
				t.Errorf("rows:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

// Where an array is damaged, nothing after that is taken for rows, and nothing is left
// out in silence.
func TestDamagedArrays(t *testing.T) {
	for content, want := range map[string]string{
		"[1,\n2":             "stdin:2: a value that is never closed",
		"[1,\n":              "stdin:2: the array ends without a ]",
		"[\n":                "stdin:2: the array ends without a ]",
		"[1]\n[2]":           "stdin:2: there is more after the array; for an array on each line, say --in jsonl",
		"[1,{\"a\":2]":       "stdin:1: a value that is never closed",
		"[1,\n[\"x]\n":       "stdin:2: a value that is never closed",
		"[1,{\"a\":2},\n\n{": "stdin:3: a value that is never closed",
	} {
		rows, err := read(t, data(content, source.JSON))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %s", content, err, want)
		}
		for _, r := range rows {
			if fmt.Sprint(r.Value) != "1" && fmt.Sprint(r.Value) != "map[a:2]" {
				t.Errorf("%q: row %s", content, brief(r))
			}
		}
	}
}

// The suffix tells what is in a file, also where it is compressed.
func TestFormatOfSuffix(t *testing.T) {
	for name, want := range map[string]source.Format{
		"a.http": source.HTTP, "a.REST.gz": source.HTTP, "b.curl": source.Curl, "c.json.zst": source.JSON, "d.jsonl": source.JSONL, "e.ndjson": source.JSONL, "f.curl.txt": source.Lines,
	} {
		if got := source.FormatOf(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// slowly gives one byte for each turn, and makes its reader wait for the turns.
type slowly struct {
	text []byte
	turn chan struct{}
}

func (s *slowly) Read(p []byte) (int, error) {
	<-s.turn
	if len(s.text) == 0 {
		return 0, io.EOF
	}
	p[0] = s.text[0]
	s.text = s.text[1:]
	return 1, nil
}

// A wait that is given up after each byte of an array loses nothing of it.
func TestArrayGoesOnAfterAWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := &slowly{[]byte(`[ {"a":[1,"]"]} , 22,"` + strings.Repeat("x", 80) + `",3 ]`), make(chan struct{})}
		opts := long("", source.JSON)
		opts.Stdin = in
		s := open(t, opts)
		var got []string
		for ended := false; !ended; {
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				in.turn <- struct{}{}
				synctest.Wait() // until all that is there was looked at
				cancel()
			}()
			for {
				row, err := s.Next(ctx)
				if err == nil {
					got = append(got, brief(row))
					continue
				}
				if ended = err == io.EOF; !ended && ctx.Err() == nil {
					t.Fatal(err)
				}
				break
			}
			cancel()
		}
		want := []string{`0@1 {"a":[1,"]"]}`, "1@1 22", "2@1 bad 1:0 the value is longer than 60 bytes, which is the most []", "3@1 3"}
		if !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
	})
}

func FuzzArray(f *testing.F) {
	for _, s := range []string{"[1,{\"a\":\"]\"},[2]]", "[\n{\n\"a\":1\n}\n,\n2]", "[1,2", "[{\"a\":[1}]", "[1]2", "[,]", "[\"" + strings.Repeat("x", 300) + "\",1]", "{}\n[", "[\"\\", "[]]"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		checkRows(t, content, source.Options{Format: source.JSON, Data: true})
	})
}

func FuzzWritten(f *testing.F) {
	for _, s := range []string{
		"curl http://a\ncurl 'x\ncurl http://b", "curl \\\n\ncurl 'a\nb'\n", "@a=b\nGET http://{{a}}\n###\n@a=c\nhttp://{{a}}\n\nx", "###\n###", "curl " + strings.Repeat("x", 300) + "\ncurl http://b",
		"GET http://a\n\n" + strings.Repeat("y\n", 200) + "### z\nhttp://b",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		checkRows(t, content, source.Options{Format: source.Curl})
		checkRows(t, content, source.Options{Format: source.HTTP})
	})
}
