package flow

import (
	"encoding/json"
	"maps"
	"strings"

	"github.com/inflight-go/inflight/internal/request"
)

// A scope is what the templates of a step see: the variables, the items of the steps
// that it is for, each under the name of its step, and the fields of the nearest of
// them. A variable goes before a step, and a step before a field: what a server sends
// can't take their places. The item as a whole is item.
type scope struct {
	vars  map[string]any
	names []string // of the steps, the list first
	items []any
}

// with is the scope of the steps that are for s, at one of its items.
func (sc scope) with(s *step, item any) scope {
	n := len(sc.names)
	return scope{sc.vars, append(sc.names[:n:n], s.name), append(sc.items[:n:n], item)}
}

// object is the scope as templates see it.
func (sc scope) object() map[string]any {
	all := make(map[string]any)
	if n := len(sc.items); n > 0 {
		if fields, ok := sc.items[n-1].(map[string]any); ok {
			maps.Copy(all, fields)
		}
		all["item"] = sc.items[n-1]
	}
	for i, name := range sc.names {
		all[name] = sc.items[i]
	}
	maps.Copy(all, sc.vars)
	return all
}

// A leaf is a text in a body of JSON.
type leaf struct {
	source string
	text   *request.Template
	value  bool // it is nothing but {{json …}}
}

// newLeaf reads a text. One that is nothing but {{json .field}} is that value.
func newLeaf(source string, env func(string) (string, bool)) (*leaf, error) {
	t, err := request.CompileTemplate("json", source, env)
	if err != nil {
		return nil, err
	}
	l := &leaf{source: source, text: t}
	if inner := strings.TrimSpace(source); strings.HasPrefix(inner, "{{json ") && strings.Count(inner, "{{") == 1 && strings.HasSuffix(inner, "}}") {
		l.value = true
	}
	return l, nil
}

// fill is a body with its texts filled in.
func fill(v any, object map[string]any) (any, error) {
	var err error
	switch v := v.(type) {
	case *leaf:
		text, err := v.text.Text(object)
		if err != nil || !v.value {
			return text, err
		}
		return json.RawMessage(text), nil
	case map[string]any:
		filled := make(map[string]any, len(v))
		for name, value := range v {
			if filled[name], err = fill(value, object); err != nil {
				return nil, err
			}
		}
		return filled, nil
	case []any:
		filled := make([]any, len(v))
		for i, value := range v {
			if filled[i], err = fill(value, object); err != nil {
				return nil, err
			}
		}
		return filled, nil
	}
	return v, nil
}
