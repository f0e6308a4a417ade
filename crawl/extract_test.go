package crawl_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/andybalholm/cascadia"
	"github.com/inflight-go/inflight/crawl"
	"golang.org/x/net/html"
)

const shop = `<html><body><h1> The
 <b>Shop</b> </h1><script>var x = 1</script>
<ul><li class=item data-id="7"><a href="/tea?x=1#y">Tea</a> <span class=price>1 299,00 €</span></li>
<li class=item><a href="bread">Bread</a> <span class=price>$ 2.50</span></li></ul>
<p id=meta data-json='{"a":[1]}'>A<br>B</p><i id=big>012 345 678 901 234 567 890</i><i id=exact>no. -9007199254740993.9</i><i id=ld>{"n":9007199254740993,"p":1.10}</i><dl><dt>Price</dt><dd>5</dd><dt>W<b>eight</b></dt><dd>7 <span>k</span><span>g</span></dd></dl><table><tr><th>a</th><th>b</th></tr><tr><td>c</td><th>d</th></table><script id=data type=application/json> {"t":"a  </b>"}
</script><style>p{}</style><svg viewBox="0 0 1 1" xlink:href=a><use xlink:href="#u"/></svg></body></html>`

func TestFields(t *testing.T) {
	doc, err := html.Parse(strings.NewReader(shop))
	if err != nil {
		t.Fatal(err)
	}
	page, _ := url.Parse("http://shop.example/dir/")
	for text, want := range map[string]string{
		"a=h1":                           `"The Shop"`,
		"a = li.item a":                  `"Tea"`,
		"a[]=li.item a":                  `["Tea","Bread"]`,
		"a=a@href":                       `"/tea?x=1#y"`,
		"a[]=a@href | url":               `["http://shop.example/tea?x=1","http://shop.example/dir/bread"]`,
		"a[]=.price|number":              `[1299,2.5]`,
		"a=.price | int":                 `1299`,
		"a[]=li@data-id | int":           `[7]`,
		"a=.nothing":                     `null`,
		"a[]=.nothing":                   `[]`,
		"a=h1 | number":                  `null`,
		"a=#meta@data-json | json":       `{"a":[1]}`,
		"a=h1 | lower | upper":           `"THE SHOP"`,
		"a=#big | int":                   `12345678901234567890`,
		"a=#exact | int":                 `-9007199254740993`,
		"a=#ld | json":                   `{"n":9007199254740993,"p":1.10}`,
		"a=#meta | json":                 `null`,
		"a=p":                            `"A B"`,
		"a=b | html":                     `"\u003cb\u003eShop\u003c/b\u003e"`,
		`a=li[data-id="7"] a`:            `"Tea"`,
		`a=a[href="/tea?x=1#y"]`:         `"Tea"`,
		"a=ul, p":                        `"Tea 1 299,00 € Bread $ 2.50"`,
		"a=body":                         `"The Shop Tea 1 299,00 € Bread $ 2.50 A B 012 345 678 901 234 567 890no. -9007199254740993.9{\"n\":9007199254740993,\"p\":1.10} Price 5 Weight 7 kg a b c d"`,
		"a=a:contains('Bread')@href":     `"bread"`,
		"a=li:not([data-id]) > a @ href": `"bread"`,
		"a=a[href|=x] | upper":           `null`,
		"a=dl":                           `"Price 5 Weight 7 kg"`,
		"a=table":                        `"a b c d"`,
		"a=svg@viewBox":                  `"0 0 1 1"`,
		"a=svg use@xlink:href":           `"#u"`,
		"a=#data | json":                 `{"t":"a  \u003c/b\u003e"}`,
		"a=style":                        `"p{}"`,
		"a=svg@href":                     `null`,
		"price=li.item:nth-child(2) .price | number": `2.5`,
	} {
		f, err := crawl.ParseField(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		got, err := json.Marshal(f.Find(doc, page))
		if err != nil || string(got) != want {
			t.Errorf("%q is %s, %v, want %s", text, got, err, want)
		}
	}
}

// The element itself that a field is taken from is that of an item, or that of a page.
func TestFieldsOfTheElementItself(t *testing.T) {
	doc, err := html.Parse(strings.NewReader("<!doctype html><html lang=de><title>Shop</title><a href=/tea>Tea <b>green</b></a>"))
	if err != nil {
		t.Fatal(err)
	}
	page, _ := url.Parse("http://shop.example/dir/")
	items := cascadia.QueryAll(doc, cascadia.MustCompile("a"))
	for text, want := range map[string]string{
		"a=@lang":        `"de" null`,
		"a=.":            `"Shop Tea green" "Tea green"`,
		"a=@href | url":  `null "http://shop.example/tea"`,
		"a=.@href":       `null "/tea"`,
		"a= . @ href":    `null "/tea"`,
		"a=.|upper":      `"SHOP TEA GREEN" "TEA GREEN"`,
		"a=. | html":     `"<html lang=\"de\"><head><title>Shop</title></head><body><a href=\"/tea\">Tea <b>green</b></a></body></html>" "<a href=\"/tea\">Tea <b>green</b></a>"`,
		"a=.tea, a b":    `"green" "green"`,
		"a=[href]@href":  `"/tea" null`,
		"a[]=[href], .x": `["Tea green"] []`,
	} {
		f, err := crawl.ParseField(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := encode(t, f.Find(doc, page)) + " " + encode(t, f.Find(items[0], page)); got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
	f, _ := crawl.ParseField("a=.")
	if v := f.Find(&html.Node{Type: html.DocumentNode}, page); v != nil {
		t.Errorf("of nothing it is %v", v)
	}
}

func TestNumbers(t *testing.T) {
	for text, want := range map[string]any{
		"12": 12.0, "1,299.00": 1299.0, "1.299,00": 1299.0, "1,299": 1299.0, "1.299": 1.299, "12,5": 12.5, "-3.5": -3.5,
		"- $4": -4.0, "1'000'000.5": 1000000.5, "1 000 000": 1000000.0, "1 000 000 000,5": 1e9 + 0.5, "1 000 000 0001": 1e6, "3 items": 3.0, "10 20": 10.0, "1,000,000": 1000000.0,
		"about 5.": 5.0, "none": nil, "\u22127": -7.0, "2024-05-06": 2024.0, "1 234567": 1.0, "SKU-12": 12.0, "a -5": -5.0, "é-5": 5.0, "--5": -5.0, "4 - $5": 4.0, "\u2212$3": -3.0,
		".99": 0.99, "$.50": 0.5, "-.5": -0.5, "- $.5": -0.5, "No.5": 5.0, "...": nil, "€1\u00A0000,5": 1000.5,
		"1.299,-": 1299.0, "EUR 1.299,--": 1299.0, "99,\u2013 €": 99.0, "12.345.678,-": 12345678.0, "CHF 1'299.\u2014": 1299.0, "1,299.-": 1299.0, "1.299.-": 1299.0, "1.2.-beta": 1.2, "1 299,-": 1299.0, "99.-": 99.0, "1.299 - 2.500": 1.299, "-5,- €": -5.0, "3-4,-": 3.0,
	} {
		doc, _ := html.Parse(strings.NewReader("<p>" + text))
		f, err := crawl.ParseField("n=p | number")
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Find(doc, nil); got != want {
			t.Errorf("%q is %v, want %v", text, got, want)
		}
	}
}

func TestBadFields(t *testing.T) {
	for text, want := range map[string]string{
		"h1":                  "name=selector is expected",
		"=h1":                 "name=selector is expected",
		"a=":                  "the selector is empty",
		"a=h1 | shout":        `no filter "shout"`,
		"a=h1@":               "the name of an attribute is missing",
		"a=h1[":               "h1[",
		"a=h1 | lower | html": `no filter "html"`,
		"a=.@":                "the name of an attribute is missing",
		"a=a@href b":          `no attribute is called "href b"`,
		"a=:contains(x@y)":    `no attribute is called "y)"`,
		"a[]=.":               ". is of the element itself, of which there is one",
		"a[]=@href":           "@href is of the element itself, of which there is one",
		"a=. > b":             "a . stands alone",
		"a=.//b@href":         "a . stands alone",
	} {
		if _, err := crawl.ParseField(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// encode is a value as it stands in a line.
func encode(t *testing.T, v any) string {
	t.Helper()
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(b.String())
}

func FuzzParseField(f *testing.F) {
	f.Add("a[]=li[data-id='7'] > a@href | url")
	doc, _ := html.Parse(strings.NewReader(shop))
	page, _ := url.Parse("http://shop.example/")
	f.Fuzz(func(t *testing.T, text string) {
		if field, err := crawl.ParseField(text); err == nil {
			field.Find(doc, page)
		}
	})
}
