package source_test

import (
	"errors"
	"math/big"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/inflight-go/inflight/internal/source"
)

func texts(g *source.Glob, most int64) (out []string) {
	for i := range min(g.Len(), most) {
		out = append(out, g.At(i))
	}
	return out
}

func TestGlobs(t *testing.T) {
	for in, want := range map[string]string{
		"":                     "",
		"plain":                "plain",
		"{1..3}":               "1 2 3",
		"a{3..1}b":             "a3b a2b a1b",
		"{01..03}":             "01 02 03",
		"{8..011}":             "008 009 010 011",
		"{-2..1}":              "-2 -1 0 1",
		"{-02..1}":             "-02 -01 000 001",
		"{1..10..4}":           "1 5 9",
		"{10..1..4}":           "10 6 2",
		"{5..5}":               "5",
		"{a..e..2}":            "a c e",
		"{c..a}":               "c b a",
		"{x,yy,}":              "x yy ",
		"{a,b}{1..2}":          "a1 a2 b1 b2",
		"{a,b}-{1..2}-{x,y}":   "a-1-x a-1-y a-2-x a-2-y b-1-x b-1-y b-2-x b-2-y",
		`\{a,b\}`:              "{a,b}",
		`{a\,b,\{\}}`:          "a,b {}",
		`\n\\`:                 `\n\`,
		"{é,ü}":                "é ü",
		"{1..2,x}":             "1..2 x",
		"http://a/?q=1,2&x=..": "http://a/?q=1,2&x=..",
	} {
		g, err := source.ParseGlob(in)
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got := strings.Join(texts(g, 100), " "); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

func TestGlobErrors(t *testing.T) {
	for in, want := range map[string]string{
		"a{1..":                     "{ without a }; write \\{ for the character\n  a{1..\n   ^",
		"a}":                        "} without a {; write \\} for the character\n  a}\n   ^",
		"é{x}":                      "only one thing between braces; want {1..10} or {a,b}, or write \\{ and \\} for the characters\n  é{x}\n   ^",
		"{}":                        "only one thing between braces; want {1..10} or {a,b}, or write \\{ and \\} for the characters\n  {}\n  ^",
		"{a,{b,c}}":                 "{ within braces; write \\{ for the character\n  {a,{b,c}}\n     ^",
		"/{{.id}}":                  "{{ begins a template, which needs rows to be filled from; write \\{ for the character\n  /{{.id}}\n   ^",
		"x{1..z}":                   "a range from a number to a letter\n  x{1..z}\n       ^",
		"x{1..}":                    "\"\" is neither a number nor a letter\n  x{1..}\n       ^",
		"x{..1}":                    "\"\" is neither a number nor a letter\n  x{..1}\n    ^",
		"x{1..9..0}":                "the step is \"0\"; want a number above 0\n  x{1..9..0}\n          ^",
		"x{1..9..-1}":               "the step is \"-1\"; want a number above 0\n  x{1..9..-1}\n          ^",
		"x{1..2..3..4}":             "more than {first..last..step}\n  x{1..2..3..4}\n           ^",
		"{+1..2}":                   "\"+1\" is neither a number nor a letter\n  {+1..2}\n   ^",
		"{1..99999999999999999999}": "\"99999999999999999999\" is neither a number nor a letter\n  {1..99999999999999999999}\n      ^",
		"{1..2000000}{1..2000000}":  "this makes more than 1000000000000 texts, which is the most\n  {1..2000000}{1..2000000}\n              ^",
		"{-4000000000000000000..4000000000000000000}": "this makes more than 1000000000000 texts, which is the most\n  {-4000000000000000000..4000000000000000000}\n  ^",
	} {
		_, err := source.ParseGlob(in)
		if e, ok := errors.AsType[*source.GlobError](err); !ok || e.Error() != want {
			t.Errorf("%s:\n%v\nwant\n%s", in, err, want)
		}
	}
}

func TestGlobIndexOutOfRangePanics(t *testing.T) {
	g, err := source.ParseGlob("{1..3}")
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []int64{-1, 3} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("no panic for %d", i)
				}
			}()
			g.At(i)
		}()
	}
}

func TestABillionTextsTakeNoMemory(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	g, err := source.ParseGlob("http://a/{0..999}/{0..999}/{000..999}")
	if err != nil {
		t.Fatal(err)
	}
	last := g.At(g.Len() - 1)
	runtime.ReadMemStats(&after)
	if g.Len() != 1_000_000_000 || last != "http://a/999/999/999" || g.At(1_002_003) != "http://a/1/2/003" {
		t.Errorf("%d texts, the last %s", g.Len(), last)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 100_000 {
		t.Errorf("%d bytes", n)
	}
}

// FuzzGlob: what is read stands for as many texts as it says, and without braces for
// itself; what is not has a column within it.
func FuzzGlob(f *testing.F) {
	for _, s := range []string{"a{1..3}b", "{a,b}{01..10..3}", `\{x\}`, "{a..z}", "{1..", "é{,}", "{{x}}", "{-5..5..2}", "{9223372036854775807..1}", `{\,,\\}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		g, err := source.ParseGlob(text)
		if err != nil {
			e, ok := errors.AsType[*source.GlobError](err)
			if !ok || e.Column < 1 || e.Column > utf8.RuneCountInString(text)+1 || e.Error() == "" {
				t.Errorf("%q: %#v", text, err)
			}
			return
		}
		if g.Len() < 1 || g.Len() > source.MaxGlob {
			t.Fatalf("%q: %d texts", text, g.Len())
		}
		all := texts(g, 200)
		if !strings.ContainsAny(text, `{}\`) && (len(all) != 1 || all[0] != text) {
			t.Errorf("%q stands for %q", text, all)
		}
		if last := g.At(g.Len() - 1); g.Len() <= 200 && last != all[len(all)-1] {
			t.Errorf("%q: last %q", text, last)
		}
		// Numbers count up or down by one step.
		if inner, ok := strings.CutPrefix(text, "{"); ok && len(all) > 2 && strings.Count(text, "{") == 1 && strings.HasSuffix(inner, "}") && !strings.Contains(text, ",") {
			var n [3]*big.Int
			for i := range n {
				n[i], ok = new(big.Int).SetString(all[i], 10)
				if !ok {
					return
				}
			}
			if new(big.Int).Sub(n[1], n[0]).Cmp(new(big.Int).Sub(n[2], n[1])) != 0 {
				t.Errorf("%q: %v", text, all[:3])
			}
		}
		if len(all) > 1 && !strings.ContainsAny(text, ",\\") {
			if sorted := slices.Compact(slices.Sorted(slices.Values(all))); len(sorted) != len(all) {
				t.Errorf("%q: the same text twice: %q", text, all)
			}
		}
	})
}
