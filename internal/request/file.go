package request

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"
	"unicode/utf8"

	"github.com/inflight-go/inflight/internal/draft"
	"github.com/inflight-go/inflight/internal/secret"
	"github.com/inflight-go/inflight/internal/source/caret"
)

// A File is a request that is written in a file, as a template for all rows.
type File struct {
	// User and Bearer are how to authenticate, as the flags of these names say it, and
	// UserAgent what to call oneself; empty for what the file does not say.
	User, Bearer, UserAgent string
	// Digest identifies all that the file says.
	Digest string

	name    string
	lines   []string
	bare    bool // {{name}} is a variable of the file, or else a field of the row
	vars    map[string]string
	written written
}

// maxFile is how large a file with a request may be.
const maxFile = 16 << 20

// ReadFile reads a request from a file: in the format of editors if its name ends in
// .http or .rest, and in YAML otherwise. Of a file with several requests, name#login is
// the one with the name login. It fails with a *SyntaxError where the file is wrong, and
// with an error of the file system.
func ReadFile(name string) (*File, error) {
	text, path, which, err := readNamed(name)
	if err != nil {
		return nil, err
	}
	text = strings.TrimPrefix(text, "\ufeff")
	f := &File{name: path, lines: strings.Split(text, "\n")}
	if i := strings.IndexByte(text, 0); i >= 0 || !utf8.ValidString(text) {
		return nil, fmt.Errorf("%s: it is no text, or no valid UTF-8", path)
	}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".http", ".rest":
		err = f.parseHTTP(text, which)
	default:
		if which != "" {
			return nil, fmt.Errorf("%s: only .http files have several requests, of which #%s is one", path, which)
		}
		err = f.parseYAML(text)
	}
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(which + "\n" + text))
	f.Digest = "sha256:" + hex.EncodeToString(sum[:16])
	return f, nil
}

// readNamed reads the file of that name, or what stands before the last #.
func readNamed(name string) (text, path, which string, err error) {
	text, err = ReadText(name, maxFile)
	if i := strings.LastIndexByte(name, '#'); i > 0 && errors.Is(err, os.ErrNotExist) {
		if text, err := ReadText(name[:i], maxFile); err == nil {
			return text, name[:i], name[i+1:], nil
		}
	}
	return text, name, "", err
}

// ReadText reads a file that may have so many bytes.
func ReadText(name string, most int64) (string, error) {
	info, err := os.Stat(name)
	if err != nil {
		return "", err
	}
	if info.IsDir() {
		return "", fmt.Errorf("%s is a directory; want a file", name)
	}
	file, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close() // it was only read
	text, err := io.ReadAll(io.LimitReader(file, most+1))
	if err == nil && int64(len(text)) > most {
		err = fmt.Errorf("%s: larger than %d MiB, which is the most", name, most>>20)
	}
	return string(text), err
}

// fault makes an error of a place in the file: a line and an offset in it.
func (f *File) fault(line, offset int, reason string) *SyntaxError {
	line = min(max(line, 1), len(f.lines))
	text := strings.TrimSuffix(f.lines[line-1], "\r")
	return &SyntaxError{File: f.name, Text: masked(text), Line: line, Column: caret.Column(text, offset), Reason: reason}
}

// mayBeSecret finds lines that are not shown in errors.
var mayBeSecret = regexp.MustCompile(`(?i)auth|bearer|passw|user|cookie|token|secret|key`)

// masked is a line as it may be shown: without the value of what may be secret, but for
// what is a template there.
func masked(line string) string {
	name, value, found := strings.Cut(line, ":")
	if !found || !mayBeSecret.MatchString(line) {
		return secret.Mask(line)
	}
	return name + ":" + secret.MaskAll(value)
}

// at is the place of an offset of the text that begins with a line.
func (f *File) at(text string, offset, firstLine int) *place {
	before := text[:min(max(offset, 0), len(text))]
	return &place{file: f, line: firstLine + strings.Count(before, "\n"), offset: len(before) - 1 - strings.LastIndexByte(before, '\n')}
}

// parseHTTP reads the request of that name, or the only one.
func (f *File) parseHTTP(text, which string) error {
	reader := draft.HTTP{Templates: true}
	var found *draft.Request
	var names []string
	for line, part := range parts(text) {
		req, fault := reader.Request(part)
		if fault != nil {
			in := f.at(part, fault.At, line)
			return f.fault(in.line, in.offset, fault.Reason)
		}
		if req == nil || which != "" && req.Name != which {
			if req != nil {
				names = append(names, req.Name)
			}
			continue
		}
		names = append(names, req.Name)
		if found == nil {
			found = req
			f.take(req, part, line)
		}
	}
	switch {
	case found == nil && which != "":
		return fmt.Errorf("%s: there is no request %q; there are: %s", f.name, which, strings.Join(names, ", "))
	case found == nil:
		return fmt.Errorf("%s: there is no request in it", f.name)
	case which == "" && len(names) > 1:
		return fmt.Errorf("%s: there are %d requests: say which by %s#NAME, or send all of them by -i %s", f.name, len(names), f.name, f.name)
	}
	f.bare, f.vars = true, reader.Vars
	return nil
}

// parts are the parts of a text between lines that begin with ###, and their first lines.
func parts(text string) func(yield func(line int, part string) bool) {
	return func(yield func(int, string) bool) {
		begin, beginLine, at, line := 0, 1, 0, 1
		for one := range strings.Lines(text) {
			if at > begin && draft.IsSeparator([]byte(one)) {
				if !yield(beginLine, text[begin:at]) {
					return
				}
				begin, beginLine = at, line
			}
			at += len(one)
			line++
		}
		yield(beginLine, text[begin:])
	}
}

// take takes in a request of a .http file.
func (f *File) take(req *draft.Request, part string, line int) {
	piece := func(t draft.Text) piece { return piece{t.Value, f.at(part, t.At, line)} }
	w := &f.written
	w.url = piece(req.URL)
	w.method = piece(draft.Text{Value: req.Method, At: req.At})
	for _, h := range req.Header {
		w.headers = append(w.headers, named{http.CanonicalHeaderKey(h.Name), piece(h.Value)})
	}
	if req.Body != nil {
		w.data = piece(*req.Body)
	}
}

var bareName = regexp.MustCompile(`\{\{-?\s*([\pL_][\pL\pN_]*)`)

// notNames are words that mean something where a name might stand alone.
var notNames = []string{"end", "else", "break", "continue", "true", "false", "nil"}

// withNames adds a function for each name with which an action of the text begins, so
// that it can be read as a template: resolve says what it means.
func (f *File) withNames(text string, funcs template.FuncMap) template.FuncMap {
	all := make(template.FuncMap)
	for _, m := range bareName.FindAllStringSubmatch(text, -1) {
		name := m[1]
		value, isVar := f.vars[name]
		_, known := funcs[name]
		if known || slices.Contains(functionNames, name) || slices.Contains(notNames, name) || !isVar && !f.alone(text, name) {
			continue
		}
		all[name] = func() string { return value }
	}
	for name, fn := range funcs {
		all[name] = fn
	}
	return all
}

// alone tells whether an action begins with nothing but a name.
func (f *File) alone(text, name string) bool {
	ok, err := regexp.MatchString(`\{\{-?\s*`+name+`\s*(-?\}\}|\|)`, text)
	return ok && err == nil
}

// resolve makes of an action that begins with nothing but a name the value of that
// variable, or the field of the row.
func (f *File) resolve(p *parse.PipeNode) {
	if len(p.Cmds[0].Args) != 1 {
		return
	}
	id, ok := p.Cmds[0].Args[0].(*parse.IdentifierNode)
	if !ok || len(p.Cmds) > 1 && slices.Contains(functionNames, id.Ident) {
		return
	}
	if value, ok := f.vars[id.Ident]; ok {
		p.Cmds[0].Args[0] = &parse.StringNode{NodeType: parse.NodeString, Pos: id.Pos, Quoted: fmt.Sprintf("%q", value), Text: value}
		return
	}
	p.Cmds[0].Args[0] = &parse.FieldNode{NodeType: parse.NodeField, Pos: id.Pos, Ident: []string{id.Ident}}
}
