package flow

import (
	"fmt"
	"net/url"
	"os"
	"slices"
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
	toShow  *strings.Replacer
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
	var clean, hide, show []string
	for _, value := range values {
		for i, form := range []string{value, url.QueryEscape(value), url.PathEscape(value)} {
			mark := fmt.Sprintf("{{%d %s}}", i, s.names[value])
			clean = append(clean, form, secret.Redacted)
			hide = append(hide, form, mark)
			show = append(show, mark, form)
		}
	}
	s.toClean, s.toHide, s.toShow = strings.NewReplacer(clean...), strings.NewReplacer(hide...), strings.NewReplacer(show...)
}

func (s *secrets) replace(which func() *strings.Replacer, text string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if r := which(); r != nil {
		return r.Replace(text)
	}
	return text
}

// clean is a text that may be shown.
func (s *secrets) clean(text string) string {
	return s.replace(func() *strings.Replacer { return s.toClean }, text)
}

// hide is a text that may be written to a file, of which show makes what it was.
func (s *secrets) hide(text string) string {
	return s.replace(func() *strings.Replacer { return s.toHide }, text)
}

func (s *secrets) show(text string) string {
	return s.replace(func() *strings.Replacer { return s.toShow }, text)
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
