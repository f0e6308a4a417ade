package plainhtml_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/internal/plainhtml"
	"golang.org/x/net/html"
)

// plain are pages that are read, and odd those that are left to package html, although
// it is not always because of anything that is wrong with them.
var (
	plain = []string{
		`<!doctype html><html><head><title>a &amp; b</title></head><body><h1>x</h1></body></html>`,
		"<!DOCTYPE html>\r\n<html lang=en>\r\n<head>\n<meta charset=utf-8><link rel=icon href='/i'>\n<style>a>b{}</style><script>if(a<b){}</script></head>\r\n<body class=\"a b\">\nx\n</body>\n</html>\n",
		`<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd"><html xmlns="http://www.w3.org/1999/xhtml"><head><title/></title></head><body><br/><img src="a"/></body></html>`,
		`<?xml version="1.0" encoding="utf-8" ?>` + "\n" + `<!DOCTYPE html><html><body><?php a &amp; b?><p>x<??></p></body></html>`,
		`<!-- a --><html><!-- b --><head><!-- c --></head><!-- d --><body><!--e &amp; f---></body><!-- g --></html><!-- h -->`,
		`<p>one<p>two<div>three</div>`,
		`<title>x</title><h1>a</h1><p>b</p>`,
		`<ul><li>a<li>b <b>c</b><ul><li>d</li></ul><li>e</ul><dl><dt>a<dd>b<dt>c<dd>d</dl>`,
		`<table><tr><td>a</td><th>b</th></tr> <tr></tr></table><table><thead><tr></tr></thead><tbody> <tr><td><table><tr><td>x</td></tr></table></td></tr></tbody></table>`,
		`<form><select name=a><option>a<option selected value=b>b</select><input type=hidden><button>x</button><textarea>` + "\n\n</textarea>" + `</form>`,
		`<a title=z href="/x?a=1&amp;b=2&c=3&copy=4&copy;&copyx=5&notit;&#65;&#x42&semi;&lt" class=q>x</a>`,
		`<pre>` + "\n\n x &lt; y\n" + `</pre><hr><blockquote><p>a</blockquote>`,
		`<div a=1 b=2 a=3 data-X:y @click="z" disabled DISABLED=x>&nbsp;&hearts;&NotEqualTilde;</div>`,
		`<b><i><b><b><b><b>x</b></b></b></b></i></b><a-b>c</a-b><IFRAME src=x><p></IFRAME>`,
		`<noscript><img src=a></noscript><video><source src=a></video><label>x<input></label>`,
		`<p><b><svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink=x viewbox="0 0 1 1" class=a><title>a &amp; b</title><g><path d=M0/></path><path d=M0 /><CIRCLE r=1 /><use xlink:href="#a"></use></g> x` +
			`<lineargradient gradientunits=a><stop/></linearGradient><desc>y</desc><!-- z --></svg></b>z<svg/><a><svg><svg></svg></svg></a>`,
		strings.Repeat(`<p a=1 b=2 c=3>x`, 3000), // more than a tree keeps memory for
		`<body>x</body>` + strings.Repeat(` <!-- x -->`, 4) + "</html>\n",
	}
	odd = []string{
		``, `text`, `<b><p>x</b></p>`, `<a><a></a></a>`, `</p>`, `<div><span></div>`, `<table>x</table>`, `<table><td>x</table>`,
		`<p><table></table>`, `<svg><p></svg>`, `<svg><style></style></svg>`, `<svg><title><b></title></svg>`, `<svg><title/></svg>`, `<svg><desc><g></g></desc></svg>`,
		`<svg><a></a></svg>`, `<svg></g></svg>`, `<div><svg></div>`, `<select><svg/></select>`, `<table><svg/></table>`, `<svg><![CDATA[x]]></svg>`, `<svg><foreignObject></svg>`, `<math></math>`, `<template></template>`, `<body><title>`, `a < b<p>`,
		`<p x"y>`, `<p a='b`, `<p a="b"c>`, `<p a=>`, `<p =a>`, `<p/a>`, `<!-->`, `<!--->-->`, `<!-- --!> -->`, `<!--`, `<?xml`, `<![CDATA[x]]>`,
		`<script><!-- <script> </script> --></script>`, `<script>`, `<plaintext>`, "<p>\x00", `</>`, `</p x>`, `<p`, `<`, `<h1><h2></h2></h1>`,
		`<p><button><p></button>`, `<select><input></select>`, `<frameset>`, `<div></body>`, `<p></p></body><p>`, `<li><div><li>`, `<image>`, `<html><head><body><html>`,
		`<pre>&#13;x</pre>`, `<head></head>x`, `<head></head><title></title>`, strings.Repeat("<div>", 600), `<form><form>`, `<option>a<option>`,
		`<body>x</body>` + strings.Repeat(` <!-- x -->`, 100), // each of which copies the text
	}
)

// same compares trees.
func same(a, b *html.Node, path string) error {
	if a.Type != b.Type || a.DataAtom != b.DataAtom || a.Data != b.Data || a.Namespace != b.Namespace || fmt.Sprint(a.Attr) != fmt.Sprint(b.Attr) {
		return fmt.Errorf("at %s: %v %v %q %v, package html has %v %v %q %v", path, a.Type, a.DataAtom, a.Data, a.Attr, b.Type, b.DataAtom, b.Data, b.Attr)
	}
	x, y := a.FirstChild, b.FirstChild
	for i := 0; x != nil && y != nil; i++ {
		if x.Parent != a || x.PrevSibling != nil && x.PrevSibling.NextSibling != x {
			return fmt.Errorf("at %s: child %d does not hang together", path, i)
		}
		if err := same(x, y, fmt.Sprint(path, "/", a.Data, ":", i)); err != nil {
			return err
		}
		x, y = x.NextSibling, y.NextSibling
	}
	if x != nil || y != nil {
		return fmt.Errorf("at %s: %d children, package html has %d", path, children(a), children(b))
	}
	return nil
}

func children(n *html.Node) (count int) {
	for range n.ChildNodes() {
		count++
	}
	return count
}

// check parses a page, and reports whether it is plain.
func check(t *testing.T, text string) bool {
	t.Helper()
	checkTokens(t, text)
	doc, ok := plainhtml.Parse(text)
	again, still := reuse(text)
	if ok != still {
		t.Errorf("%q: plain %t, with a tree that was used before %t", text, ok, still)
	}
	if !ok || !still {
		return false
	}
	if err := same(again, doc, ""); err != nil {
		t.Errorf("%q, with a tree that was used before: %v", text, err)
	}
	want, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%q: package html says %v", text, err)
	}
	if err := same(doc, want, ""); err != nil {
		t.Errorf("%q: %v", text, err)
	}
	return true
}

// used is a tree of all the pages of a test, one behind the other.
var used plainhtml.Tree

func reuse(text string) (*html.Node, bool) {
	used.Reset()
	r := plainhtml.NewReader(text)
	for r.Next() && used.Add(r) {
	}
	return used.Document()
}

// checkTokens compares all tokens of a plain page with those of package html.
func checkTokens(t *testing.T, text string) {
	t.Helper()
	r := plainhtml.NewReader(text)
	for r.Next() {
	}
	if r.Odd() {
		return
	}
	r, z := plainhtml.NewReader(text), html.NewTokenizer(strings.NewReader(text))
	for r.Next() {
		kind := z.Next()
		want := z.Token()
		if kind == html.SelfClosingTagToken {
			kind = html.StartTagToken
		}
		got := html.Token{Type: r.Type, DataAtom: r.Atom, Data: r.Name, Attr: r.Attr}
		switch r.Type {
		case html.StartTagToken:
		case html.EndTagToken:
			got.Attr = nil
		default:
			got.DataAtom, got.Data, got.Attr = 0, r.Text, nil
		}
		if want.Type = kind; got.String() != want.String() || got.DataAtom != want.DataAtom || got.Data != want.Data || fmt.Sprint(got.Attr) != fmt.Sprint(want.Attr) {
			t.Errorf("%q: %q, package html has %q", text, got, want)
			return
		}
	}
	if z.Next() != html.ErrorToken {
		t.Errorf("%q: not read to its end", text)
	}
}

func TestParse(t *testing.T) {
	for _, text := range plain {
		if !check(t, text) {
			t.Errorf("%q: not plain", text)
		}
	}
	for _, text := range odd {
		if check(t, text) {
			t.Errorf("%q: plain", text)
		}
	}
}

// Each name in a drawing is what package html makes of it.
func TestDrawings(t *testing.T) {
	names := strings.Fields(plainhtml.Drawn() + " xlink:actuate xlink:arcrole xlink:href xlink:role xlink:show xlink:title xlink:type xlink:other xml:lang xml:space xml:base xmlns:xlink xmlns")
	for _, name := range names {
		plain := check(t, "<svg "+name+"=x><g "+name+"='y'/><"+name+">z</"+name+"></svg>")
		if inside := check(t, "<svg><"+name+" a=b /></svg>"); !plain && inside && name != "title" {
			t.Errorf("%s: plain where it closes itself, and odd where it does not", name)
		}
	}
	if len(names) < 90 {
		t.Errorf("%d names", len(names))
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range append(plain, odd...) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { check(t, text) })
}

// words are what pages are made of by the next test.
var words = strings.Split(`<p>|</p>|<div>|</div>|<a href=x>|</a>|<b>|</b>|<i>|</i>|<ul>|</ul>|<li>|</li>|<dl>|</dl>|<dt>|<dd>|</dd>|<table>|</table>|`+
	`<tbody>|</tbody>|<tr>|</tr>|<td>|</td>|<th>|</th>|<select>|</select>|<option>|</option>|<button>|</button>|<form>|</form>|<h1>|</h1>|<h2>|</h2>|`+
	`<span>|</span>|<x-y>|</x-y>|<br>|<hr>|<img>|<input>|<pre>|</pre>|<script>|</script>|<title>|</title>|<html>|</html>|<head>|</head>|<body>|</body>|`+
	`<meta>|<style>|</style>|<!--x-->|<noscript>|</noscript>|<textarea>|</textarea>|x| |`+"\n"+`|&amp;|<?x?>|<!doctype html>|<search>|</search>|<caption>|<nobr>|<object>|<label>|</label>|<svg viewBox=a>|<svg>|</svg>|<g>|</g>|<path/>|<rect r=1/>|<clipPath>|</clippath>|<use xlink:href=x>|</use>|<title/>|<desc>|</desc>`, "|")

// Pages that are put together at random are read as package html reads them.
func FuzzTags(f *testing.F) {
	f.Add([]byte{2, 0, 66, 1, 3})
	f.Fuzz(func(t *testing.T, picks []byte) {
		var b strings.Builder
		for _, pick := range picks {
			b.WriteString(words[int(pick)%len(words)])
		}
		check(t, b.String())
	})
}

// So are those that mostly end what they began.
func TestRandom(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	n := 0
	for range 20_000 {
		if check(t, randomPage(random)) {
			n++
		}
		if t.Failed() {
			t.Fatal("seed", seed)
		}
	}
	if n < 500 {
		t.Errorf("only %d pages were plain", n)
	}
}

func randomPage(random *rand.Rand) string {
	var b strings.Builder
	var open []string
	for range random.IntN(40) {
		word := words[random.IntN(len(words))]
		switch {
		case strings.HasPrefix(word, "</") && random.IntN(20) > 0:
			if len(open) > 0 {
				b.WriteString("</" + open[len(open)-1] + ">")
				open = open[:len(open)-1]
			}
			continue
		case strings.HasPrefix(word, "<") && !strings.HasPrefix(word, "<!"):
			name, _, _ := strings.Cut(strings.Trim(word, "<>"), " ")
			open = append(open, name)
		}
		b.WriteString(word)
	}
	return b.String()
}
