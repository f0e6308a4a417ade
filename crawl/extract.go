package crawl

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/andybalholm/cascadia"
	"github.com/inflight-go/inflight/internal/source/caret"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// A Field is one thing to take from a page: NAME=SELECTOR@ATTRIBUTE | FILTER | …, of
// which name and selector have to be there. A name that ends with [] is for all that
// the selector finds, as a list; otherwise the first counts, and null is for none. The
// selector . is the element itself that the field is taken from, that of an item or the
// <html> of a page; before an attribute it can be left out. Without an attribute it is
// the text, with blanks in a row made one.
type Field struct {
	text    string
	name    string
	all     bool
	sel     *Selector // nil: the element itself
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
	if err := f.locate(strings.TrimSpace(parts[0])); err != nil {
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

// locate reads SELECTOR@ATTRIBUTE.
func (f *Field) locate(sel string) (err error) {
	given := sel
	if at := strings.LastIndexByte(sel, '@'); at >= 0 && !strings.ContainsAny(sel[at:], "]\"'") {
		sel, f.attr = strings.TrimSpace(sel[:at]), strings.ToLower(strings.TrimSpace(sel[at+1:]))
		if f.attr == "" {
			return errors.New("the name of an attribute is missing behind @")
		}
		if strings.ContainsAny(f.attr, " \t\n\f\r/>=)") {
			return fmt.Errorf("no attribute is called %q: it is the last of a field, as in li a@href", f.attr)
		}
	}
	switch {
	case sel == "." || sel == "" && f.attr != "":
		if f.all {
			return fmt.Errorf("%s is of the element itself, of which there is one: leave out the [], or add a selector", given)
		}
		return nil
	case strings.HasPrefix(sel, ".") && strings.ContainsAny(sel[1:2], " \t\n/>+~,"):
		return fmt.Errorf("the selector %q: a . stands alone, for the element itself: what is in it is found without", sel)
	}
	f.sel, err = ParseSelector(sel)
	return err
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

// Find takes the field from a node of a page, which may not be nil, and from below it. The
// filter url resolves against page.
//
// It returns a string; behind number a float64, behind int an int64, or a json.Number that
// is too large for that, and behind json what package encoding/json makes. Where there is
// nothing, or a filter can't make anything of it, that is nil. A field of all is a []any,
// without nils.
func (f *Field) Find(n *html.Node, page *url.URL) any {
	room := math.MaxInt
	return f.find(n, page, &room)
}

// find takes the field, and from room what that needs. With no room left it ends early.
func (f *Field) find(n *html.Node, page *url.URL, room *int) any {
	*room -= sizeOfField
	if !f.all {
		if found := f.first(n); found != nil {
			return f.value(found, page, room)
		}
		return nil
	}
	values := []any{}
	for _, found := range f.sel.all(n) {
		if v := f.value(found, page, room); v != nil {
			values = append(values, v)
		}
		if *room < 0 {
			break
		}
	}
	return values
}

// first is the element that the field is of; nil if there is none.
func (f *Field) first(n *html.Node) *html.Node {
	if f.sel != nil {
		return cascadia.Query(n, f.sel.sel)
	}
	if n.Type != html.DocumentNode {
		return n
	}
	for c := range n.ChildNodes() {
		if c.Type == html.ElementNode {
			return c
		}
	}
	return nil
}

// sizeOfField is what a field needs beside its text, in bytes.
const sizeOfField = 64

func (f *Field) value(n *html.Node, page *url.URL, room *int) any {
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
	*room -= len(v.(string)) + sizeOfField
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

// noCents is a price with a dash for its cents: all points and commas before it part
// thousands.
var (
	noCents = regexp.MustCompile(`^(?:\d+|\d{1,3}(?:[.,]\d{3})+)[.,][-\x{2010}-\x{2015}\x{2212}]`)
	points  = strings.NewReplacer(".", "", ",", "")
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
	before := strings.TrimRight(text[:from], "$€£¥ \u00A0")
	if point, ok := strings.CutSuffix(text[:from], "."); ok && !endsWithWord(point) { // .99
		from--
		before = strings.TrimRight(point, "$€£¥ \u00A0")
	}
	if minus := strings.TrimRight(before, "-\u2212"); minus != before && !endsWithWord(minus) { // of SKU-12 it is a hyphen
		sign = "-"
	}
	digits := thousands.ReplaceAllStringFunc(text[from:], parting.Replace)
	digits = noCents.ReplaceAllStringFunc(digits, points.Replace)
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
	return sign, "0" + points.Replace(whole), fraction, nil
}

// endsWithWord reports whether the last letter of a text is one of a word or a number.
func endsWithWord(text string) bool {
	last, _ := utf8.DecodeLastRuneInString(text)
	return unicode.IsLetter(last) || unicode.IsDigit(last)
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

// textOf is the text below a node, without that of scripts and styles in it, its blanks
// in a row made one. That of a script itself is as it stands there: it may be data.
func textOf(n *html.Node) string {
	var b strings.Builder
	if holdsRawText(n.DataAtom) {
		for c := range n.ChildNodes() {
			b.WriteString(c.Data)
		}
		return strings.TrimSpace(b.String())
	}
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		switch {
		case n.Type == html.TextNode:
			b.WriteString(n.Data)
		case holdsRawText(n.DataAtom):
			return
		}
		apart := standsApart(n.DataAtom)
		if apart {
			b.WriteByte(' ')
		}
		for c := range n.ChildNodes() {
			walk(c)
		}
		if apart {
			b.WriteByte(' ')
		}
	}
	walk(n)
	return strings.Join(strings.Fields(b.String()), " ")
}

// holdsRawText reports whether the text of an element is none of the page.
func holdsRawText(tag atom.Atom) bool {
	return tag == atom.Script || tag == atom.Style || tag == atom.Noscript
}

// standsApart reports whether the text of an element is no part of the word before it, nor
// of the one behind it.
func standsApart(tag atom.Atom) bool {
	switch tag {
	case atom.Address, atom.Article, atom.Aside, atom.Blockquote, atom.Body, atom.Br, atom.Button, atom.Caption, atom.Dd, atom.Details, atom.Div,
		atom.Dl, atom.Dt, atom.Figcaption, atom.Figure, atom.Footer, atom.Form, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6,
		atom.Header, atom.Hr, atom.Li, atom.Main, atom.Nav, atom.Ol, atom.Option, atom.P, atom.Pre, atom.Section, atom.Select,
		atom.Summary, atom.Table, atom.Td, atom.Textarea, atom.Th, atom.Tr, atom.Ul:
		return true
	}
	return false
}

// attrOf is the value of an attribute, which in a drawing may have capitals or a prefix.
func attrOf(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Namespace == "" && strings.EqualFold(a.Key, name) || a.Namespace != "" && strings.EqualFold(a.Namespace+":"+a.Key, name) {
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
