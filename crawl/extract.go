package crawl

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/andybalholm/cascadia"
	"github.com/inflight-go/inflight/internal/source/caret"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// A Field is one thing to take from a page: NAME=SELECTOR@ATTRIBUTE | FILTER | …, of
// which name and selector have to be there. A name that ends with [] is for all that
// the selector finds, as a list; otherwise the first counts, and null is for none.
// Without an attribute it is the text, with blanks in a row made one.
type Field struct {
	text    string
	name    string
	all     bool
	sel     *Selector
	attr    string
	filters []filter
}

// filter changes a value. An error makes null of it.
type filter func(v any, page *url.URL) (any, error)

// ParseField reads a field.
//
// The filters are number (1 299,00 € is 1299, and so are 1,299.00 and $1299), int,
// lower, upper, url (resolved as the links of the page are), json (with numbers as
// json.Number), trim, and html (the element itself, which has to come first).
func ParseField(text string) (Field, error) {
	name, rest, ok := strings.Cut(text, "=")
	name = strings.TrimSpace(name)
	f := Field{text: text, name: strings.TrimSuffix(name, "[]"), all: strings.HasSuffix(name, "[]")}
	if !ok || f.name == "" {
		return Field{}, fmt.Errorf("%q is no field: name=selector is expected, such as price=span.price", text)
	}
	parts := splitPipes(rest)
	sel := strings.TrimSpace(parts[0])
	if at := strings.LastIndexByte(sel, '@'); at >= 0 && !strings.ContainsAny(sel[at:], "]\"'") {
		sel, f.attr = strings.TrimSpace(sel[:at]), strings.ToLower(strings.TrimSpace(sel[at+1:]))
		if f.attr == "" {
			return Field{}, fmt.Errorf("field %q: the name of an attribute is missing behind @", f.name)
		}
	}
	var err error
	if f.sel, err = ParseSelector(sel); err != nil {
		return Field{}, fmt.Errorf("field %q: %w", f.name, err)
	}
	for i, word := range parts[1:] {
		word = strings.TrimSpace(word)
		if word == "html" && i == 0 && f.attr == "" {
			f.attr = "<html>"
			continue
		}
		filter, ok := filters[word]
		if !ok {
			if nearest := caret.Nearest(word, slices.Sorted(maps.Keys(filters))); nearest != "" {
				return Field{}, fmt.Errorf("field %q: there is no filter %q; is it %q?", f.name, word, nearest)
			}
			return Field{}, fmt.Errorf("field %q: there is no filter %q: use number, int, lower, upper, url, json, trim, or html right behind the selector", f.name, word)
		}
		f.filters = append(f.filters, filter)
	}
	return f, nil
}

// ParseSelector reads a CSS selector.
func ParseSelector(text string) (*Selector, error) {
	if strings.TrimSpace(text) == "" {
		return nil, errors.New("the selector is empty")
	}
	sel, err := cascadia.ParseGroup(text)
	if err != nil {
		return nil, fmt.Errorf("the selector %q: %w", text, err)
	}
	return &Selector{text, sel}, nil
}

// splitPipes parts a text at each | that is not in brackets or quotes.
func splitPipes(text string) []string {
	var parts []string
	depth, quote, from := 0, byte(0), 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '[' || c == '(':
			depth++
		case c == ']' || c == ')':
			depth--
		case c == '|' && depth == 0:
			parts = append(parts, text[from:i])
			from = i + 1
		}
	}
	return append(parts, text[from:])
}

// Name is the name of the field.
func (f *Field) Name() string { return f.name }

// Find takes the field from below a node of a page. The filter url resolves against page.
func (f *Field) Find(n *html.Node, page *url.URL) any {
	if !f.all {
		found := cascadia.Query(n, f.sel.sel)
		if found == nil {
			return nil
		}
		return f.value(found, page)
	}
	values := []any{}
	for _, found := range f.sel.all(n) {
		if v := f.value(found, page); v != nil {
			values = append(values, v)
		}
	}
	return values
}

func (f *Field) value(n *html.Node, page *url.URL) any {
	var v any
	switch f.attr {
	case "":
		v = textOf(n)
	case "<html>":
		var b strings.Builder
		if html.Render(&b, n) != nil {
			return nil
		}
		v = b.String()
	default:
		text, ok := attrOf(n, f.attr)
		if !ok {
			return nil
		}
		v = text
	}
	for _, filter := range f.filters {
		var err error
		if v, err = filter(v, page); err != nil {
			return nil
		}
	}
	return v
}

var filters = map[string]filter{
	"number": func(v any, _ *url.URL) (any, error) { return number(fmt.Sprint(v)) },
	"int": func(v any, _ *url.URL) (any, error) {
		return whole(fmt.Sprint(v))
	},
	"lower": func(v any, _ *url.URL) (any, error) { return strings.ToLower(fmt.Sprint(v)), nil },
	"upper": func(v any, _ *url.URL) (any, error) { return strings.ToUpper(fmt.Sprint(v)), nil },
	"trim":  func(v any, _ *url.URL) (any, error) { return strings.TrimSpace(fmt.Sprint(v)), nil },
	"url": func(v any, page *url.URL) (any, error) {
		u, err := new(Spelling).Resolve(page, fmt.Sprint(v))
		if err != nil {
			return nil, err
		}
		return u.String(), nil
	},
	"json": func(v any, _ *url.URL) (any, error) {
		return decodeJSON(fmt.Sprint(v))
	},
}

// thousands are digits, and threes of them that a blank or an apostrophe parts from those
// before.
var (
	thousands = regexp.MustCompile(`\d+(?:[ \x{A0}\x{202F}'\x{2019}]\d{3})+\b`)
	parting   = strings.NewReplacer(" ", "", "\u00A0", "", "\u202F", "", "'", "", "\u2019", "")
)

// number reads the first number in a text.
func number(text string) (float64, error) {
	sign, whole, fraction, err := digitsOf(text)
	if err != nil {
		return 0, err
	}
	return strconv.ParseFloat(sign+whole+"."+fraction, 64)
}

// whole reads what stands before the decimal point of the first number in a text: an
// int64, or as many digits as there are.
func whole(text string) (any, error) {
	sign, whole, _, err := digitsOf(text)
	if err != nil {
		return nil, err
	}
	if n, err := strconv.ParseInt(sign+whole, 10, 64); err == nil {
		return n, nil
	}
	return json.Number(sign + strings.TrimLeft(whole, "0")), nil
}

// digitsOf takes the first number in a text apart, whichever of point and comma parts its
// thousands: the last of the two is the decimal one, unless it occurs more than once
// or exactly three digits follow a comma that stands alone.
func digitsOf(text string) (sign, whole, fraction string, err error) {
	from := strings.IndexFunc(text, func(r rune) bool { return '0' <= r && r <= '9' })
	if from < 0 {
		return "", "", "", fmt.Errorf("%q has no number in it", text)
	}
	if strings.HasSuffix(strings.TrimRight(text[:from], "$€£ \u00A0"), "-") || strings.HasSuffix(text[:from], "\u2212") {
		sign = "-"
	}
	digits := thousands.ReplaceAllStringFunc(text[from:], parting.Replace)
	end := strings.IndexFunc(digits, func(r rune) bool { return (r < '0' || r > '9') && r != '.' && r != ',' })
	if end >= 0 {
		digits = digits[:end]
	}
	digits = strings.TrimRight(digits, ".,")
	whole = digits
	if at := strings.LastIndexAny(digits, ".,"); at >= 0 && strings.Count(digits, digits[at:at+1]) == 1 {
		alone := !strings.ContainsAny(digits[:at], ".,")
		if !(alone && digits[at] == ',' && len(digits)-at == 4) {
			whole, fraction = digits[:at], digits[at+1:]
		}
	}
	return sign, strings.NewReplacer(".", "", ",", "").Replace(whole), fraction, nil
}

// decodeJSON reads one value, with numbers as json.Number: so they keep their digits.
func decodeJSON(text string) (v any, err error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err = d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err = d.Token(); err != io.EOF {
		return nil, errors.New("something follows the value")
	}
	return v, nil
}

// textOf is the text below a node, without that of scripts and styles, its blanks in a
// row made one.
func textOf(n *html.Node) string {
	var b strings.Builder
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		switch {
		case n.Type == html.TextNode:
			b.WriteString(n.Data)
		case n.DataAtom == atom.Script || n.DataAtom == atom.Style || n.DataAtom == atom.Noscript:
			return
		case n.DataAtom == atom.Br || n.DataAtom == atom.P || n.DataAtom == atom.Div || n.DataAtom == atom.Li || n.DataAtom == atom.Td:
			b.WriteByte(' ')
		}
		for c := range n.ChildNodes() {
			walk(c)
		}
	}
	walk(n)
	return strings.Join(strings.Fields(b.String()), " ")
}

func attrOf(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name && a.Namespace == "" {
			return a.Val, true
		}
	}
	return "", false
}

// jsonLD are the values of the scripts of a page that are JSON-LD. One that is broken
// is left out; what others take for whole, too, is not.
func jsonLD(doc *html.Node) []any {
	found := []any{}
	for n := range doc.Descendants() {
		if n.DataAtom != atom.Script || n.FirstChild == nil {
			continue
		}
		kind, _ := attrOf(n, "type")
		if kind, _, _ = strings.Cut(kind, ";"); !strings.EqualFold(strings.TrimSpace(kind), "application/ld+json") {
			continue
		}
		v, err := decodeJSON(n.FirstChild.Data)
		if err != nil {
			v, err = decodeJSON(bareJSON(n.FirstChild.Data))
		}
		if err == nil {
			found = append(found, v)
		}
	}
	return found
}

// wrapping is what scripts were once hidden in from browsers and from readers of XML, and
// the end of a statement.
var wrapping = regexp.MustCompile(`^\s*(?://|/\*)?\s*(?:<!--|<!\[CDATA\[)\s*(?:\*/)?|(?:(?://|/\*)?\s*(?:-->|\]\]>)\s*(?:\*/)?|;)\s*$`)

// bareJSON is a script without what hides it, and with blanks for the line breaks that
// may not stand in its texts.
func bareJSON(script string) string {
	script = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, script)
	return wrapping.ReplaceAllString(script, "")
}
