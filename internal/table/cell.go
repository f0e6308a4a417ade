package table

import (
	"bytes"
	"encoding/json"
	"net/textproto"
	"strings"
)

// bodies are the forms in which a body may be there.
var bodies = [...]string{"json", "body", "body_base64", "body_file"}

// cell is what stands in a column: a text as it is, other values as JSON, and nothing
// for what is not there, or null.
func cell(result map[string]json.RawMessage, path []string) string {
	switch {
	case len(path) == 1 && path[0] == "body":
		for _, form := range bodies {
			if v, has := result[form]; has {
				return text(v)
			}
		}
		return ""
	case len(path) == 1 && path[0] == "error":
		return errorText(result["error"])
	case len(path) == 2 && path[0] == "headers":
		return header(result["headers"], path[1])
	}
	return text(part(result[path[0]], path[1:]))
}

// part is the part of a value to which names lead, nil for none.
func part(v json.RawMessage, names []string) json.RawMessage {
	for _, name := range names {
		var fields map[string]json.RawMessage
		if json.Unmarshal(v, &fields) != nil {
			return nil
		}
		v = fields[name]
	}
	return v
}

func text(v json.RawMessage) string {
	switch {
	case len(v) == 0, string(v) == "null":
		return ""
	case v[0] == '"':
		var s string
		if json.Unmarshal(v, &s) == nil {
			return s
		}
	case v[0] == '{', v[0] == '[':
		var b bytes.Buffer
		if json.Compact(&b, v) == nil {
			return b.String()
		}
	}
	return string(v)
}

// errorText is an error on one line: its class, and what it says.
func errorText(v json.RawMessage) string {
	var e struct{ Class, Message string }
	if len(v) == 0 || json.Unmarshal(v, &e) != nil || e.Class == "" {
		return text(v)
	}
	if e.Message == "" {
		return e.Class
	}
	return e.Class + ": " + e.Message
}

// header is the value of a header, whose name may be written in any case.
func header(v json.RawMessage, name string) string {
	var h map[string][]string
	if len(v) == 0 || json.Unmarshal(v, &h) != nil {
		return ""
	}
	return strings.Join(h[textproto.CanonicalMIMEHeaderKey(name)], ", ")
}
