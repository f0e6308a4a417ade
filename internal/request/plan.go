package request

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"text/template"

	"github.com/inflight-go/inflight/internal/draft"
	"github.com/inflight-go/inflight/internal/secret"
	"github.com/inflight-go/inflight/internal/source"
	"github.com/inflight-go/inflight/internal/source/caret"
)

// A Spec says how rows become requests, in the words of the command's flags. The zero
// value fetches the URL of each row.
type Spec struct {
	// Method is GET, POST and so on, in any case. Zero means POST if there is a body, and GET
	// otherwise.
	Method string
	// URL is a template. Zero means the URL of the row.
	URL string
	// Headers are "Name: template". Those of one name are all sent; cookies are joined.
	Headers []string
	// Query are "name=template", and are added to the query of the URL, escaped.
	Query []string

	// Data is a template for the body. Its Content-Type is application/json if it
	// begins with { or [, and application/x-www-form-urlencoded otherwise, unless
	// Headers have one.
	Data string
	// JSON is a template for a body that has to be JSON: if it is not, Build fails.
	JSON string
	// Form are "name=template", for a body as a form sends it.
	Form []string
	// Multipart are "name=template" or "name=@template" for the content of a file, for
	// a body as a form with files sends it. Within the name of a file, what comes from
	// the row may not lead out of the directory that is written before it.
	Multipart []string

	// IdempotencyKey is a template. Zero means none.
	IdempotencyKey string
	// Key is an expression for the key of a row. Zero means none.
	Key string

	// File is a request that was read from a file. What the fields above say goes before
	// what it says: a URL, a header or parameter of the same name, the body as a whole.
	// Nil means none.
	File *File
	// RowURL says that the URLs of the rows go before that of File.
	RowURL bool

	// Env tells the variables of the environment to templates. Nil means that they are
	// not for templates.
	Env func(name string) (value string, ok bool)

	// OnlyRow says that templates see what is in a row, and not its index and key.
	OnlyRow bool
}

// A Request is what to send. Its parts may be shared with other requests of the same
// plan: they must not be changed.
type Request struct {
	Method         string
	URL            string
	Header         http.Header // nil for none
	Body           []byte      // nil for none
	IdempotencyKey string      // not among the headers
	Key            string      // of the row
}

// A Plan makes requests of rows. Make one with Compile. It may be used by any number of
// goroutines at once.
type Plan struct {
	method      string
	methodGiven bool  // by the Spec, so that it goes before that of a row
	url         *text // nil for that of the row
	query       []pair
	headers     []pair
	header      http.Header // if all are static
	body        maker       // nil for none
	bodyStatic  bool
	made        []byte // the body, if it is static
	contentType string // "" if Headers have one, or the body tells
	idempotency *text
	key         *Expr
	static      bool // nothing but the URL depends on the row
	onlyRow     bool
}

// pair is a name and a template.
type pair struct {
	name  string
	value *text
}

// maker makes the body of a row, and its content type.
type maker func(r *rowData) (body []byte, contentType string, err error)

// Compile reads the templates and expressions of a Spec. It fails with a *SyntaxError
// for one that is wrong, and otherwise with an error of ErrSpec.
func Compile(s Spec) (*Plan, error) {
	c := &compiler{funcs: functions(s.Env)}
	w := c.written(&s)
	p := &Plan{method: c.method(w.method), methodGiven: w.method.text != "", onlyRow: s.OnlyRow}
	if w.url.text != "" {
		p.url = c.url(w.url)
	}
	p.query = c.pairs("query", w.query)
	p.headers = c.pairs("header", w.headers)
	if w.idempotency.text != "" {
		p.idempotency = c.text("idempotency key", w.idempotency)
	}
	if s.Key != "" && c.err == nil {
		var err error
		if p.key, err = CompileExpr(s.Key); err != nil {
			c.err = forWhat(err, "key")
		}
	}
	p.body, p.bodyStatic = c.body(w)
	if c.err != nil {
		return nil, c.err
	}
	if err := p.settle(); err != nil {
		return nil, err
	}
	return p, nil
}

// settle works out what is the same for each row.
func (p *Plan) settle() (err error) {
	if p.method == "" {
		p.method = http.MethodGet
		if p.body != nil {
			p.method = http.MethodPost
		}
	}
	if p.body != nil && p.bodyStatic {
		if p.made, p.contentType, err = p.body(&rowData{}); err != nil {
			return fmt.Errorf("%w: %w", ErrSpec, err)
		}
	}
	static := p.body == nil || p.bodyStatic
	for _, h := range p.headers {
		static = static && h.value.static()
	}
	if static {
		if p.header, err = p.makeHeader(&rowData{}, p.contentType); err != nil {
			return fmt.Errorf("%w: %w", ErrSpec, err)
		}
	}
	p.static = static && p.url == nil && len(p.query) == 0 && p.key == nil && p.idempotency == nil
	return nil
}

// compiler remembers the first error.
type compiler struct {
	funcs template.FuncMap
	err   error
}

func (c *compiler) refuse(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("%w: "+format, append([]any{ErrSpec}, args...)...)
	}
}

func (c *compiler) text(what string, p piece) *text {
	t, err := newText(what, p, c.funcs)
	if err == nil {
		return t
	}
	if c.err == nil {
		c.err = err
	}
	return &text{what: what, source: p.text} // which is never used
}

// forWhat says what a wrong expression is for.
func forWhat(err error, what string) error {
	if e, ok := errors.AsType[*SyntaxError](err); ok {
		e.What = what
	}
	return err
}

func (c *compiler) method(p piece) string {
	switch {
	case p.text == "" || draft.IsToken(p.text):
	case p.in == nil:
		c.refuse("the method %q; want a word such as POST", p.text)
	default:
		c.fault(faultAt("method", p.text, 0, "want a word such as POST"), p)
	}
	return strings.ToUpper(p.text)
}

// fault remembers what is wrong with a piece.
func (c *compiler) fault(e *SyntaxError, p piece) {
	if c.err == nil {
		c.err = e.placed(p.in)
	}
}

// url reads the template of a URL, and checks what stands before its first action.
func (c *compiler) url(p piece) *text {
	t := c.text("URL", p)
	if c.err != nil {
		return t
	}
	before := t.source
	if !t.static() {
		before, _, _ = strings.Cut(t.source, "{{")
	}
	if offset, reason := checkStart(before, t.static()); reason != "" {
		c.fault(faultAt("URL", t.source, offset, reason), p)
	}
	return t
}

// HasURL tells whether the plan says what the URL is, so that rows need none.
func (p *Plan) HasURL() bool { return p.url != nil }

// URL returns the URL of all rows, if it is the same for each.
func (p *Plan) URL() (url string, same bool) {
	if p.url == nil || !p.url.static() {
		return "", false
	}
	return p.url.source, true
}

// checkStart checks a URL, or the beginning of one if it is not whole.
func checkStart(start string, whole bool) (offset int, reason string) {
	if whole {
		return source.CheckURL(start)
	}
	if !strings.Contains(start, "://") {
		return 0, "" // the scheme comes from the row
	}
	if strings.HasSuffix(start, "://") {
		start += "x" // the host comes from the row
	}
	return source.CheckURL(start)
}

// pairs reads the templates of what has names.
func (c *compiler) pairs(what string, all []named) (pairs []pair) {
	for _, one := range all {
		before := c.err
		pairs = append(pairs, pair{one.name, c.text(fmt.Sprintf("%s %q", what, one.name), one.piece)})
		if e, ok := errors.AsType[*SyntaxError](c.err); ok && before == nil && secret.Name(one.name) {
			e.Text = secret.MaskAll(e.Text)
		}
	}
	return pairs
}

// Build makes the request of a row. It fails with the row's own Err, or with a
// *RowError.
func (p *Plan) Build(row source.Row) (Request, error) {
	if row.Err != nil {
		return Request{}, row.Err
	}
	if p.static && row.URL != "" && row.Request == nil {
		return Request{Method: p.method, URL: row.URL, Header: p.header, Body: p.made}, nil
	}
	r := rowData{value: row.Value, index: row.Index, onlyRow: p.onlyRow}
	if err := p.keyOf(&r); err != nil {
		return Request{}, err
	}
	req := Request{Method: p.method, URL: row.URL, Header: p.header, Body: p.made, Key: r.key}
	var err error
	if req.URL, err = p.urlOf(&row, &r); err != nil {
		return Request{}, err
	}
	if p.idempotency != nil {
		if req.IdempotencyKey, err = p.idempotency.of(&r); err != nil {
			return Request{}, err
		}
		if reason := draft.NotForHeader(req.IdempotencyKey); reason != "" {
			return Request{}, &RowError{What: "idempotency key", Reason: reason}
		}
	}
	contentType := p.contentType
	if p.body != nil && !p.bodyStatic {
		if req.Body, contentType, err = p.body(&r); err != nil {
			return Request{}, err
		}
	}
	if p.header == nil && (len(p.headers) > 0 || contentType != "") {
		if req.Header, err = p.makeHeader(&r, contentType); err != nil {
			return Request{}, err
		}
	}
	if row.Request != nil {
		p.complete(&req, row.Request)
	}
	return req, nil
}

// complete adds to a request what a row says that is a whole request.
func (p *Plan) complete(req *Request, d *draft.Request) {
	if p.body == nil && d.Body != nil {
		req.Body = []byte(d.Body.Value)
	}
	if !p.methodGiven {
		switch req.Method = d.Method; {
		case req.Method != "":
		case req.Body != nil:
			req.Method = http.MethodPost
		default:
			req.Method = http.MethodGet
		}
	}
	if len(d.Header) == 0 {
		return
	}
	h := make(http.Header, len(d.Header)+len(req.Header))
	for _, field := range d.Header {
		addHeader(h, http.CanonicalHeaderKey(field.Name), field.Value.Value)
	}
	for name, values := range req.Header {
		h[name] = values
	}
	req.Header = h
}

// addHeader adds a value to those of a header. Cookies are one.
func addHeader(h http.Header, name, value string) {
	if name == "Cookie" && h[name] != nil {
		h[name][0] += "; " + value
		return
	}
	h[name] = append(h[name], value)
}

// Key returns the key of a row: empty without a Spec.Key. It fails as Build does.
func (p *Plan) Key(row source.Row) (string, error) {
	if row.Err != nil {
		return "", row.Err
	}
	r := rowData{value: row.Value, index: row.Index}
	err := p.keyOf(&r)
	return r.key, err
}

func (p *Plan) keyOf(r *rowData) (err error) {
	if p.key == nil {
		return nil
	}
	if r.key, err = p.key.Text(r.value); err != nil {
		return &RowError{What: "key", Reason: err.Error()}
	}
	r.keyed = true
	return nil
}

func (p *Plan) urlOf(row *source.Row, r *rowData) (string, error) {
	to := row.URL
	switch {
	case p.url != nil:
		var err error
		if to, err = p.url.of(r); err != nil {
			return "", err
		}
		if offset, reason := source.CheckURL(to); reason != "" {
			return "", &RowError{What: "URL", Reason: fmt.Sprintf("%s at character %d of %q", reason, caret.Column(to, offset), secret.URL(to))}
		}
	case to == "":
		return "", &RowError{What: "URL", Reason: "the row has no URL, and there is no template for one" + FieldsOf(row.Value)}
	}
	if len(p.query) == 0 {
		return to, nil
	}
	return p.withQuery(to, r)
}

// withQuery adds the parameters to the query of a URL.
func (p *Plan) withQuery(to string, r *rowData) (string, error) {
	to, fragment, found := strings.Cut(to, "#")
	var b strings.Builder
	b.WriteString(to)
	separator := byte('?')
	if strings.Contains(to, "?") {
		separator = '&'
	}
	for _, q := range p.query {
		value, err := q.value.of(r)
		if err != nil {
			return "", err
		}
		b.WriteByte(separator)
		b.WriteString(url.QueryEscape(q.name))
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(value))
		separator = '&'
	}
	if found {
		b.WriteString("#" + fragment)
	}
	return b.String(), nil
}

// makeHeader returns nil for none.
func (p *Plan) makeHeader(r *rowData, contentType string) (http.Header, error) {
	if len(p.headers) == 0 && contentType == "" {
		return nil, nil
	}
	h := make(http.Header, len(p.headers)+1)
	for _, pair := range p.headers {
		value, err := pair.value.of(r)
		if err != nil {
			return nil, err
		}
		if reason := draft.NotForHeader(value); reason != "" {
			return nil, &RowError{What: pair.value.what, Reason: reason}
		}
		addHeader(h, pair.name, value)
	}
	if contentType != "" && h["Content-Type"] == nil {
		h["Content-Type"] = []string{contentType}
	}
	return h, nil
}
