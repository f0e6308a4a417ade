package secret

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// URL returns a URL with its password (or its user name, where there is none) and those of its parameters redacted that carry
// credentials, in the fragment too. Nothing else of it is changed, and it need not be
// one that can be read.
func URL(raw string) string {
	if strings.IndexByte(raw, '@') >= 0 {
		raw = redacted.password(raw)
	}
	if strings.IndexByte(raw, '=') < 0 {
		return raw
	}
	start := next(raw, 0, true)
	if safe := redacted.parameters(raw[start:]); safe != raw[start:] {
		return raw[:start] + safe
	}
	return raw
}

// A hider says what stands in place of a secret.
type hider func(value string) string

var (
	redacted hider = func(string) string { return Redacted }
	masked   hider = stars
)

// stars are as many as the value has characters.
func stars(value string) string { return strings.Repeat("*", utf8.RuneCountInString(value)) }

// password hides what stands between the name and the last @ before the path, or else
// the name.
func (hide hider) password(raw string) string {
	start := strings.Index(raw, "//")
	if start < 0 {
		return raw
	}
	start += len("//")
	end := start + strings.IndexAny(raw[start:]+"/", "/?#")
	at := strings.LastIndexByte(raw[start:end], '@')
	colon := strings.IndexByte(raw[start:end], ':')
	if at < 0 && colon >= 0 && !digits(raw[start+colon+1:end]) && raw[start] != '[' {
		at = strings.LastIndexByte(raw[start:], '@') // a password with a slash, and no port
	}
	switch {
	case at <= 0:
		return raw
	case colon < 0 || colon >= at: // a name alone is a token, as a rule
		return raw[:start] + hide(raw[start:start+at]) + raw[start+at:]
	case colon+1 == at && colon > 0: // the same, with a : that has nothing behind it
		return raw[:start] + hide(raw[start:start+colon]) + raw[start+colon:]
	}
	return raw[:start+colon+1] + hide(raw[start+colon+1:start+at]) + raw[start+at:]
}

func digits(text string) bool { return strings.Trim(text, "0123456789") == "" }

// parameters hides those of name=value that are secret. Before each stands one of ?#&;.
func (hide hider) parameters(text string) string {
	var b strings.Builder // which stays empty while nothing is redacted
	done := 0
	for at := 0; at < len(text); {
		end := next(text, at+1, true)
		name, value, found := strings.Cut(text[at+1:end], "=")
		if found && escapedName(name) {
			begin := end - len(value)
			end = next(text, end, false)
			value = text[begin:end]
			if value != "" {
				b.WriteString(text[done : end-len(value)])
				b.WriteString(hide(value))
				done = end
			}
		}
		at = end
	}
	if done == 0 {
		return text
	}
	return b.String() + text[done:]
}

// next is where a parameter ends, or begins, or the text ends. The value of a secret may
// have ? and ; in it, a name not.
func next(text string, from int, name bool) int {
	for i := from; i < len(text); i++ {
		if c := text[i]; c == '&' || c == '#' || name && (c == '?' || c == ';') {
			return i
		}
	}
	return len(text)
}

// escapedName is Name for one that has escapes; of one that can't be read nobody knows.
func escapedName(name string) bool {
	if strings.IndexByte(name, '%') < 0 {
		return Name(name)
	}
	plain, err := url.QueryUnescape(name)
	return err != nil || Name(plain)
}
