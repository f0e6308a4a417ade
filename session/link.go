package session

import (
	"net/url"
	"strings"
)

// Link returns where the header Link leads with a relation, such as "next" for the next
// page (RFC 8288): of several the first, resolved against URL, and as it stands where
// it is no URL; "" for none.
func (r *Response) Link(rel string) string {
	to := linkTo(r.Header.Values("Link"), rel)
	if to == "" {
		return ""
	}
	base, err := url.Parse(r.URL)
	if err != nil {
		return to
	}
	u, err := base.Parse(to)
	if err != nil {
		return to
	}
	return u.String()
}

// linkTo is the reference of a relation in the values of a header Link.
func linkTo(values []string, rel string) string {
	for _, value := range values {
		for value != "" {
			open := strings.IndexByte(value, '<')
			end := strings.IndexByte(value, '>')
			if open < 0 || end < open {
				break
			}
			to := value[open+1 : end]
			params, rest := linkParams(value[end+1:])
			if hasRelation(params, rel) {
				return strings.TrimSpace(to)
			}
			value = rest
		}
	}
	return ""
}

// linkParams takes the parameters off, up to the comma behind them.
func linkParams(s string) (params, rest string) {
	quoted := false
	for i := range len(s) {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ',' && !quoted:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

func hasRelation(params, rel string) bool {
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(param, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "rel") {
			continue
		}
		for word := range strings.FieldsSeq(strings.Trim(strings.TrimSpace(value), `"`)) {
			if strings.EqualFold(word, rel) {
				return true
			}
		}
	}
	return false
}
