package flow

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/inflight-go/inflight/internal/secret"
)

// shortestSecret is how long a value has to be to be kept out of what is shown: a
// shorter one is no secret, and stands in too much else.
const shortestSecret = 4

// secrets are the values that came from the environment. The zero value has none.
type secrets struct {
	mu      sync.RWMutex
	names   map[string]string // of the values
	toClean *strings.Replacer
	toHide  *strings.Replacer
}

// add takes note of a value.
func (s *secrets) add(name, value string) {
	if len(value) < shortestSecret {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.names[value]; known {
		return
	}
	if s.names == nil {
		s.names = make(map[string]string)
	}
	s.names[value] = name
	s.prepare()
}

// prepare makes the replacers. A value may stand escaped in a URL. Long values come
// first, which others may be a part of.
func (s *secrets) prepare() {
	values := make([]string, 0, len(s.names))
	for value := range s.names {
		values = append(values, value)
	}
	slices.SortFunc(values, func(a, b string) int { return len(b) - len(a) })
	var clean, hide []string
	for _, value := range values {
		for i, form := range forms(value) {
			hide = append(hide, form, fmt.Sprintf("{{%d %s}}", i, s.names[value]))
		}
		for _, form := range written(value) {
			clean = append(clean, form, secret.Redacted)
		}
	}
	s.toClean, s.toHide = strings.NewReplacer(clean...), strings.NewReplacer(append(hide, "{{", openMark)...)
}

// forms are the ways in which a value stands in URLs and cursors.
func forms(value string) [3]string {
	return [3]string{value, url.QueryEscape(value), url.PathEscape(value)}
}

// A text that is hidden has marks for what was secret, {{form NAME}}, and one for what
// looks like the beginning of such a mark: a server that writes one into a cursor would
// get the value sent.
const openMark = "{{open}}"

var marks = regexp.MustCompile(`\{\{(?:open|([012]) ([^{}]*))\}\}`)

// spellings are how a text is written in what is shown: in URLs, in JSON, between quotes of
// Go and of a shell.
var spellings = []func(string) string{
	url.QueryEscape,
	url.PathEscape,
	func(text string) string { return inJSON(text, true) },
	func(text string) string { return inJSON(text, false) },
	func(text string) string { quoted := strconv.Quote(text); return quoted[1 : len(quoted)-1] },
	func(text string) string { return strings.ReplaceAll(text, "'", `'\''`) },
}

func inJSON(text string, escapeHTML bool) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(escapeHTML)
	_ = e.Encode(text) // a text can always be written
	return strings.TrimSuffix(strings.TrimPrefix(b.String(), `"`), "\"\n")
}

// written are all ways in which a value may stand in what is shown, also one in the other,
// such as JSON in the argument of a command. The longest come first: one may begin with
// another.
func written(value string) []string {
	forms := []string{value}
	for range 2 {
		for _, form := range forms {
			for _, spell := range spellings {
				if s := spell(form); !slices.Contains(forms, s) {
					forms = append(forms, s)
				}
			}
		}
	}
	slices.SortStableFunc(forms, func(a, b string) int { return len(b) - len(a) })
	return forms
}

// A cleanError is an error whose text may be shown.
type cleanError struct {
	error
	text string
}

func (e *cleanError) Error() string { return e.text }
func (e *cleanError) Unwrap() error { return e.error }

// cleaned is an error without secrets in its text.
func (s *secrets) cleaned(err error) error {
	if err == nil {
		return nil
	}
	if text := s.clean(err.Error()); text != err.Error() {
		return &cleanError{err, text}
	}
	return err
}

// clean is a text that may be shown.
func (s *secrets) clean(text string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.toClean == nil {
		return text
	}
	return s.toClean.Replace(text)
}

// hide is a text that may be written to a file, of which show makes what it was.
func (s *secrets) hide(text string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.toHide == nil {
		return strings.ReplaceAll(text, "{{", openMark)
	}
	return s.toHide.Replace(text)
}

// show takes the values from the environment: what a template had there may not have been
// asked for yet. A mark of a variable that is gone stays.
func (s *secrets) show(text string) string {
	return marks.ReplaceAllStringFunc(text, func(mark string) string {
		if mark == openMark {
			return "{{"
		}
		found := marks.FindStringSubmatch(mark)
		value, ok := os.LookupEnv(found[2])
		if !ok {
			return mark
		}
		s.add(found[2], value)
		return forms(value)[found[1][0]-'0']
	})
}

// fromEnv is what a text says, or what the variable holds that it names by env:NAME.
func (s *secrets) fromEnv(what, text string) (string, error) {
	name, ok := strings.CutPrefix(text, "env:")
	if !ok {
		return text, nil
	}
	value, ok := os.LookupEnv(name)
	if !ok || value == "" {
		return "", fmt.Errorf("%s is env:%s: the environment has no variable %s: %w", what, name, name, ErrVar)
	}
	s.add(name, value)
	return value, nil
}

// values are the values of the variables. set are those that a run gives others.
func (f *Flow) values(set map[string]string) (map[string]any, error) {
	values := make(map[string]any, len(f.vars))
	names := make([]string, 0, len(f.vars))
	for _, v := range f.vars {
		names = append(names, v.name)
		given, ok := set[v.name]
		if !ok {
			given = v.value
		}
		value, err := f.secrets.fromEnv("the variable "+v.name, given)
		if err != nil {
			return nil, err
		}
		values[v.name] = value
	}
	for name := range set {
		if _, ok := values[name]; !ok {
			return nil, fmt.Errorf("the flow has no variable %q%s: %w", name, strings.TrimSuffix(suggest(name, names), "?"), ErrVar)
		}
	}
	return values, nil
}
