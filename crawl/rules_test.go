package crawl_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/crawl"
)

func TestRules(t *testing.T) {
	rules, err := crawl.ParseRules("rules.yaml", []byte(`
# what a shop has
rules:
  - name: product
    match: /p/[0-9]+
    fields:
      title: h1
      price: .price | number
      links[]: "a@href | url"
  - match: /list
    item: li
    fields: {name: b, n: .@data-n, all: .}
  - jsonld: true
`))
	if err != nil || len(rules) != 3 {
		t.Fatal(rules, err)
	}
	w := newWorld(t)
	w.page("a.test/", links("/p/1", "/list", "/p/x"))
	w.page("a.test/p/1", `<h1>Tea</h1><i class=price>$ 3</i><a href=/>x</a>`)
	w.page("a.test/p/x", `<h1>Other</h1><script type="application/ld+json">[1]</script>`)
	w.page("a.test/list", `<ul><li data-n=1>No. <b>One</b><li><b>Two</b></ul>`)
	lines := w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}, Rules: rules})
	for url, want := range map[string]string{
		"/p/1":  "product map[links:[http://a.test/] price:3 title:Tea] [] []",
		"/p/x":  " map[] [] [[1]]",
		"/list": " map[] [map[all:No. One n:1 name:One] map[all:Two n:<nil> name:Two]] []",
	} {
		l := lines["http://a.test"+url]
		if got := fmt.Sprint(l.Rule, " ", l.Extract, " ", l.Items, " ", l.JSONLD); got != want {
			t.Errorf("%s: %s, want %s", url, got, want)
		}
	}
	// Other rules are another crawl.
	if a, b := rules[0].String(), rules[1].String(); a == b || !strings.Contains(a, "price=.price | number") {
		t.Error(a, b)
	}
}

// FuzzParseRules: whatever it is, it is rules or an error that says where.
func FuzzParseRules(f *testing.F) {
	for text := range badRules {
		f.Add(text)
	}
	f.Add("rules:\n  - {match: a, fields: {a: b}}")
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := crawl.ParseRules("x", []byte(text))
		if e, ok := errors.AsType[*crawl.RulesError](err); err != nil && (!ok || e.Line < 0 || e.Line > 0 && e.Column < 1) {
			t.Errorf("%q: %v", text, err)
		}
		if err == nil && len(rules) == 0 {
			t.Errorf("%q: no rules", text)
		}
	})
}

// badRules are texts that are no rules, and the beginnings of their errors.
var badRules = map[string]string{
	"rules:\n  - item: div\n    jsonld: true\n": `r.yaml:2:9: item says where`,
	"":                                     "r.yaml: there is no rule",
	"rules: []":                            "r.yaml: there is no rule",
	"rules: 7":                             "r.yaml:1:8: a list of rules is expected",
	"[1]":                                  "r.yaml:1:1: keys with values are expected",
	"rles: []":                             `r.yaml:1:1: there is no key "rles"; is it "rules"?`,
	"rules:\n- {}":                         "r.yaml:2:3: the rule takes nothing",
	"rules:\n- x":                          "r.yaml:2:3: keys with values",
	"rules:\n  - match: a\n    feilds: {}": `r.yaml:3:5: there is no key "feilds"; is it "fields"?`,
	"rules:\n  - match: '('\n":             "r.yaml:2:12: error parsing regexp",
	"rules:\n  - zzz: 1":                   `r.yaml:2:5: there is no key "zzz"; there are: name, match, item, fields, jsonld`,
	"rules:\n  - fields:\n      a: h1 | nmber":   `r.yaml:3:10: field "a": there is no filter "nmber"; is it "number"?`,
	"rules:\n  - fields: {a: b, 'a[]': c}":       `r.yaml:2:27: there are two fields "a"`,
	"\uFEFFrules: 7":                             "r.yaml:1:8: a list of rules is expected",
	"rules:\n  - fields:\n      a: [x]":          "r.yaml:3:10: a text is expected",
	"rules:\n  - fields: {a: b}\n    item: 'x['": "r.yaml:3:11: the selector",
	"rules:\n  - jsonld: yes":                    "r.yaml:2:13: true or false is expected",
	"rules:\n  - fields: {a: b":                  "r.yaml:2:",
	"rules:\n  - jsonld: true\n    jsonld: true": "r.yaml:3:5: mapping key",
	"rules: []\n---\nrules: []":                  "r.yaml:3:",
	"rules:\n" + strings.Repeat("[", 3000):       "r.yaml:2:1: more than 1000 levels in one another",
}

func TestBadRules(t *testing.T) {
	for text, want := range badRules {
		_, err := crawl.ParseRules("r.yaml", []byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	_, err := crawl.ParseRules("r.yaml", []byte("rules:\n  - match: a\n    feilds: {}"))
	if want := "r.yaml:3:5: there is no key \"feilds\"; is it \"fields\"?\n      feilds: {}\n      ^"; err.Error() != want {
		t.Errorf("%v\nwant\n%s", err, want)
	}
}
