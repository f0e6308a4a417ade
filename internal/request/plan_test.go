package request_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/inflight-go/inflight/internal/request"
	"github.com/inflight-go/inflight/internal/source"
)

// row is a row of JSON data.
func row(t testing.TB, text string) source.Row {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return source.Row{Index: 7, File: "in.jsonl", Line: 3, Value: v, Raw: json.RawMessage(text)}
}

func compile(t testing.TB, s request.Spec) *request.Plan {
	t.Helper()
	p, err := request.Compile(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func build(t testing.TB, s request.Spec, r source.Row) request.Request {
	t.Helper()
	req, err := compile(t, s).Build(r)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

const user = `{"id":12345678901234567890,"name":"Ada L/é?&","price":1.10,"tags":["a","b"],"none":null,"in":{"x":"y <z>"},"ok":true,"big":1e21,"empty":"","up":".."}`

func TestTemplates(t *testing.T) {
	for tmpl, want := range map[string]string{
		"http://a/{{.id}}":                                                             "http://a/12345678901234567890",
		"http://a/{{.price}}/{{.big}}/{{.ok}}":                                         "http://a/1.10/1e21/true",
		"http://a/{{path .name}}":                                                      "http://a/Ada%20L%2F%C3%A9%3F&",
		"http://a/?q={{query .name}}":                                                  "http://a/?q=Ada+L%2F%C3%A9%3F%26",
		"http://a/{{.name | path | upper}}":                                            "http://a/ADA%20L%2F%C3%A9%3F&",
		"http://a/{{lower .in.x | trim | path}}":                                       "http://a/y%20%3Cz%3E",
		"http://a/{{b64 .id}}":                                                         "http://a/MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=",
		"http://a/{{sha256 .ok}}":                                                      "http://a/b5bea41b6c623f7c09f1bf24dcae58ebab3c0cdd90ad966bc43a45b44867e12b",
		"http://a/{{join \"+\" .tags}}":                                                "http://a/a+b",
		"http://a/{{replace \"a\" \"b\" .ok}}{{replace \"tr\" \"x\" .ok}}":             "http://a/truexue",
		"http://a/{{default \"d\" .missing}}":                                          "http://a/d",
		"http://a/{{.missing | default \"d\"}}":                                        "http://a/d",
		"http://a/{{.missing.more | default \"d\" | upper}}":                           "http://a/D",
		"http://a/{{default .id .none}}":                                               "http://a/12345678901234567890",
		"http://a/{{default \"d\" .ok}}":                                               "http://a/true",
		"http://a/{{if .none}}x{{else}}y{{end}}":                                       "http://a/y",
		"http://a/{{range .tags}}{{.}}-{{end}}":                                        "http://a/a-b-",
		"http://a/{{range $i, $t := .tags}}{{$i}}{{$t}}{{end}}":                        "http://a/0a1b",
		"http://a/{{with .in}}{{path .x}}{{end}}":                                      "http://a/y%20%3Cz%3E",
		"http://a/{{if gt (int .price2) 5}}x{{end}}{{.index}}":                         "",
		"http://a/{{.index}}":                                                          "http://a/7",
		"http://a/{{env \"HOME_PAGE\"}}":                                               "http://a/home",
		"{{if .ok}}https{{end}}://a/":                                                  "https://a/",
		"http://{{path .tags0}}":                                                       "",
		"http://a/{{$x := .id}}{{$x}}":                                                 "http://a/12345678901234567890",
		"http://a/{{/* nothing */}}{{define \"d\"}}{{.}}{{end}}{{template \"d\" .id}}": "http://a/12345678901234567890",
	} {
		p, err := request.Compile(request.Spec{URL: tmpl, Env: func(name string) (string, bool) { return "home", name == "HOME_PAGE" }})
		if err != nil {
			t.Errorf("%s: %v", tmpl, err)
			continue
		}
		req, err := p.Build(row(t, user))
		if want == "" {
			if err == nil {
				t.Errorf("%s: %q, want an error", tmpl, req.URL)
			}
			continue
		}
		if err != nil || req.URL != want {
			t.Errorf("%s: %q, %v; want %q", tmpl, req.URL, err, want)
		}
	}
}

// Numbers that an expression has computed are written as in the JSON that it makes.
func TestComputedNumbers(t *testing.T) {
	for expr, want := range map[string]string{
		"1763799999.25 * 1000000":        "1763799999250000",
		"0.5":                            "0.5",
		"1e3 + 0.5":                      "1000.5",
		"-1.5e15 * 2":                    "-3000000000000000",
		"9007199254740993 * 10000000000": "90071992547409930000000000",
		"nan":                            "",
	} {
		e, err := request.CompileExpr(expr)
		if err != nil {
			t.Fatal(err)
		}
		v, err := e.Eval(nil)
		if err != nil {
			t.Fatal(err)
		}
		req, err := compile(t, request.Spec{URL: "http://a/{{.v}}"}).Build(source.Row{Value: map[string]any{"v": v}})
		if (err == nil) != (want != "") || err == nil && req.URL != "http://a/"+want {
			t.Errorf("%s: %q, %v", expr, req.URL, err)
		}
	}
}

func TestRowErrors(t *testing.T) {
	for tmpl, want := range map[string]string{
		"http://a/{{.nmae}}":                     `URL, column 12: no field "nmae"; is it "name"?; there are: big, empty, id, in, name, none, ok, price, tags, up`,
		"http://a/é{{path .in.xx}}":              `no field "xx"; there are: x`,
		"http://a/{{.none.x}}":                   `null has no field "x"`,
		"http://a/{{.name.x}}":                   `URL, column 17: a string has no field "x"; {{.}} is all of it`,
		"http://a/{{.id.x}}":                     `a number has no field "x"`,
		"http://a/{{.none}}":                     `URL, column 12: null is no text; {{default "" .none}} or {{json .none}}`,
		"http://a/{{path .in}}":                  `an object is no text; {{json .in}}; there are: x`,
		"http://a/{{.tags}}":                     `an array of 2 is no text; {{json .tags}} or {{join "," .tags}}`,
		"http://a/{{range .tags}}{{.x}}{{end}}":  `what should have the field "x" has no fields`,
		"http://a/{{.key}}":                      `no field "key", and no --key that says what the key is`,
		"http://a/{{join \",\" .id}}":            "join wants an array",
		"http://a/{{path .none}}/x":              "URL, column 12: null is no part of a path; where there may be none: {{with .none}}{{path .}}{{end}}",
		"http://a/{{path .empty}}/x":             "URL, column 12: an empty text is no part of a path; where there may be none: {{with .empty}}{{path .}}{{end}}",
		"http://a/{{path .up}}":                  `URL, column 12: ".." is no part of a path`,
		`http://a/{{path "."}}`:                  `"." is no part of a path`,
		"http://a/{{int .name}}":                 `"Ada L/é?&" is no whole number`,
		"http://a/{{env \"X\"}}":                 "the environment is not for templates here",
		"http://a/{{default \"x\" .name.first}}": `a string has no fields, so there is no "first"`,
		"http://a/{{.name}}":                     `URL: not a URL: it has the character ' ' at character 13 of "http://a/Ada L/é?&"`,
		"{{.ok}}":                                "does not begin with http://",
		"http://{{.none | default \"\"}}/":       "there is no host",
		"http://a/{{index .tags 5}}":             "index out of range",
		"http://a/\n{{.q}}":                      "URL, line 2, column 3: no field \"q\"",
	} {
		p, err := request.Compile(request.Spec{URL: tmpl})
		if strings.Contains(tmpl, "\n") {
			p, err = request.Compile(request.Spec{URL: "http://a", Data: tmpl})
			want = strings.Replace(want, "URL", "data", 1)
		}
		if err != nil {
			t.Errorf("%s: %v", tmpl, err)
			continue
		}
		_, err = p.Build(row(t, user))
		if _, ok := errors.AsType[*request.RowError](err); !ok || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v; want %s", tmpl, err, want)
		}
	}
}

func TestTextsAreBounded(t *testing.T) {
	r := source.Row{Value: map[string]any{"s": strings.Repeat("x", 40<<20)}}
	p := compile(t, request.Spec{URL: "http://a", Data: "{{.s}}{{.s}}"})
	if _, err := p.Build(r); err == nil || !strings.Contains(err.Error(), "data: the text is larger than 64 MiB") {
		t.Errorf("error %v", err)
	}
}

func TestSyntaxErrors(t *testing.T) {
	for tmpl, want := range map[string]string{
		"http://a/{{.id":          "URL: unclosed action\n  http://a/{{.id\n           ^",
		"http://a/{{pth .id}}":    "URL: there is no function \"pth\"; is it \"path\"?\n  http://a/{{pth .id}}\n             ^",
		"http://a/{{id}}":         "URL: there is no function \"id\"; a field is .id\n  http://a/{{id}}\n             ^",
		"http://id/{{.x}}{{id}}":  "URL: there is no function \"id\"; a field is .id\n  http://id/{{.x}}{{id}}\n                    ^",
		"http://a/{{if .x}}":      "URL: the template ends before its {{end}}\n  http://a/{{if .x}}\n                    ^",
		"http://é/{{.a}} {{end}}": "URL: unexpected {{end}}\n  http://é/{{.a}} {{end}}\n                  ^",
		"http://a/{{$x}}":         "URL: undefined variable \"$x\"\n  http://a/{{$x}}\n             ^",
		"http://a/{{.a ! .b}}":    "URL: unexpected \"!\"",
		"a.example/{{.id}}":       "",
		"ftp://a/{{.id}}":         "URL: not a URL that can be fetched",
		"http:///{{.id}}":         "URL: not a URL: there is no host\n  http:///{{.id}}\n         ^",
		"http://a b/{{.id}}":      "URL: not a URL: it has the character ' '\n  http://a b/{{.id}}\n          ^",
		"a.example":               "URL: not a URL: it does not begin with http:// or https://\n  a.example\n  ^",
	} {
		_, err := request.Compile(request.Spec{URL: tmpl})
		if want == "" {
			if err != nil {
				t.Errorf("%s: %v", tmpl, err)
			}
			continue
		}
		if _, ok := errors.AsType[*request.SyntaxError](err); !ok || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s:\n%v\nwant\n%s", tmpl, err, want)
		}
	}
	_, err := request.Compile(request.Spec{Data: "{\n  \"a\": {{jsn .a}}\n}"})
	if want := "data, line 2: there is no function \"jsn\"; is it \"json\"?\n    \"a\": {{jsn .a}}\n           ^"; err == nil || err.Error() != want {
		t.Errorf("%v\nwant\n%s", err, want)
	}
	_, err = request.Compile(request.Spec{Key: ".id | lenght"})
	if want := "key: there is no function lenght; is it length?\n  .id | lenght\n        ^"; err == nil || err.Error() != want {
		t.Errorf("%v\nwant\n%s", err, want)
	}
}

func TestInvalidSpecs(t *testing.T) {
	for want, s := range map[string]request.Spec{
		`the method "a b"`:                          {Method: "a b"},
		`--header, the 1st one: want 'Name: value'`: {Headers: []string{"X"}},
		`--header, the 2nd one: want 'Name: value'`: {Headers: []string{"A: b", "X Y: z"}},
		`--query, the 1st one: want name=value`:     {Query: []string{"x"}},
		`--form, the 1st one: want name=value`:      {Form: []string{"=x"}},
		`there are data and JSON`:                   {Data: "a", JSON: "{}"},
		`what the template makes is no JSON`:        {JSON: "{a}"},
		`it has the character '\n'`:                 {Headers: []string{"X: a\nb"}},
		`it has the character '\x7f'`:               {Headers: []string{"X: a\x7f"}},
	} {
		if _, err := request.Compile(s); !errors.Is(err, request.ErrSpec) || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", s, err, want)
		}
	}
}

func TestMethodAndBodies(t *testing.T) {
	for name, c := range map[string]struct {
		spec              request.Spec
		method, body, typ string
	}{
		"nothing":                         {request.Spec{}, "GET", "", ""},
		"method":                          {request.Spec{Method: "delete"}, "DELETE", "", ""},
		"data":                            {request.Spec{Data: "a={{query .name}}"}, "POST", "a=Ada+L%2F%C3%A9%3F%26", "application/x-www-form-urlencoded"},
		"data that is JSON":               {request.Spec{Data: ` {"x":{{json .in}}}`, Method: "PUT"}, "PUT", ` {"x":{"x":"y <z>"}}`, "application/json"},
		"data that begins with an action": {request.Spec{Data: "{{.id}}"}, "POST", "12345678901234567890", "application/x-www-form-urlencoded"},
		"type of one's own":               {request.Spec{Data: "{}", Headers: []string{"content-type: text/x"}}, "POST", "{}", "text/x"},
		"JSON":                            {request.Spec{JSON: `[{{json .tags}},{{.id}}]`}, "POST", `[["a","b"],12345678901234567890]`, "application/json"},
		"form":                            {request.Spec{Form: []string{"a b={{.name}}", "c=d=e"}}, "POST", "a+b=Ada+L%2F%C3%A9%3F%26&c=d%3De", "application/x-www-form-urlencoded"},
	} {
		c.spec.URL = "http://a/"
		req := build(t, c.spec, row(t, user))
		if req.Method != c.method || string(req.Body) != c.body || req.Header.Get("Content-Type") != c.typ {
			t.Errorf("%s: %s %q %v", name, req.Method, req.Body, req.Header)
		}
	}
	_, err := compile(t, request.Spec{URL: "http://a/", JSON: `{"a":"{{.q}}"}`}).Build(row(t, `{"q":"say \"x\""}`))
	if err == nil || !strings.Contains(err.Error(), `no JSON: invalid character 'x' after object key:value pair, at character 12`) {
		t.Errorf("error %v", err)
	}
}

func TestHeadersAndQuery(t *testing.T) {
	s := request.Spec{
		URL: "http://a/p?x=1#f", Query: []string{"q={{.name}}", "é=1"},
		Headers: []string{"x-id: {{.id}}", "Cookie: a=1", "Cookie: b=2", "X-Two: 1", "X-Two: 2", "Host: b.example", "X-Tab: a\tb"},
	}
	req := build(t, s, row(t, user))
	if req.URL != "http://a/p?x=1&q=Ada+L%2F%C3%A9%3F%26&%C3%A9=1#f" {
		t.Errorf("URL %s", req.URL)
	}
	if got := fmt.Sprint(req.Header); got != "map[Cookie:[a=1; b=2] Host:[b.example] X-Id:[12345678901234567890] X-Tab:[a\tb] X-Two:[1 2]]" {
		t.Errorf("header %s", got)
	}
	_, err := compile(t, request.Spec{URL: "http://a", Headers: []string{"X: {{.v}}"}}).Build(row(t, `{"v":"secret\r\nY: z"}`))
	if err == nil || !strings.Contains(err.Error(), `header "X": it has the character '\r'`) || strings.Contains(err.Error(), "secret") {
		t.Errorf("error %v", err)
	}
}

func TestKeys(t *testing.T) {
	s := request.Spec{URL: "http://a/{{.key}}", Key: ".id", IdempotencyKey: "{{.key}}-{{.index}}"}
	req := build(t, s, row(t, user))
	if req.Key != "12345678901234567890" || req.IdempotencyKey != req.Key+"-7" || !strings.HasSuffix(req.URL, req.Key) {
		t.Errorf("%+v", req)
	}
	if req := build(t, request.Spec{URL: "http://a/{{.key}}", Key: ".id"}, row(t, `{"id":1,"key":"own"}`)); req.URL != "http://a/own" {
		t.Errorf("the row's own key is not used: %s", req.URL)
	}
	for key, want := range map[string]string{
		".in": `the expression .in gives {`, ".nope": "there are: big, empty, id", ".tags[]": "has 2 results", `error("x")`: "x", "empty": "gives null",
	} {
		p := compile(t, request.Spec{URL: "http://a", Key: key})
		_, err := p.Key(row(t, user))
		if _, ok := errors.AsType[*request.RowError](err); !ok || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", key, err, want)
		}
		if _, err2 := p.Build(row(t, user)); err2 == nil || err2.Error() != err.Error() {
			t.Errorf("%s: Build says %v", key, err2)
		}
	}
}

func TestLinesAndURLs(t *testing.T) {
	line := source.Row{Index: 1, Value: "a b"}
	if req := build(t, request.Spec{URL: "http://a/{{path .}}"}, line); req.URL != "http://a/a%20b" {
		t.Errorf("URL %s", req.URL)
	}
	_, err := compile(t, request.Spec{URL: "http://a/{{path .id}}"}).Build(line)
	if err == nil || !strings.Contains(err.Error(), `a string has no field "id"; {{.}} is all of it`) {
		t.Errorf("error %v", err)
	}
	if _, err := compile(t, request.Spec{}).Build(line); err == nil || !strings.Contains(err.Error(), "the row has no URL") {
		t.Errorf("error %v", err)
	}
	bad := &source.RowError{Reason: "bad"}
	if _, err := compile(t, request.Spec{}).Build(source.Row{Err: bad}); err != error(bad) {
		t.Errorf("error %v", err)
	}
}

func TestMultipart(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.txt"), []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := compile(t, request.Spec{URL: "http://a", Multipart: []string{"name={{.name}}", "file=@" + dir + "/{{.file}}"}})
	req, err := p.Build(row(t, `{"name":"x","file":"a.txt"}`))
	if err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(req.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	r := multipart.NewReader(bytes.NewReader(req.Body), params["boundary"])
	for _, want := range []string{"name  x", "file a.txt content"} {
		part, err := r.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		data, _ := io.ReadAll(part)
		if got := part.FormName() + " " + part.FileName() + " " + string(data); got != want {
			t.Errorf("part %q, want %q", got, want)
		}
	}
	again, err := p.Build(row(t, `{"name":"x","file":"a.txt"}`))
	if err != nil || !bytes.Equal(again.Body, req.Body) {
		t.Errorf("the same row makes another body: %v", err)
	}
	for file, want := range map[string]string{"../x": "leads out of", "/etc/passwd": "leads out of", "nope": "no such file", ".": "not a regular file"} {
		_, err := p.Build(row(t, fmt.Sprintf(`{"name":"x","file":%q}`, file)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", file, err, want)
		}
	}
}

func TestStaticPartsAreShared(t *testing.T) {
	p := compile(t, request.Spec{Headers: []string{"X: 1"}, Data: "x"})
	r := source.Row{URL: "http://a", Value: "http://a"}
	a, err := p.Build(r)
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = p.Build(r) }); n != 0 {
		t.Errorf("%v allocations for a row that is a URL", n)
	}
	if a.Header.Get("X") != "1" || string(a.Body) != "x" || a.Method != http.MethodPost {
		t.Errorf("%+v", a)
	}
}

func TestPlansMayBeUsedAtOnce(t *testing.T) {
	p := compile(t, request.Spec{URL: "http://a/{{path .id}}", Key: ".id | tostring", JSON: "{{json .}}"})
	var wg sync.WaitGroup
	for i := range 8 {
		r := row(t, fmt.Sprintf(`{"id":"u%d"}`, i))
		wg.Go(func() {
			for range 200 {
				if req, err := p.Build(r); err != nil || req.Key != fmt.Sprintf("u%d", i) || !strings.HasSuffix(req.URL, req.Key) {
					t.Errorf("%+v, %v", req, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkBuild(b *testing.B) {
	b.Run("URL", func(b *testing.B) {
		p := compile(b, request.Spec{Headers: []string{"X: 1"}})
		r := source.Row{URL: "http://a", Value: "http://a"}
		b.ReportAllocs()
		for b.Loop() {
			_, _ = p.Build(r)
		}
	})
	b.Run("template", func(b *testing.B) {
		p := compile(b, request.Spec{URL: "http://a/{{path .id}}", Key: ".id"})
		r := row(b, `{"id":"u1"}`)
		b.ReportAllocs()
		for b.Loop() {
			_, _ = p.Build(r)
		}
	})
}

// A template that goes round for ever is ended, and so is one that makes more and more
// of itself.
func TestTemplatesEnd(t *testing.T) {
	double := `{{define "a0"}}{{end}}`
	for i := range 40 {
		double += fmt.Sprintf(`{{define "a%d"}}{{template "a%d"}}{{template "a%d"}}{{end}}`, i+1, i, i)
	}
	for _, text := range []string{
		`http://a/{{range $i, $x := 1000000000000}}{{range 5}}{{end}}{{end}}`, double + `http://a/{{template "a40"}}`,
		`{{define "x"}}{{template "x"}}{{end}}http://a/{{template "x"}}`,
	} {
		plan, err := request.Compile(request.Spec{URL: text})
		if err != nil {
			t.Fatal(err)
		}
		_, err = plan.Build(source.Row{Value: map[string]any{}})
		if _, ok := errors.AsType[*request.RowError](err); !ok {
			t.Errorf("%.60s: %v", text, err)
		}
	}
}
