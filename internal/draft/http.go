package draft

import (
	"encoding/base64"
	"regexp"
	"strings"
)

// HTTP reads the requests of one .http file, one after the other, and remembers the
// variables that it declares. Its zero value is ready.
type HTTP struct {
	// Templates says that what stands between {{ and }} is not for this package: the
	// texts stay as they are, and a header may have any value.
	Templates bool
	// Vars are the variables that were declared so far.
	Vars map[string]string
	size int
}

// Limits of what variables may do.
const (
	maxVars = 1 << 20  // bytes of all of them together
	maxText = 64 << 20 // bytes of a text in which they were put
)

// IsSeparator tells whether a line of an .http file stands between requests.
func IsSeparator(line []byte) bool {
	return len(line) >= 3 && string(line[:3]) == "###"
}

var (
	aName      = regexp.MustCompile(`^(?:#|//)\s*@name[\s=]+(\S.*)$`)
	varName    = regexp.MustCompile(`^[\pL_][\pL\pN_-]*$`)
	anAction   = regexp.MustCompile(`\{\{\s*([$\pL_][^{}:",\n]*?)\s*\}\}`)
	aVersion   = regexp.MustCompile(`\s+HTTP/\d(\.\d)?$`)
	aFile      = regexp.MustCompile(`^<(@\w*)?\s+\S`)
	afterwards = regexp.MustCompile(`^(> *\{%|> +\S+\.js\s*$|>>!? +\S|<> +\S)`)
)

// httpPart is one part of the file, between two separators, while it is read.
type httpPart struct {
	of   *HTTP
	text string
	at   int // of what was not read yet
	req  Request
}

// line takes the next line, and returns it without white space at its end.
func (p *httpPart) line() (line string, at int, ok bool) {
	if p.at >= len(p.text) {
		return "", p.at, false
	}
	at = p.at
	line, _, _ = strings.Cut(p.text[at:], "\n")
	p.at += len(line) + 1
	return strings.TrimRight(line, " \t\r"), at, true
}

// back puts a line back that was taken.
func (p *httpPart) back(at int) { p.at = at }

func isComment(line string) bool {
	return strings.HasPrefix(line, "#") || strings.HasPrefix(line, "//")
}

// Request reads the part of the file from one separator, if there is one, to the next.
// It returns nil without a fault if there is no request in it. Offsets are those in text.
func (h *HTTP) Request(text string) (*Request, *Fault) {
	p := &httpPart{of: h, text: text}
	start, at, fault := p.head()
	if fault != nil || start == "" {
		return nil, fault
	}
	p.req.At = at
	if fault := p.requestLine(start, at); fault != nil {
		return nil, fault
	}
	if fault := p.headers(); fault != nil {
		return nil, fault
	}
	if fault := p.body(); fault != nil {
		return nil, fault
	}
	return &p.req, nil
}

// head takes what stands before the line of the request, and that line.
func (p *httpPart) head() (start string, at int, fault *Fault) {
	for {
		line, at, ok := p.line()
		switch inner := strings.TrimLeft(line, " \t"); {
		case !ok:
			return "", 0, nil
		case inner == "":
		case IsSeparator([]byte(line)):
			if name := strings.TrimSpace(strings.TrimLeft(line, "#")); name != "" {
				p.req.Name = name
			}
		case inner[0] == '@':
			if fault := p.declare(inner, at+len(line)-len(inner)); fault != nil {
				return "", 0, fault
			}
		case isComment(inner):
			if m := aName.FindStringSubmatch(inner); m != nil {
				p.req.Name = strings.TrimSpace(m[1])
			}
		case strings.HasPrefix(inner, "< {%"), strings.HasPrefix(inner, "<{%"):
			return "", 0, &Fault{at, "a script before the request; nothing here runs scripts"}
		default:
			return line, at, nil
		}
	}
}

// declare takes @name = value.
func (p *httpPart) declare(line string, at int) *Fault {
	name, value, found := strings.Cut(line[1:], "=")
	if name = strings.TrimRight(name, " \t"); !found || name == "" {
		return &Fault{at, "not a variable; want @name = value"}
	}
	value = strings.TrimLeft(value, " \t")
	valueAt := at + len(line) - len(value)
	if !varName.MatchString(name) || p.of.Templates && strings.Contains(name, "-") {
		return faultf(at+1, "the name of a variable is %q; want letters, digits and _", clip(name))
	}
	value, fault := p.of.fill(value, valueAt)
	if fault != nil {
		return fault
	}
	if p.of.size += len(name) + len(value); p.of.size > maxVars {
		return faultf(at, "the variables have more than %d bytes, which is the most", maxVars)
	}
	if p.of.Vars == nil {
		p.of.Vars = make(map[string]string)
	}
	p.of.Vars[name] = value
	return nil
}

// put puts variables in a text, unless it is for templates.
func (h *HTTP) put(text string, at int) (string, *Fault) {
	if h.Templates {
		return text, nil
	}
	return h.fill(text, at)
}

// fill puts the values of variables in the places of their names.
func (h *HTTP) fill(text string, at int) (string, *Fault) {
	if !strings.Contains(text, "{{") {
		return text, nil
	}
	var b strings.Builder
	end := 0
	for _, m := range anAction.FindAllStringSubmatchIndex(text, -1) {
		name := text[m[2]:m[3]]
		value, ok := h.Vars[name]
		switch {
		case strings.HasPrefix(name, "$"):
			return "", faultf(at+m[0], "{{%s}} is not known here: nothing is made up, or looked up in the environment", clip(name))
		case !ok:
			return "", faultf(at+m[0], "there is no variable %q; declare it above, by @%s = value", clip(name), clip(name))
		case b.Len()+m[0]-end+len(value) > maxText:
			return "", faultf(at+m[0], "with its variables this is larger than %d MiB, which is the most", maxText>>20)
		}
		b.WriteString(text[end:m[0]])
		b.WriteString(value)
		end = m[1]
	}
	b.WriteString(text[end:])
	return b.String(), nil
}

// requestLine takes METHOD URL HTTP/1.1, of which only the URL has to be there, and may
// go on in lines that are indented.
func (p *httpPart) requestLine(line string, at int) *Fault {
	indent := len(line) - len(strings.TrimLeft(line, " \t"))
	rest := line[indent:]
	if method, after, found := strings.Cut(rest, " "); found && IsToken(method) && strings.ToUpper(method) == method {
		p.req.Method = method
		rest = strings.TrimLeft(after, " \t")
	}
	p.req.URL.At = at + len(line) - len(rest)
	rest = aVersion.ReplaceAllString(rest, "")
	for {
		more, moreAt, ok := p.line()
		inner := strings.TrimLeft(more, " \t")
		if !ok || inner == more || inner == "" {
			if ok {
				p.back(moreAt)
			}
			break
		}
		if !isComment(inner) {
			rest += aVersion.ReplaceAllString(inner, "")
		}
	}
	if rest == "" {
		return &Fault{p.req.URL.At, "no URL after the method"}
	}
	var fault *Fault
	p.req.URL.Value, fault = p.of.put(rest, p.req.URL.At)
	return fault
}

// headers takes lines up to an empty one.
func (p *httpPart) headers() *Fault {
	for {
		line, at, ok := p.line()
		if !ok || line == "" {
			return nil
		}
		if isComment(line) {
			continue
		}
		if afterwards.MatchString(line) || aFile.MatchString(line) {
			p.back(at)
			return nil
		}
		name, value, found := strings.Cut(line, ":")
		if name = strings.TrimSpace(name); !found || !IsToken(name) {
			return &Fault{at, "not a header, such as Name: value; an empty line stands before a body, and ### between requests"}
		}
		inner := strings.TrimLeft(value, " \t")
		valueAt := at + len(line) - len(inner)
		value, fault := p.of.put(inner, valueAt)
		if fault != nil {
			return fault
		}
		if reason := NotForHeader(value); reason != "" {
			return faultf(valueAt, "the header %q: %s", name, reason)
		}
		if strings.EqualFold(name, "Authorization") {
			value = basic(value)
		}
		if lower := strings.ToLower(name); lower != "content-length" && lower != "transfer-encoding" {
			p.req.Header = append(p.req.Header, Field{name, Text{value, valueAt}})
		}
	}
}

// basic encodes what follows Basic where it is written as name:password.
func basic(value string) string {
	rest, ok := strings.CutPrefix(value, "Basic ")
	if !ok || !strings.Contains(rest, ":") || strings.Contains(rest, "{{") {
		return value
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(strings.TrimSpace(rest)))
}

// body takes the rest: up to what an editor would do after the request.
func (p *httpPart) body() *Fault {
	start, end := -1, p.at
	for {
		line, at, ok := p.line()
		if !ok {
			break
		}
		if afterwards.MatchString(line) {
			p.req.Ignored = append(p.req.Ignored, line)
			break
		}
		if aFile.MatchString(line) {
			return faultf(at, "%s: it would open a file, which a request may not; write the content, or give fetch --data-file or --multipart", clip(line))
		}
		if line == "" {
			continue
		}
		if start < 0 {
			start = at
		}
		end = min(p.at, len(p.text))
	}
	if start < 0 {
		return nil
	}
	text, fault := p.of.put(p.newlines(strings.TrimRight(p.text[start:end], "\r\n")), start)
	if fault != nil {
		return fault
	}
	p.req.Body = &Text{text, start}
	if !p.of.Templates {
		p.req.add("Content-Type", ContentType(text), start)
	}
	return nil
}

// newlines makes the newlines of a body what its content type wants them to be.
func (p *httpPart) newlines(body string) string {
	body = strings.ReplaceAll(body, "\r\n", "\n")
	kind := ""
	for _, h := range p.req.Header {
		if strings.EqualFold(h.Name, "Content-Type") {
			kind = strings.ToLower(h.Value.Value)
		}
	}
	switch {
	case strings.HasPrefix(kind, "multipart/"):
		return strings.ReplaceAll(body, "\n", "\r\n") + "\r\n"
	case strings.HasPrefix(kind, "application/x-www-form-urlencoded"):
		lines := strings.Split(body, "\n")
		for i, line := range lines {
			lines[i] = strings.TrimSpace(line)
		}
		return strings.Join(lines, "")
	}
	return body
}
