package request_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/internal/request"
	"github.com/inflight-go/inflight/internal/source"
)

// requestFile writes a file with a request and reads it; the error is that of Compile too.
func requestFile(t *testing.T, name, text string, s request.Spec) (*request.Plan, error) {
	t.Helper()
	base, _, _ := strings.Cut(name, "#")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, base), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	f, err := request.ReadFile(name)
	if err != nil {
		return nil, err
	}
	s.File = f
	return request.Compile(s)
}

var ann = map[string]any{"id": "1", "name": `a"nn`, "tags": []any{"x", "y"}}

func TestFileRequests(t *testing.T) {
	for _, c := range []struct {
		name, file, text string
		spec             request.Spec
		want             string
	}{
		{"all of YAML", "r.yaml", `
method: put
url: 'http://a/{{path .id}}'
headers: {X-Name: "{{.name}}", X-Two: [a, b]}
query: {n: 5, t: true}
cookies: {a: 1, b: "{{.id}}"}
data: |
  line {{.id}}
`, request.Spec{}, `curl -X PUT 'http://a/1?n=5&t=true' -H 'Content-Type: application/x-www-form-urlencoded' -H 'Cookie: REDACTED' -H 'X-Name: a"nn' -H 'X-Two: a' -H 'X-Two: b' --data-raw 'line 1
'`},
		{"lists", "r.yml", "url: http://a\nheaders: ['X: {{.id}}', 'Y:z']\nquery: ['a={{.id}}', a=2]\nform: ['b=c d', 'e=']\n", request.Spec{},
			"curl -X POST 'http://a?a=1&a=2' -H 'Content-Type: application/x-www-form-urlencoded' -H 'X: 1' -H 'Y: z' --data-raw 'b=c+d&e='"},
		{"JSON as YAML", "r", "url: http://a\njson:\n  m: x\n  n: [1, 2.50, -3, true, null, 0x10]\n  t: \"{{.name}} <&>\"\n  r: '{{json .tags}}'\n  p: '{{.tags | json}}'\n  q: '{{json .id}} {{.id}}'\n", request.Spec{},
			`curl -X POST http://a -H 'Content-Type: application/json' --data-raw '{"m":"x","n":[1,2.5,-3,true,null,16],"t":"a\"nn <&>","r":["x","y"],"p":["x","y"],"q":"\"1\" 1"}'`},
		{"JSON as text", "r", "url: http://a\njson: '{\"a\": {{json .name}}}'", request.Spec{}, `curl -X POST http://a -H 'Content-Type: application/json' --data-raw '{"a": "a\"nn"}'`},
		{"flags go before", "r", "url: http://a\nmethod: PUT\nheaders: {X: 1, Y: 2}\nquery: {a: 1, b: 2}\njson: {a: 1}", request.Spec{Method: "PATCH", URL: "http://b", Headers: []string{"x: 3"}, Query: []string{"b=3"}, Data: "z"},
			"curl -X PATCH 'http://b?a=1&b=3' -H 'Content-Type: application/x-www-form-urlencoded' -H 'X: 3' -H 'Y: 2' --data-raw z"},
		{"the row's URL goes before", "r", "url: http://a\nheaders: {X: 1}", request.Spec{RowURL: true}, "curl http://row -H 'X: 1'"},
		{"all of .http", "r.http", "@base = http://a\r\n@key=k\r\n### one\r\nPOST {{base}}/{{path .id}}?n={{id}} HTTP/1.1\r\nX-Key: {{ key }}{{name}}\r\n\r\n{\"n\": {{json .name}}}\r\n", request.Spec{},
			`curl -X POST 'http://a/1?n=1' -H 'Content-Type: application/json' -H 'X-Key: ka"nn' --data-raw '{"n": "a\"nn"}'`},
		{"one of several", "r.http#b", "### a\nGET http://a\n### b\nGET http://b/{{id}}\n### c\nGET http://c\n", request.Spec{}, "curl http://b/1"},
		{"names that are functions too", "r.http", "@index = 5\n@upper = u\nGET http://a/{{index}}/{{upper}}/{{name | query}}/{{id | upper}}/{{if true}}x{{else}}y{{end}}", request.Spec{}, "curl http://a/5/u/a%22nn/1/x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			plan, err := requestFile(t, c.file, c.text, c.spec)
			if err != nil {
				t.Fatal(err)
			}
			req, err := plan.Build(source.Row{Value: ann, URL: "http://row"})
			if err != nil {
				t.Fatal(err)
			}
			if got := request.Curl(req); got != c.want {
				t.Errorf("%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// What is wrong in a file is told with its line and column there, and a caret under it.
func TestFileErrors(t *testing.T) {
	for _, c := range []struct{ file, text, want string }{
		{"r.yaml", "url: 'http://a/{{pth .id}}'", "r.yaml:1:18: URL: there is no function \"pth\"; is it \"path\"?\n  url: 'http://a/{{pth .id}}'\n                   ^"},
		{"r.yaml", "url: http://a\ndata: |\n  é\n   {{.a}} {{end}}\n", "r.yaml:4:11: data: unexpected {{end}}\n     {{.a}} {{end}}\n            ^"},
		{"r.yaml", "url: http://a\nheaders:\n  X: \"a\\tb {{nope}}\"", "r.yaml:3:7: header \"X\": there is no function \"nope\"; a field is .nope"},
		{"r.yaml", "url: ftp://a", "r.yaml:1:6: URL: not a URL"},
		{"r.yaml", "heders: {}", `r.yaml:1:1: there is no key "heders"; is it "headers"?`},
		{"r.yaml", "url: {a: 1}", "r.yaml:1:6: want a text or a number"},
		{"r.yaml", "url: http://a\nquery: 5", "r.yaml:2:8: this is a mapping"},
		{"r.yaml", "url: http://a\nquery: [a]", "r.yaml:2:9: want name=value"},
		{"r.yaml", "headers: {'a b': 1}", "the name of a header is \"a b\""},
		{"r.yaml", "method: a b", "r.yaml:1:9: method: want a word"},
		{"r.yaml", "auth: {pass: x}", "r.yaml:1:8: there is no key \"pass\""},
		{"r.yaml", "json: {a: &x 1, b: *x}", "r.yaml:1:11: this can't be JSON"},
		{"r.yaml", "json: {a: .inf}", "r.yaml:1:11: this can't be JSON"},
		{"r.yaml", "url: {{.x}}", "a text that begins with {{ has to stand between quotes"},
		{"r.yaml", "a: 1\na: 2", "r.yaml:2:1: mapping key \"a\" already defined"},
		{"r.yaml", "- a", "r.yaml:1:1: a request is a mapping"},
		{"r.yaml", "", "there are 0 documents"},
		{"r.yaml", "a: 1\n---\nb: 1", "there are 2 documents"},
		{"r.yaml", "a: " + strings.Repeat("[", 2000), "more than 1000 levels"},
		{"r.yaml", "url: \x00", "no text"},
		{"r.yaml", "bearer: [hush", "r.yaml:1:9: sequence end token ']' not found\n  bearer:******"},
		{"r.yaml", "url: http://a\ndata: x\njson: {}", "one of data, JSON, form and multipart"},
		{"r.yaml#x", "url: http://a", "only .http files"},
		{"r.http", "@a = b\n\n### x\nGET http://a/{{a}}\nX: {{.a | foo}}", "r.http:5:11: header \"X\": there is no function \"foo\""},
		{"r.http", "POST http://a\n\n{\n  {{if .a}}\n}", "r.http:5:2: data: the template ends before its {{end}}"},
		{"r.http", "### x\nGET http://a\nGET http://b", "r.http:3:1: not a header"},
		{"r.http", "###\nGET http://a\n###\nGET http://b", "there are 2 requests: say which by r.http#NAME, or send all of them by -i r.http"},
		{"r.http#x", "### y\nGET http://a", `there is no request "x"; there are: y`},
		{"r.http", "# nothing", "there is no request in it"},
		{"r.http", "@a-b = 1\nGET http://a", "r.http:1:2: the name of a variable"},
	} {
		_, err := requestFile(t, c.file, c.text, request.Spec{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v\nwant %s", c.text[:min(len(c.text), 60)], err, c.want)
		}
	}
	for _, name := range []string{".", "missing.yaml"} {
		if _, err := request.ReadFile(name); err == nil {
			t.Errorf("%s could be read", name)
		}
	}
}

// So is what goes wrong with a row.
func TestFileRowErrors(t *testing.T) {
	for _, c := range []struct{ file, text, want string }{
		{"r.yaml", "url: http://a\ndata: |\n  x\n    {{.id}} {{.nme}}\n", "r.yaml:4:15: data: no field \"nme\"; is it \"name\"?"},
		{"r.yaml", "url: http://a\njson: {a: {b: '{{.tags}}'}}\n", "r.yaml:2:18: JSON: an array of 2 is no text; {{json .tags}}"},
		{"r.http", "GET http://a\nX: {{id}}{{nme}}", "r.http:2:12: header \"X\": no field \"nme\""},
		{"r.yaml", "url: http://a\njson: '{{.id}} {{.id}}'\n", "JSON: what the template makes is no JSON"},
	} {
		plan, err := requestFile(t, c.file, c.text, request.Spec{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = plan.Build(source.Row{Value: ann})
		if fault, ok := errors.AsType[*request.RowError](err); !ok || !strings.Contains(fault.Error(), c.want) {
			t.Errorf("%q: %v\nwant %s", c.text, err, c.want)
		}
	}
}

// A file says who one is, and has a digest that changes with what it says.
func TestFileAuth(t *testing.T) {
	t.Chdir(t.TempDir())
	digests := make(map[string]bool)
	for text, want := range map[string]string{
		"auth: {user: me, password: pw}": "me:pw  ", "user: a:b\nuser-agent: x": "a:b  x", "bearer: env:X": " env:X ", "auth: {bearer: t}": " t ",
	} {
		os.WriteFile("r.yaml", []byte("\ufeff"+text), 0o600)
		f, err := request.ReadFile("r.yaml")
		if err != nil || f.User+" "+f.Bearer+" "+f.UserAgent != want {
			t.Errorf("%q: %+v %v", text, f, err)
		}
		digests[f.Digest] = true
	}
	if len(digests) != 4 {
		t.Errorf("digests %v", digests)
	}
}

// A plan tells its URL if that is the same for each row, variables of a file put in.
func TestPlanURL(t *testing.T) {
	for text, want := range map[string]string{"@b=http://a\nGET {{b}}/x{{b}}": "http://a/xhttp://a", "GET http://a/{{id}}": "", "GET http://a{{\"x\" | upper}}": "", "GET http://b": "http://b"} {
		plan, err := requestFile(t, "r.http", text, request.Spec{})
		if err != nil {
			t.Fatal(err)
		}
		if url, same := plan.URL(); url != want || same != (want != "") || !plan.HasURL() {
			t.Errorf("%q: %q %v", text, url, same)
		}
	}
}

// A row that is a whole request is sent as it is; flags go before.
func TestWrittenRow(t *testing.T) {
	for text, c := range map[string]struct {
		spec request.Spec
		want string
	}{
		"curl http://a":                            {request.Spec{}, "curl http://a"},
		"curl http://a -d x":                       {request.Spec{}, "curl -X POST http://a -H 'Content-Type: application/x-www-form-urlencoded' --data-raw x"},
		"curl -X PUT http://a -d x -H 'X: 1'":      {request.Spec{Method: "POST", Headers: []string{"x: 2", "Y: 3"}, Query: []string{"q=1"}}, "curl -X POST 'http://a?q=1' -H 'Content-Type: application/x-www-form-urlencoded' -H 'X: 2' -H 'Y: 3' --data-raw x"},
		"curl http://a?x -d 'y'":                   {request.Spec{JSON: "{}", URL: "http://b/{{.method}}"}, "curl -X POST http://b/POST -H 'Content-Type: application/json' --data-raw '{}'"},
		"curl http://a -d '{\"k\":{\"v\":\"w\"}}'": {request.Spec{Key: ".body.k.v"}, "w curl -X POST http://a -H 'Content-Type: application/x-www-form-urlencoded' --data-raw '{\"k\":{\"v\":\"w\"}}'"},
		"curl -I http://a -b x=1 -H 'Cookie: y=2'": {request.Spec{}, "curl --head http://a -H 'Cookie: REDACTED'"},
	} {
		plan, err := request.Compile(c.spec)
		if err != nil {
			t.Fatal(err)
		}
		row := curlRow(t, text)
		before := row.Request.Header
		req, err := plan.Build(row)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimLeft(req.Key+" "+request.Curl(req), " "); got != c.want {
			t.Errorf("%s:\n%s, want\n%s", text, got, c.want)
		}
		if len(row.Request.Header) != len(before) {
			t.Errorf("%s: the row was changed", text)
		}
	}
}

// curlRow reads one command.
func curlRow(t *testing.T, text string) source.Row {
	t.Helper()
	s, err := source.Open(source.Options{Files: []string{"-"}, Stdin: strings.NewReader(text), Format: source.Curl})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	row, err := s.Next(t.Context())
	if err != nil || row.Err != nil {
		t.Fatalf("%s: %v %v", text, err, row.Err)
	}
	return row
}

// What a dry run prints can be read again, and makes the same request.
func TestCurlRoundTrip(t *testing.T) {
	plan, err := request.Compile(request.Spec{})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"curl a", "curl -X PUT 'http://a/?q=1&r=it%20s' -H 'X: it'\\''s \"q\"' -d 'x\ny$z`w`\\'", "curl -g 'http://[::1]/{x}[1]'", "curl -I a", "curl a -G -d x=1",
		"curl a --data-urlencode 'q=é&' -H 'Content-Type:'", "curl a -X GET --json '{\"a\":\"\\u00e9\"}'", "curl a -F x=1 -F 'y=z\"'", "curl a -d ''", "curl a -H 'X;' -H 'Y: 1' -H 'y: 2'",
	} {
		first, err := plan.Build(curlRow(t, text))
		if err != nil {
			t.Fatal(err)
		}
		written := request.Curl(first)
		second, err := plan.Build(curlRow(t, written))
		if err != nil {
			t.Fatal(err)
		}
		if again := request.Curl(second); again != written || string(second.Body) != string(first.Body) || second.URL != first.URL || second.Method != first.Method {
			t.Errorf("%s makes\n%s, and that\n%s", text, written, again)
		}
	}
}

// FuzzYAML: a file is a request, or a fault with a place.
func FuzzYAML(f *testing.F) {
	for _, s := range []string{
		"url: http://a\njson: {a: [1, '{{json .x}}']}", "headers:\n- 'a: b'\n", "data: |\n  {{.x}}\n", "a: &x\n- *x", "? a\n: b", "url: \"\\u00e9{{x\"", "json: >-\n x\n\n y",
		"query: {a: [1, 2]}\ncookies: x\nauth: {user: y}", "a: !!binary x", "---\n...\n", "json: [", "multipart: {a: '@x{{.y}}'}",
	} {
		f.Add(s)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		name := filepath.Join(dir, "r.yaml")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := request.ReadFile(name)
		if err == nil {
			var plan *request.Plan
			if plan, err = request.Compile(request.Spec{File: file}); err == nil {
				_, _ = plan.Build(source.Row{Value: ann, URL: "http://a"})
			}
		}
		if fault, ok := errors.AsType[*request.SyntaxError](err); ok && (fault.Line < 1 || fault.Column < 1 || fault.Reason == "") {
			t.Errorf("%q: %#v", text, fault)
		}
	})
}
