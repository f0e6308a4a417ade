package draft_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/internal/draft"
)

func TestHTTP(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "none",
		"###\n# x\n// y\n\n@a=1": "none",
		"http://a":               " http://a",
		"### the name\n\nGET http://a HTTP/1.1\r\nA: b\r\n\r\n":                           "(the name) GET http://a [A: b]",
		"# @name n\n  PUT   http://a\nA:b:c\n# no\n// no\nD:":                             "(n) PUT http://a [A: b:c] [D: ]",
		"POST http://a\n\n{\"x\":1}\n\n\n":                                                `POST http://a [Content-Type: application/json] "{\"x\":1}"`,
		"POST http://a\n\n\nx\r\n y\r\n":                                                  `POST http://a [Content-Type: application/x-www-form-urlencoded] "x\n y"`,
		"POST http://a\nContent-type: t\nContent-Length: 9\n\nx":                          `POST http://a [Content-type: t] "x"`,
		"POST http://a\nContent-Type: application/x-www-form-urlencoded\n\na=1&\n b=2":    `POST http://a [Content-Type: application/x-www-form-urlencoded] "a=1&b=2"`,
		"POST http://a\nContent-Type: multipart/x; boundary=y\n\n--y\n\nz\n--y--":         `POST http://a [Content-Type: multipart/x; boundary=y] "--y\r\n\r\nz\r\n--y--\r\n"`,
		"GET http://a\n  ?b=1\n  // no\n\t&c=2 HTTP/2\nA: b":                              "GET http://a?b=1&c=2 [A: b]",
		"@h = a.b\n@u=http://{{h}}\nGET {{u}}/{{ h }}\nX: {{h}}\n\n{{h}} {{ {\"x\":{{1}}": `GET http://a.b/a.b [X: a.b] [Content-Type: application/x-www-form-urlencoded] "a.b {{ {\"x\":{{1}}"`,
		"GET http://a\nAuthorization: Basic me:pw":                                        "GET http://a [Authorization: Basic bWU6cHc=]",
		"GET http://a\n\nx\n> {%\n test()\n%}\n":                                          `GET http://a [Content-Type: application/x-www-form-urlencoded] "x" ignored > {%`,
		"GET http://a\n> x.js":                                                            "GET http://a ignored > x.js",
		"GET http://a\n\n> quoted\n":                                                      `GET http://a [Content-Type: application/x-www-form-urlencoded] "> quoted"`,
		"POST http://a\nContent-Type: text/xml\n\n<x>\n</x>":                              `POST http://a [Content-Type: text/xml] "<x>\n</x>"`,
	} {
		var h draft.HTTP
		r, fault := h.Request(text)
		if fault != nil {
			t.Errorf("%q: %v", text, fault)
		} else if got := brief(r); got != want {
			t.Errorf("%q:\n%s, want\n%s", text, got, want)
		}
	}
}

func TestHTTPFaults(t *testing.T) {
	t.Setenv("HOME", "secret")
	for text, want := range map[string]string{
		"GET http://a\nGET http://b":       "13 not a header",
		"GET http://a\nA b: c":             "13 not a header",
		"GET http://a\nA: \x01":            `16 the header "A": it has the character`,
		"GET {{a}}":                        `4 there is no variable "a"`,
		"GET http://a\nX: {{a-b}}":         `16 there is no variable "a-b"`,
		"GET http://a\n\nx\n{{ a }}":       `16 there is no variable "a"`,
		"GET {{$processEnv HOME}}":         "4 not known here",
		"@a b":                             "0 want @name = value",
		"@1 = b":                           "1 the name of a variable",
		"@a = {{b}}":                       "5 there is no variable",
		"POST http://a\n\n< ./x":           "15 would open a file",
		"POST http://a\n< ./x":             "14 would open a file",
		"POST http://a\n\n<@utf8 ./x":      "15 would open a file",
		"\n< {%\n%}\nPOST http://a":        "1 runs scripts",
		"@a=" + strings.Repeat("x", 2<<20): "0 more than",
	} {
		var h draft.HTTP
		r, fault := h.Request(text)
		if fault == nil {
			t.Errorf("%q: %s", text, brief(r))
		} else if at, reason, _ := strings.Cut(want, " "); fmt.Sprint(fault.At) != at || !strings.Contains(fault.Reason, reason) {
			t.Errorf("%.40q: %d %s, want %s", text, fault.At, fault.Reason, want)
		}
	}
}

// What variables make of a small file is bounded.
func TestHTTPVariablesAreBounded(t *testing.T) {
	var h draft.HTTP
	text := "@a=" + strings.Repeat("x", 1<<19) + "\nPOST http://a\n\n" + strings.Repeat("{{a}}", 1000)
	if r, fault := h.Request(text); fault == nil || !strings.Contains(fault.Reason, "64 MiB") {
		t.Errorf("%v, body of %d bytes", fault, len(r.Body.Value))
	}
}

// Variables live on in the file; as templates, texts stay as they are.
func TestHTTPVariablesStay(t *testing.T) {
	var h draft.HTTP
	if r, fault := h.Request("@a = 1\n@a = {{a}}2\n"); r != nil || fault != nil {
		t.Fatal(r, fault)
	}
	r, fault := h.Request("###\nGET http://x/{{a}}")
	if fault != nil || r.URL.Value != "http://x/12" {
		t.Error(r, fault)
	}
	h = draft.HTTP{Templates: true}
	r, fault = h.Request("@a = 1\nGET http://x/{{a}}\nX: {{json .y}}\n\n{{.z}}")
	if fault != nil || r.URL.Value != "http://x/{{a}}" || brief(r) != `GET http://x/{{a}} [X: {{json .y}}] "{{.z}}"` || h.Vars["a"] != "1" {
		t.Error(brief(r), fault)
	}
	if r.URL.At != 11 || r.Header[0].Value.At != 29 || r.Body.At != 42 {
		t.Error(r.URL.At, r.Header[0].Value.At, r.Body.At)
	}
	if _, fault = h.Request("@a-b = 1"); fault == nil {
		t.Error("a name that no template has")
	}
}

func TestValue(t *testing.T) {
	var h draft.HTTP
	for text, want := range map[string]map[string]any{
		"GET http://a":                   {"method": "GET", "url": "http://a", "headers": map[string]any{}},
		"http://a":                       {"method": "GET", "url": "http://a", "headers": map[string]any{}},
		"### n\nhttp://a\nA: b\n\n[1, 2": {"name": "n", "method": "POST", "url": "http://a", "headers": map[string]any{"A": "b", "Content-Type": "application/json"}, "body": "[1, 2"},
		"http://a\n\n{\"x\":\"y\"}":      {"method": "POST", "url": "http://a", "headers": map[string]any{"Content-Type": "application/json"}, "body": map[string]any{"x": "y"}},
	} {
		r, fault := h.Request(text)
		if fault != nil {
			t.Fatal(fault)
		}
		if got := r.Value(); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
