package draft

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/inflight-go/inflight/internal/source/caret"
)

// parser makes a request of the words of a command.
type parser struct {
	req        Request
	fault      *Fault
	urls       []word
	data       []string
	query      []string // that was given as such
	parts      []formPart
	late       []Field // headers that those of -H go before
	removed    []string
	hasData    bool
	isJSON     bool
	dataAt     int
	get, head  bool
	compressed bool
	noGlob     bool
}

// Request makes a request of the command whose last line was taken. It returns nil
// without a fault for a command without a word.
func (c *Command) Request() (*Request, *Fault) {
	if len(c.words) == 0 && c.fault == nil {
		return nil, nil
	}
	if c.fault != nil {
		return nil, c.fault
	}
	first := c.words[0]
	if first.text != "curl" {
		return nil, faultf(first.at, "not a command of curl: it begins with %q", clip(first.text))
	}
	p := &parser{req: Request{At: first.at}}
	p.options(c.words[1:])
	p.finish(first.at + len("curl"))
	if p.fault != nil {
		return nil, p.fault
	}
	return &p.req, nil
}

// clip is the beginning of a text, for a message.
func clip(text string) string {
	if len(text) > 40 {
		return strings.ToValidUTF8(text[:40], "") + "…"
	}
	return text
}

func (p *parser) refuse(at int, format string, args ...any) {
	if p.fault == nil {
		p.fault = faultf(at, format, args...)
	}
}

// options takes the words in turn.
func (p *parser) options(words []word) {
	for i := 0; i < len(words) && p.fault == nil; i++ {
		w := words[i]
		switch {
		case w.text == "--":
			p.urls = append(p.urls, words[i+1:]...)
			return
		case strings.HasPrefix(w.text, "--"):
			i += p.option(w.text, w.text[2:], w.at, words[i+1:])
		case len(w.text) > 1 && w.text[0] == '-':
			i += p.letters(w, words[i+1:])
		default:
			p.urls = append(p.urls, w)
		}
	}
}

// option takes one option, and tells how many of the words after it are its argument.
func (p *parser) option(written, name string, at int, rest []word) (taken int) {
	o, known := lookOption(name)
	switch {
	case !known:
		p.unknown(at, written, name)
	case o.refuse != "":
		p.refuse(at, "the option %s can't be used: %s", written, o.refuse)
	case o.arg && len(rest) == 0:
		p.refuse(at, "the option %s needs an argument", written)
	case o.do == nil:
		p.req.Ignored = append(p.req.Ignored, written)
	case o.arg:
		o.do(p, rest[0])
	default:
		o.do(p, word{at: at})
	}
	if o.arg {
		return 1
	}
	return 0
}

func (p *parser) unknown(at int, written, name string) {
	reason := fmt.Sprintf("the option %s of curl is not known", clip(written))
	names := optionNames()
	slices.Sort(names)
	if near := caret.Nearest(name, names); near != "" {
		reason += fmt.Sprintf("; is it --%s?", near)
	}
	p.refuse(at, "%s", reason)
}

// letters takes options of one letter, of which the last may have its argument behind it.
func (p *parser) letters(w word, rest []word) (taken int) {
	for i := 1; i < len(w.text); i++ {
		written := "-" + w.text[i:i+1]
		name, known := short[w.text[i]]
		if !known {
			p.unknown(w.at+i, strings.ToValidUTF8(written, "�"), "")
			return 0
		}
		if options[name].arg && i+1 < len(w.text) {
			p.option(written, name, w.at+i, []word{{w.text[i+1:], w.at + i + 1}})
			return 0
		}
		if taken = p.option(written, name, w.at+i, rest); taken > 0 {
			return taken
		}
	}
	return 0
}

func (p *parser) method(v word) {
	if !IsToken(v.text) {
		p.refuse(v.at, "the method %q; want a word such as POST", clip(v.text))
	}
	p.req.Method = v.text
}

func (p *parser) url(v word) { p.urls = append(p.urls, v) }

// header takes "Name: value", "Name;" for one without a value, and "Name:" for none.
func (p *parser) header(v word) {
	if strings.HasPrefix(v.text, "@") {
		p.file("-H", v)
		return
	}
	name, value, found := strings.Cut(v.text, ":")
	if !found {
		name, found = strings.CutSuffix(v.text, ";")
	} else if strings.TrimSpace(value) == "" {
		p.removed = append(p.removed, strings.ToLower(name))
		return
	}
	if name = strings.TrimSpace(name); !found || !IsToken(name) {
		p.refuse(v.at, "a header that is none; want 'Name: value'")
		return
	}
	value = strings.TrimSpace(value)
	if reason := NotForHeader(value); reason != "" {
		p.refuse(v.at, "the header %q: %s", name, reason)
	}
	p.req.Header = append(p.req.Header, Field{name, Text{value, v.at}})
}

// file refuses what would open a file.
func (p *parser) file(option string, v word) {
	p.refuse(v.at, "%s %s: %s", option, clip(v.text), opensFile)
}

// addData takes a part of the body. A @ in front names a file, where that may be.
func (p *parser) addData(v word, files bool) {
	if files && strings.HasPrefix(v.text, "@") {
		p.refuse(v.at, "-d %s: %s (--data-raw for a text that begins with @)", clip(v.text), opensFile)
		return
	}
	if !p.hasData {
		p.dataAt = v.at
	}
	p.hasData = true
	p.data = append(p.data, v.text)
}

func (p *parser) json(v word) {
	p.addData(v, true)
	p.isJSON = true
}

// encoded is what --data-urlencode makes: of content, =content, or name=content.
func (p *parser) encoded(v word) string {
	i := strings.IndexAny(v.text, "=@")
	switch {
	case i < 0:
		return url.QueryEscape(v.text)
	case v.text[i] == '@':
		p.file("--data-urlencode", v)
		return ""
	case i == 0:
		return url.QueryEscape(v.text[1:])
	}
	return v.text[:i+1] + url.QueryEscape(v.text[i+1:])
}

func (p *parser) user(v word) {
	if !strings.Contains(v.text, ":") {
		p.refuse(v.at, "-u without a password, which curl would ask for; write 'name:password'")
		return
	}
	p.late = append(p.late, Field{"Authorization", Text{"Basic " + base64.StdEncoding.EncodeToString([]byte(v.text)), v.at}})
}

func (p *parser) cookie(v word) {
	if !strings.Contains(v.text, "=") {
		if v.text != "" { // which curl is given so that it keeps cookies
			p.file("-b", v)
		}
		return
	}
	p.late = append(p.late, Field{"Cookie", Text{v.text, v.at}})
}

func (p *parser) referer(v word) {
	if from, _, _ := strings.Cut(v.text, ";auto"); from != "" {
		p.late = append(p.late, Field{"Referer", Text{from, v.at}})
	}
}

// formPart is one part of a form with -F.
type formPart struct {
	name, value, filename, kind string
}

func (p *parser) addPart(v word, files bool) {
	name, value, found := strings.Cut(v.text, "=")
	if !found || name == "" {
		p.refuse(v.at, "-F %q; want name=value", clip(v.text))
		return
	}
	if len(p.parts) == 0 {
		p.dataAt = v.at
	}
	part := formPart{name: name, value: value}
	if files {
		if strings.HasPrefix(value, "@") || strings.HasPrefix(value, "<") {
			p.file("-F", v)
			return
		}
		part.params()
	}
	p.parts = append(p.parts, part)
}

var (
	quotedValue = regexp.MustCompile(`(?s)^"((?:[^"\\]|\\.)*)"((?:;.*)?)$`)
	lastParam   = regexp.MustCompile(`(?s)^(.*);(type|filename)=([^;]*)$`)
	unescape    = strings.NewReplacer(`\"`, `"`, `\\`, `\`)
)

// params takes ;type= and ;filename= off a value, and the quotes.
func (part *formPart) params() {
	before, rest := "", part.value
	quoted := quotedValue.FindStringSubmatch(part.value)
	if quoted != nil {
		before, rest = unescape.Replace(quoted[1]), quoted[2]
	}
	for {
		m := lastParam.FindStringSubmatch(rest)
		if m == nil {
			break
		}
		rest = m[1]
		if value := strings.Trim(m[3], `"`); m[2] == "type" {
			part.kind = value
		} else {
			part.filename = value
		}
	}
	part.value = before + rest
}

// finish puts together what the options have said.
func (p *parser) finish(end int) {
	if p.fault != nil {
		return
	}
	if len(p.urls) == 0 {
		p.refuse(end, "no URL")
		return
	}
	if len(p.urls) > 1 {
		p.refuse(p.urls[1].at, "a second URL; quote what has spaces, and write a command for each")
		return
	}
	if p.hasData && len(p.parts) > 0 {
		p.refuse(p.dataAt, "both -d and -F; a request has one body")
		return
	}
	p.settleHeaders()
	p.settleBody()
	p.settleURL(p.urls[0])
	p.settleMethod()
}

func (p *parser) settleHeaders() {
	late := p.late
	if p.isJSON {
		late = append(late, Field{"Content-Type", Text{"application/json", p.dataAt}}, Field{"Accept", Text{"application/json", p.dataAt}})
	}
	given := p.req.has("Cookie")
	for _, h := range late {
		if reason := NotForHeader(h.Value.Value); reason != "" {
			p.refuse(h.Value.At, "the header %q: %s", h.Name, reason)
		}
		if h.Value.Value == "" {
			continue // as curl takes -A ''
		}
		if h.Name == "Cookie" && !given {
			p.req.Header = append(p.req.Header, h) // joined with the others of -b
		} else if !slices.Contains(p.removed, strings.ToLower(h.Name)) {
			p.req.add(h.Name, h.Value.Value, h.Value.At)
		}
	}
	p.req.Header = slices.DeleteFunc(p.req.Header, func(h Field) bool {
		name := strings.ToLower(h.Name)
		// What curl decompresses, the session decompresses, and says so itself.
		return name == "content-length" || name == "transfer-encoding" || name == "accept-encoding" && p.compressed
	})
}

func (p *parser) settleBody() {
	switch {
	case len(p.parts) > 0:
		body, contentType := multipartOf(p.parts)
		p.req.Body = &Text{body, p.dataAt}
		p.contentType(contentType)
	case !p.hasData:
	case p.get:
		p.query = append(p.query, strings.Join(p.data, "&"))
	case p.isJSON:
		p.req.Body = &Text{strings.Join(p.data, ""), p.dataAt}
	default:
		p.req.Body = &Text{strings.Join(p.data, "&"), p.dataAt}
		p.contentType("application/x-www-form-urlencoded")
	}
}

// contentType says what the body is, unless -H does, or says that it is not said.
func (p *parser) contentType(is string) {
	if !slices.Contains(p.removed, "content-type") {
		p.req.add("Content-Type", is, p.dataAt)
	}
}

// multipartOf makes the body of a form, with a boundary that depends on what is in it.
func multipartOf(parts []formPart) (body, contentType string) {
	digest := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(digest, "%q", []string{p.name, p.value, p.filename, p.kind})
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.SetBoundary(fmt.Sprintf("inflight-%x", digest.Sum(nil)[:16])) // which is a valid one
	for _, p := range parts {
		quote := strings.NewReplacer("\\", "\\\\", `"`, `%22`, "\r", "%0D", "\n", "%0A")
		header := textproto.MIMEHeader{}
		disposition := fmt.Sprintf(`form-data; name="%s"`, quote.Replace(p.name))
		if p.filename != "" {
			disposition += fmt.Sprintf(`; filename="%s"`, quote.Replace(p.filename))
		}
		header.Set("Content-Disposition", disposition)
		if p.kind != "" {
			header.Set("Content-Type", strings.Map(printable, p.kind))
		}
		to, _ := w.CreatePart(header)    // a Buffer takes everything
		_, _ = to.Write([]byte(p.value)) // and here too
	}
	_ = w.Close()
	return b.String(), w.FormDataContentType()
}

func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return -1
	}
	return r
}

func (p *parser) settleURL(v word) {
	to := v.text
	if !p.noGlob && (strings.ContainsAny(to, "{}") || numericRange(to)) {
		p.refuse(v.at, "a URL with a range of curl; write a command for each, or -g where the characters are meant")
	}
	if !strings.Contains(to, "://") && to != "" {
		to = "http://" + to
	}
	if len(p.query) > 0 {
		to = withQuery(to, strings.Join(p.query, "&"))
	}
	p.req.URL = Text{to, v.at}
}

// numericRange tells whether there are brackets other than those of an address of IPv6.
func numericRange(to string) bool {
	i := strings.IndexByte(to, '[')
	return i >= 0 && !(strings.HasSuffix(to[:i], "://") || strings.HasSuffix(to[:i], "@") || i == 0) || strings.Count(to, "[") > 1
}

func withQuery(to, query string) string {
	to, fragment, found := strings.Cut(to, "#")
	separator := "?"
	if strings.Contains(to, "?") {
		separator = "&"
	}
	to += separator + query
	if found {
		to += "#" + fragment
	}
	return to
}

func (p *parser) settleMethod() {
	switch {
	case p.req.Method != "":
	case p.head:
		p.req.Method = "HEAD"
	case p.req.Body != nil:
		p.req.Method = "POST"
	default:
		p.req.Method = "GET"
	}
}
