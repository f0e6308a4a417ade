package plainhtml

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// A Reader yields the tokens of a page, which are those of html.Tokenizer. The fields
// say what the last one was.
type Reader struct {
	Type   html.TokenType   // StartTag also where it ends with />
	Atom   atom.Atom        // of a tag; 0 for a name that is none
	Name   string           // of a tag, in lower case
	Text   string           // of text, a comment or a doctype
	Attr   []html.Attribute // of a start tag; the next token overwrites them
	Closed bool             // a start tag that ends with />

	text string
	at   int
	raw  bool // the text of the element that began last has no tags in it
	odd  bool
}

// maxAttr is how many attributes a plain tag has.
const maxAttr = chunkSize

// NewReader makes a reader of a page in UTF-8.
func NewReader(text string) *Reader {
	if strings.IndexByte(text, '\r') >= 0 {
		text = newlines.Replace(text)
	}
	return &Reader{text: text, odd: strings.IndexByte(text, 0) >= 0}
}

var newlines = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// Odd reports whether the page is not plain. Then it was not read to its end, and what
// was read counts for nothing.
func (r *Reader) Odd() bool { return r.odd }

// Raw reports whether the text of the element that began last is taken for text, whatever
// tags are in it.
func (r *Reader) Raw() bool { return r.raw }

// Next reads a token, and reports whether there was one.
func (r *Reader) Next() bool {
	if r.odd {
		return false
	}
	if r.raw {
		r.raw = false
		if r.rawText(); r.odd || r.Text != "" {
			return !r.odd
		}
	}
	rest := r.text[r.at:]
	if rest == "" {
		return false
	}
	switch end := strings.IndexByte(rest, '<'); {
	case end < 0:
		r.take(html.TextToken, html.UnescapeString(rest), len(rest))
	case end > 0:
		r.take(html.TextToken, html.UnescapeString(rest[:end]), end)
	default:
		r.markup(rest)
	}
	return !r.odd
}

// take makes a token of the next n bytes.
func (r *Reader) take(kind html.TokenType, text string, n int) {
	r.Type, r.Text = kind, text
	r.at += n
}

// markup reads what begins with <.
func (r *Reader) markup(rest string) {
	switch {
	case len(rest) < 3:
		r.odd = true
	case isLetter(rest[1]):
		r.startTag(rest)
	case rest[1] == '/' && isLetter(rest[2]):
		r.endTag(rest)
	case rest[1] == '?':
		r.instruction(rest)
	case strings.HasPrefix(rest, "<!--"):
		r.comment(rest[len("<!--"):])
	case len(rest) > len(doctype) && strings.EqualFold(rest[:len(doctype)], doctype):
		r.doctype(rest[len(doctype):])
	default:
		r.odd = true
	}
}

const doctype = "<!doctype"

func (r *Reader) comment(rest string) {
	end := strings.Index(rest, "-->")
	if end < 0 || rest[0] == '>' || strings.HasPrefix(rest, "->") || strings.Contains(rest[:end], "--!>") {
		r.odd = true
		return
	}
	r.take(html.CommentToken, html.UnescapeString(rest[:end]), len("<!--")+end+len("-->"))
}

// instruction reads what is one in XML, such as the declaration that it is, and a comment
// in HTML.
func (r *Reader) instruction(rest string) {
	end := strings.IndexByte(rest, '>')
	if end < 0 {
		r.odd = true
		return
	}
	r.take(html.CommentToken, html.UnescapeString(rest[1:end]), end+1)
}

func (r *Reader) doctype(rest string) {
	end := strings.IndexByte(rest, '>')
	if end < 0 || !isBlank(rest[0]) || strings.IndexByte(rest[:end], '&') >= 0 {
		r.odd = true
		return
	}
	r.take(html.DoctypeToken, strings.TrimLeft(rest[:end], blanks), len(doctype)+end+1)
}

// name sets the name of a tag, and returns where it ends.
func (r *Reader) name(rest string, from int) int {
	end := from
	upper := false
	for ; end < len(rest) && isName[rest[end]]; end++ {
		upper = upper || rest[end] <= 'Z' && rest[end] >= 'A'
	}
	if r.Name = rest[from:end]; upper {
		r.Name = strings.ToLower(r.Name)
	}
	r.Atom = atom.Lookup([]byte(r.Name))
	return end
}

func (r *Reader) endTag(rest string) {
	end := r.name(rest, 2)
	end = skipBlanks(rest, end)
	if end == len(rest) || rest[end] != '>' {
		r.odd = true
		return
	}
	r.take(html.EndTagToken, "", end+1)
}

func (r *Reader) startTag(rest string) {
	r.Attr, r.Closed = r.Attr[:0], false
	at := r.name(rest, 1)
	for {
		blank := at
		at = skipBlanks(rest, at)
		switch {
		case strings.HasPrefix(rest[at:], ">"):
			at++
		case strings.HasPrefix(rest[at:], "/>"):
			at += 2
			r.Closed = true
		case at > blank && len(r.Attr) < maxAttr:
			if at = r.attribute(rest, at); at > 0 {
				continue
			}
			fallthrough
		default:
			r.odd = true
			return
		}
		r.raw = isRaw(r.Atom)
		r.odd = r.Atom == atom.Plaintext
		r.take(html.StartTagToken, "", at)
		return
	}
}

// attribute reads one that begins at from, and returns where it ends; 0 if it is odd.
func (r *Reader) attribute(rest string, from int) int {
	end := from
	upper := false
	for ; end < len(rest) && isName[rest[end]]; end++ {
		upper = upper || rest[end] <= 'Z' && rest[end] >= 'A'
	}
	key := rest[from:end]
	if upper {
		key = strings.ToLower(key)
	}
	if key == "" || end == len(rest) {
		return 0
	}
	var value string
	at := skipBlanks(rest, end)
	if at == len(rest) {
		return 0
	}
	if rest[at] != '=' {
		at = end
	} else if value, at = attributeValue(rest, skipBlanks(rest, at+1)); at == 0 {
		return 0
	}
	for i := range r.Attr {
		if r.Attr[i].Key == key {
			return at // the first one counts
		}
	}
	r.Attr = append(r.Attr, html.Attribute{Key: key, Val: unescapeValue(value)})
	return at
}

// attributeValue reads a value that begins at from. Where it ends is 0 if it is odd.
func attributeValue(rest string, from int) (value string, end int) {
	if from == len(rest) {
		return "", 0
	}
	if quote := rest[from]; quote == '"' || quote == '\'' {
		end = strings.IndexByte(rest[from+1:], quote)
		if end < 0 {
			return "", 0
		}
		end += from + 1
		return rest[from+1 : end], end + 1
	}
	end = strings.IndexAny(rest[from:], ">"+blanks)
	if end <= 0 {
		return "", 0
	}
	return rest[from : from+end], from + end
}

// rawText reads to the end tag of an element without tags in it.
func (r *Reader) rawText() {
	rest := r.text[r.at:]
	for end := 0; ; {
		next := strings.Index(rest[end:], "</")
		if next < 0 {
			r.odd = true
			return
		}
		end += next
		if after := rest[end+2:]; len(after) > len(r.Name) && strings.EqualFold(after[:len(r.Name)], r.Name) &&
			(isBlank(after[len(r.Name)]) || after[len(r.Name)] == '/' || after[len(r.Name)] == '>') {
			rest = rest[:end]
			break
		}
		end += 2
	}
	if r.Atom == atom.Script && strings.Contains(rest, "<!--") {
		r.odd = true // what ends it then is a long story
		return
	}
	text := rest
	if r.Atom == atom.Title || r.Atom == atom.Textarea {
		text = html.UnescapeString(rest)
	}
	r.take(html.TextToken, text, len(rest))
}

// isRaw reports whether an element has no tags in it.
func isRaw(tag atom.Atom) bool {
	switch tag {
	case atom.Iframe, atom.Noembed, atom.Noframes, atom.Noscript, atom.Script, atom.Style, atom.Textarea, atom.Title, atom.Xmp:
		return true
	}
	return false
}

const blanks = " \t\n\f"

func isBlank(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\f' }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// isName are the bytes of the names of plain tags and attributes.
var isName = func() (set [256]bool) {
	for c := range set {
		set[c] = c > ' ' && c < 0x7F && strings.IndexByte("\"'`<>/=", byte(c)) < 0
	}
	return set
}()

func skipBlanks(text string, at int) int {
	for at < len(text) && isBlank(text[at]) {
		at++
	}
	return at
}

// unescapeValue is html.UnescapeString as it is for values of attributes, in which a
// name counts only as a whole, and not before an equals sign: ?a=b&copy=1 is a query.
func unescapeValue(s string) string {
	at := strings.IndexByte(s, '&')
	if at < 0 {
		return s
	}
	var b strings.Builder
	for ; at >= 0; at = strings.IndexByte(s, '&') {
		b.WriteString(s[:at])
		s = s[at:]
		n := reference(s)
		b.WriteString(unescapeReference(s[:n], n < len(s) && s[n] == '='))
		s = s[n:]
	}
	b.WriteString(s)
	return b.String()
}

// reference is how long what looks like a reference is, with which s begins.
func reference(s string) int {
	n := 1
	if n < len(s) && s[n] == '#' {
		n++
	}
	for n < len(s) && (isLetter(s[n]) || '0' <= s[n] && s[n] <= '9') {
		n++
	}
	if n < len(s) && s[n] == ';' {
		n++
	}
	return n
}

func unescapeReference(s string, assigned bool) string {
	if len(s) == 1 {
		return s
	}
	if s[1] == '#' {
		return html.UnescapeString(s)
	}
	if assigned && !strings.HasSuffix(s, ";") {
		return s
	}
	out := html.UnescapeString(s)
	// No character that has a name is a letter or a digit of ASCII, and one a semicolon:
	// where it ends with such, only the beginning was a name.
	if last := out[len(out)-1]; isLetter(last) || '0' <= last && last <= '9' || last == ';' && s != "&semi;" {
		return s
	}
	return out
}
