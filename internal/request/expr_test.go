package request_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/internal/request"
)

func expr(t testing.TB, text string) *request.Expr {
	t.Helper()
	e, err := request.CompileExpr(text)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestExprSyntaxErrors(t *testing.T) {
	for text, want := range map[string]string{
		".a | ":       "the expression ends too early\n  .a | \n       ^",
		".a | lenght": "there is no function lenght; is it length?\n  .a | lenght\n       ^",
		".id | id":    "there is no function id; a field is .id, a text \"id\"\n  .id | id\n        ^",
		"length(1)":   "the function length takes 0 arguments, not 1\n  length(1)\n  ^",
		".a + $x":     "there is no variable $x\n  .a + $x\n       ^",
		".é | ]":      "unexpected token",
		"{a:}":        "unexpected token \"}\"\n  {a:}\n     ^",
		"\"abc":       "unterminated string literal",
		".a |\n.b b":  "line 2: unexpected token \"b\"\n  .b b\n     ^",
		"":            "missing query",
		".a.b[":       "the expression ends too early\n  .a.b[\n       ^",
	} {
		_, err := request.CompileExpr(text)
		if _, ok := errors.AsType[*request.SyntaxError](err); !ok || !strings.Contains(err.Error(), want) {
			t.Errorf("%q:\n%v\nwant\n%s", text, err, want)
		}
	}
}

func TestEval(t *testing.T) {
	in := row(t, user).Value
	for text, want := range map[string]any{
		".id":                       json.Number("12345678901234567890"),
		".none":                     nil,
		"empty":                     nil,
		".tags[]":                   []any{"a", "b"},
		"{name, n: (.tags|length)}": map[string]any{"name": "Ada L/é?&", "n": 2},
		"halt":                      nil,
	} {
		got, err := expr(t, text).Eval(in)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %#v, %v; want %#v", text, got, err, want)
		}
	}
	if _, err := expr(t, ".id.x").Eval(in); err == nil {
		t.Error("no error")
	}
}

func TestBoolNumberText(t *testing.T) {
	in := row(t, user).Value
	for text, want := range map[string]bool{".ok": true, ".ok|not": false, ".none": false, "empty": false, ".name": true, "0": true, ".price > 1": true} {
		if got, err := expr(t, text).Bool(in); err != nil || got != want {
			t.Errorf("%s: %v, %v; want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]float64{".price": 1.1, "(.name|length)/4 + 400": 402.25, ".tags|length": 2, ".big": 1e21} {
		if got, err := expr(t, text).Number(in); err != nil || got != want {
			t.Errorf("%s: %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{".name", ".none", "empty", "nan", "infinite", ".tags[]|length", "1,2", ".id.x"} {
		if got, err := expr(t, text).Number(in); err == nil {
			t.Errorf("%s: %v, want an error", text, got)
		}
	}
	if _, err := expr(t, "true,false").Bool(in); err == nil {
		t.Error("two results are a bool")
	}
	for text, want := range map[string]string{".name": "Ada L/é?&", ".price": "1.10", ".ok": "true", "1+1": "2", "1.5": "1.5"} {
		if got, err := expr(t, text).Text(in); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestExpressionsAreCut(t *testing.T) {
	for _, text := range []string{"def f: f; f", "[range(1e12)]", "last(repeat(1))", "until(false; .)"} {
		e := expr(t, text)
		request.SetSteps(e, 100_000)
		if _, err := e.Eval(nil); !errors.Is(err, request.ErrTooMuch) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := expr(t, "range(100001)").Eval(nil); !errors.Is(err, request.ErrTooMuch) {
		t.Errorf("too many results: %v", err)
	}
	if v, err := expr(t, "range(100000)").Eval(nil); err != nil || len(v.([]any)) != request.MaxResults {
		t.Errorf("as many results as there may be: %v", err)
	}
	e := expr(t, "[range(10000)] | length")
	for range 3 { // each evaluation has steps of its own
		if v, err := e.Eval(nil); err != nil || v != 10000 {
			t.Errorf("%v, %v", v, err)
		}
	}
}

func TestExpressionsSeeNoEnvironment(t *testing.T) {
	t.Setenv("SECRET", "x")
	for _, text := range []string{"env.SECRET", "$ENV.SECRET"} {
		if v, err := expr(t, text).Eval(nil); err != nil || v != nil {
			t.Errorf("%s: %v, %v", text, v, err)
		}
	}
	if _, err := request.CompileExpr("input"); err == nil {
		if _, err := expr(t, "input").Eval(nil); err == nil {
			t.Error("input reads something")
		}
	}
}

func BenchmarkExpr(b *testing.B) {
	e := expr(b, "(.name|length)/4 + 400")
	in := row(b, user).Value
	b.ReportAllocs()
	for b.Loop() {
		_, _ = e.Number(in)
	}
}
