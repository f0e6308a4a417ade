package request

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"strconv"
	"strings"
	"text/template"

	"github.com/itchyny/gojq"
)

// The names of functions that templates are rewritten to use.
const (
	textName   = "_text"   // at the end of each action
	lookupName = "_lookup" // for a field that may be missing
)

// A funcError is what is wrong with the arguments of a function of a template.
type funcError struct{ reason string }

func (e *funcError) Error() string { return e.reason }

// noText says why a value is no text.
func noText(v any) error {
	switch v := v.(type) {
	case nil:
		return &funcError{`null is no text; {{default "" .field}} or {{json .field}}`}
	case []any:
		return &funcError{fmt.Sprintf("an array of %d is no text; {{json .field}} or {{join \",\" .field}}", len(v))}
	case map[string]any:
		return &funcError{"an object is no text; {{json .field}}" + FieldsOf(v)}
	}
	return &funcError{fmt.Sprintf("a value of type %T is no text", v)}
}

// textOf is the text of a value, with numbers as they are written.
func textOf(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case bool:
		return strconv.FormatBool(v), nil
	case int:
		return strconv.Itoa(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64, *big.Int: // which expressions compute; as they are written in JSON
		text, err := gojq.Marshal(v)
		if string(text) == "null" {
			return "", noText(nil) // not a number
		}
		return string(text), err
	}
	return "", noText(v)
}

// onText makes a function of any value from one of texts.
func onText(f func(string) string) func(any) (string, error) {
	return func(v any) (string, error) {
		text, err := textOf(v)
		if err != nil {
			return "", err
		}
		return f(text), nil
	}
}

// noPart says what to write in a path where there may be no part.
const noPart = "; where there may be none: {{with .field}}{{path .}}{{end}}"

// pathPart is a text as a part of a path. One that can be none would lead to another path
// than the template says, such as to that of the whole list.
func pathPart(v any) (string, error) {
	if v == nil {
		return "", &funcError{"null is no part of a path" + noPart}
	}
	text, err := textOf(v)
	if err != nil {
		return "", err
	}
	switch text {
	case "":
		return "", &funcError{"an empty text is no part of a path" + noPart}
	case ".", "..":
		return "", &funcError{fmt.Sprintf("%q is no part of a path, but leads to another one", text)}
	}
	return url.PathEscape(text), nil
}

// functions are those that templates have. lookup tells the variables of the
// environment; nil means that they are not for templates.
func functions(lookup func(string) (string, bool)) template.FuncMap {
	return template.FuncMap{
		textName:   textOf,
		lookupName: lookupField,
		"path":     pathPart,
		"query":    onText(url.QueryEscape),
		"b64":      onText(func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }),
		"sha256":   onText(func(s string) string { sum := sha256.Sum256([]byte(s)); return hex.EncodeToString(sum[:]) }),
		"upper":    onText(strings.ToUpper),
		"lower":    onText(strings.ToLower),
		"trim":     onText(strings.TrimSpace),
		"json":     toJSON,
		"default":  orDefault,
		"join":     join,
		"int": func(v any) (int, error) {
			text, err := textOf(v)
			if err != nil {
				return 0, err
			}
			n, err := strconv.Atoi(text)
			if err != nil {
				return 0, &funcError{fmt.Sprintf("%q is no whole number", text)}
			}
			return n, nil
		},
		"replace": func(from, to string, v any) (string, error) {
			return onText(func(s string) string { return strings.ReplaceAll(s, from, to) })(v)
		},
		"env": func(name string) (string, error) {
			if lookup == nil {
				return "", &funcError{"the environment is not for templates here"}
			}
			value, ok := lookup(name)
			if !ok {
				return "", &funcError{fmt.Sprintf("the environment has no variable %q", name)}
			}
			return value, nil
		},
	}
}

// functionNames are what a wrong name is compared with.
var functionNames = []string{
	"path", "query", "json", "b64", "sha256", "upper", "lower", "trim", "replace", "join", "int", "default", "env",
	"and", "or", "not", "index", "slice", "len", "print", "printf", "println", "eq", "ne", "lt", "le", "gt", "ge", "urlquery",
	"if", "else", "end", "range", "with",
}

func toJSON(v any) (string, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "", &funcError{err.Error()}
	}
	return strings.TrimSuffix(buf.String(), "\n"), nil
}

func orDefault(byDefault, v any) any {
	if v == nil || v == "" {
		return byDefault
	}
	return v
}

func join(separator string, v any) (string, error) {
	items, ok := v.([]any)
	if !ok {
		return "", &funcError{"join wants an array"}
	}
	texts := make([]string, len(items))
	for i, item := range items {
		var err error
		if texts[i], err = textOf(item); err != nil {
			return "", err
		}
	}
	return strings.Join(texts, separator), nil
}

// lookupField returns a field of a field of a value, or nil where there is none.
func lookupField(v any, names ...string) (any, error) {
	for _, name := range names {
		fields, ok := v.(map[string]any)
		if !ok && v != nil {
			return nil, &funcError{fmt.Sprintf("%s has no fields, so there is no %q", KindOf(v), name)}
		}
		v = fields[name]
	}
	return v, nil
}

// KindOf is what JSON calls a value.
func KindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case []any:
		return "an array"
	case map[string]any:
		return "an object"
	}
	return "a number"
}

var (
	errTooLarge = errors.New("the text is larger than 64 MiB, which is the most")
	errTooLong  = errors.New("the template goes round more often than 10 million times, which is the most")
)
