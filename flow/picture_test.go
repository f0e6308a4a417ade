package flow_test

import (
	"bytes"
	"encoding/xml"
	"io"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/inflight-go/inflight/flow"
)

func example(t *testing.T) *flow.Flow {
	text, err := os.ReadFile("../examples/flow/users.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, string(text))
}

func TestMermaid(t *testing.T) {
	golden(t, "testdata/users.mmd", example(t).Mermaid())
	clash := parse(t, `
version: 1
steps:
  row_: {get: "http://x/", each: ".[]"}
  out0_: {for: row_, get: "http://x/"}
output: {file: x.jsonl}`).Mermaid()
	for _, id := range []string{"n_row_", "n_out0_", "row_", "out0_"} { // each of a box of its own
		if n := len(regexp.MustCompile(`(?m)^  `+id+`[\[{]`).FindAllString(clash, -1)); n != 1 {
			t.Errorf("%d boxes are called %s:\n%s", n, id, clash)
		}
	}
}

func TestSVG(t *testing.T) {
	golden(t, "testdata/users.svg", string(example(t).SVG()))
	wild := parse(t, strings.ReplaceAll(`
version: 1
steps:
  a: {get: "http://x/?<&>\"NAME"}
  b: {for: a, get: "http://x/"}
  c: {for: b, get: "http://x/"}
  d: {for: b, get: "http://x/", on_error: skip}
  e: {for: a, get: "http://x/"}
select: '{a: "<b>"}'
output: {file: "<x>\x01\x1b[31m\uFFFE.jsonl"}`, "NAME", strings.Repeat("é", 200)))
	svg := wild.SVG()
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("%v\n%s", err, svg)
		}
	}
	for _, name := range []string{">b<", ">row<", "&lt;x&gt;��[31m�.jsonl", "é…"} {
		if !strings.Contains(string(svg), name) {
			t.Errorf("no %s in\n%s", name, svg)
		}
	}
}

func TestExplain(t *testing.T) {
	e := example(t).Explain(flow.Assumptions{Items: 10_000, Latency: 100 * time.Millisecond})
	var b strings.Builder
	if err := e.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/users.txt", b.String())
	// 20 100 requests, 32 at once, of a tenth of a second
	if want := 629 * 100 * time.Millisecond; e.Time() != want {
		t.Errorf("%v, want %v", e.Time(), want)
	}
	nested := parse(t, `
version: 1
limits: {slow: {rate: 10/s}}
steps:
  a: {get: "http://x/", each: ".[]"}
  b: {for: a, get: "http://x/", each: ".[]"}
  c: {for: b, get: "http://x/", limit: slow, paginate: {page: p}}
output: {file: x.jsonl}`)
	e = nested.Explain(flow.Assumptions{Items: 10, Each: 3})
	if e.Steps[2].Requests != 60 || e.Time() != 6*time.Second {
		t.Errorf("%+v", e)
	}
	e = nested.Explain(flow.Assumptions{Items: math.MaxInt64, Each: math.MaxInt64, Latency: time.Hour})
	b.Reset()
	if err := e.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	if text := b.String(); e.Steps[2].Requests != 1<<62 || !strings.Contains(text, "for more than 4e18 requests") || !strings.Contains(text, "Expected time: more than 146 years\n") || regexp.MustCompile(`-\d`).MatchString(text) {
		t.Errorf("%+v\n%s", e, text)
	}
}
