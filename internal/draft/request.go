package draft

import (
	"encoding/json"
	"fmt"
	"strings"
)

// A Request is what was written down.
type Request struct {
	// Name is what the request is called; empty where it has no name.
	Name string
	// Method is empty where it was not said: GET, or POST with a body.
	Method string
	URL    Text
	Header []Field
	// Body is nil for none.
	Body *Text
	// Ignored is what was read and has no effect, such as the option "-s".
	Ignored []string
	// At is the offset of the line, or the word, with which the request begins.
	At int
}

// A Text is a part of what was written, and the offset at which it stands.
type Text struct {
	Value string
	At    int
}

// A Field is one header.
type Field struct {
	Name  string
	Value Text
}

// A Fault says what is wrong with a request, and at which offset.
type Fault struct {
	At     int
	Reason string
}

func (f *Fault) Error() string { return f.Reason }

func faultf(at int, format string, args ...any) *Fault {
	return &Fault{at, fmt.Sprintf(format, args...)}
}

// Value is the request as an object of JSON, for expressions and templates: name,
// method, url, headers, and body, which is JSON where it is an object or an array.
func (r *Request) Value() map[string]any {
	v := map[string]any{"method": r.Method, "url": r.URL.Value}
	if r.Name != "" {
		v["name"] = r.Name
	}
	if r.Method == "" {
		v["method"] = "GET"
	}
	headers := make(map[string]any, len(r.Header))
	for _, h := range r.Header {
		headers[h.Name] = h.Value.Value
	}
	v["headers"] = headers
	if r.Body == nil {
		return v
	}
	if r.Method == "" {
		v["method"] = "POST"
	}
	v["body"] = r.Body.Value
	if LooksLikeJSON(r.Body.Value) {
		var body any
		d := json.NewDecoder(strings.NewReader(r.Body.Value))
		d.UseNumber()
		if d.Decode(&body) == nil && !d.More() {
			v["body"] = body
		}
	}
	return v
}

// LooksLikeJSON tells whether a text begins as an object or an array does.
func LooksLikeJSON(text string) bool {
	start := strings.TrimLeft(text, " \t\r\n")
	return start != "" && (start[0] == '{' || start[0] == '[')
}

// ContentType is what a body is said to be whose writer did not say it.
func ContentType(body string) string {
	if LooksLikeJSON(body) {
		return "application/json"
	}
	return "application/x-www-form-urlencoded"
}

// has tells whether there is a header of that name.
func (r *Request) has(name string) bool {
	for _, h := range r.Header {
		if strings.EqualFold(h.Name, name) {
			return true
		}
	}
	return false
}

// add adds a header, unless there is one of that name.
func (r *Request) add(name, value string, at int) {
	if !r.has(name) {
		r.Header = append(r.Header, Field{name, Text{value, at}})
	}
}

// IsToken tells whether a text can be a method or the name of a header.
func IsToken(text string) bool {
	for i := range len(text) {
		c := text[i]
		if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0 {
			continue
		}
		return false
	}
	return text != ""
}

// NotForHeader says why a text can't be the value of a header, though not what it is,
// since it may be secret; it returns "" for one that can.
func NotForHeader(value string) string {
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return fmt.Sprintf("it has the character %q, which a header can't have", c)
		}
	}
	return ""
}
