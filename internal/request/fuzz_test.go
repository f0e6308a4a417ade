package request_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/internal/request"
	"github.com/inflight-go/inflight/internal/source"
)

// FuzzCompile: a template makes an error of a known type or a plan, and a plan makes
// of any row a request that can be sent, or a *RowError.
func FuzzCompile(f *testing.F) {
	for _, tmpl := range []string{
		"http://a/{{.id}}", "http://a/{{path .name | upper}}", "http://a/{{default 1 .a.b}}", "http://a/{{range .}}{{.}}{{end}}",
		"http://a/{{", "{{.a}}\n{{pth .}}", "{{/* x */}}http://a", "http://a/{{with $x := .a}}{{$x}}{{else}}{{.b | default .c}}{{end}}",
		"http://a/{{template \"x\" .}}{{define \"x\"}}{{.y}}{{end}}", "http://a/{{(default .a .b).c}}", "http://a/{{.a.b.c | default (.d | default 1)}}",
		"{{\nA", "http://a/{{break}}", "http://a/{{index . 1}}", "http://a/{{slice . 1 2}}", "http://a/{{join . .}}", "http://a/{{\"a\" | .b}}",
	} {
		f.Add(tmpl, `{"id":1,"name":"x","a":{"b":null}}`)
		f.Add(tmpl, `[1,"x",null]`)
	}
	f.Fuzz(func(t *testing.T, tmpl, value string) {
		if strings.Contains(tmpl, "range") && strings.ContainsAny(tmpl, "0123456789") || strings.Contains(tmpl, "%") {
			t.Skip("a range over a number may be long, and so may what printf makes")
		}
		plan, err := request.Compile(request.Spec{URL: tmpl, Headers: []string{"X: " + tmpl}, Form: []string{"a=" + tmpl}})
		if err != nil {
			if e, ok := errors.AsType[*request.SyntaxError](err); ok {
				if e.Column < 1 || e.Line < 1 || strings.Contains(e.Text, "\n") || e.Reason == "" {
					t.Errorf("%#v", e)
				}
			} else if !errors.Is(err, request.ErrSpec) {
				t.Errorf("error %T %v", err, err)
			}
			return
		}
		var v any
		if json.Unmarshal([]byte(value), &v) != nil {
			v = value
		}
		req, err := plan.Build(source.Row{Value: v, URL: "http://a"})
		if err != nil {
			if _, ok := errors.AsType[*request.RowError](err); !ok {
				t.Errorf("error %T %v", err, err)
			}
			return
		}
		if _, reason := source.CheckURL(req.URL); reason != "" {
			t.Errorf("%q: %s", req.URL, reason)
		}
		for _, values := range req.Header {
			for _, value := range values {
				if strings.ContainsAny(value, "\r\n\x00") {
					t.Errorf("header %q", value)
				}
			}
		}
		_ = request.Curl(req)
	})
}

// FuzzCompileExpr: an expression makes a *SyntaxError or can be evaluated.
func FuzzCompileExpr(f *testing.F) {
	for _, text := range []string{".a.b", ".a | lenght", "{a:}", "[.[] | select(.x > 1)]", "\"\\(.a)\"", "$x", "é |", ".a as $b | $b", "def f(x): x; f(.)", "reduce .[] as $x (0; . + $x)", "@base64", ". as [$a] ?// $a | $a", "\n\n]"} {
		f.Add(text, `{"a":[1,2,{"x":3}]}`)
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		e, err := request.CompileExpr(text)
		if err != nil {
			fault, ok := errors.AsType[*request.SyntaxError](err)
			if !ok || fault.Column < 1 || fault.Line < 1 || strings.Contains(fault.Text, "\n") || fault.Reason == "" {
				t.Errorf("%#v", err)
			}
			return
		}
		request.SetSteps(e, 10_000)
		var v any
		if json.Unmarshal([]byte(value), &v) != nil {
			v = value
		}
		_, _ = e.Eval(v)
		_, _ = e.Bool(v)
		_, _ = e.Text(v)
	})
}
