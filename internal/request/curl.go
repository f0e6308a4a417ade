package request

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// Redacted stands in place of what is secret.
const Redacted = "REDACTED"

// Curl returns a command for a shell that sends the request by curl. What is secret is
// redacted: the headers, the parameters and the passwords that carry credentials. A
// body that is no text is not shown.
func Curl(r Request) string {
	words := []string{"curl"}
	switch {
	case r.Method == "HEAD" && r.Body == nil:
		words = append(words, "--head") // with -X it would wait for a body
	case r.Method != "" && (r.Method != "GET" || r.Body != nil):
		words = append(words, "-X", r.Method)
	}
	to := RedactURL(r.URL)
	if strings.ContainsAny(to, "[]{}") {
		words = append(words, "--globoff")
	}
	words = append(words, quote(to))
	for _, name := range sortedNames(r.Header) {
		for _, value := range r.Header[name] {
			field := name + ": " + RedactHeader(name, value)
			if value == "" {
				field = name + ";" // with a colon it would not be sent
			}
			words = append(words, "-H", quote(field))
		}
	}
	if r.IdempotencyKey != "" {
		words = append(words, "-H", quote("Idempotency-Key: "+r.IdempotencyKey))
	}
	if r.Body != nil && r.Header["Content-Type"] == nil {
		words = append(words, "-H", "Content-Type:") // or curl would say what it is
	}
	if r.Body != nil {
		words = append(words, bodyWords(r.Body)...)
	}
	return strings.Join(words, " ")
}

func bodyWords(body []byte) []string {
	if !utf8.Valid(body) || slices.Contains(body, 0) {
		return []string{"--data-binary", "@-", fmt.Sprintf("# %d bytes that are no text", len(body))}
	}
	return []string{"--data-raw", quote(string(body))}
}

func sortedNames(header map[string][]string) []string {
	names := make([]string, 0, len(header))
	for name := range header {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// quote quotes a text for a shell. A newline stays as it is, between the quotes; other
// characters that can't be printed are escaped.
func quote(text string) string {
	control := func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 }
	if strings.IndexFunc(text, control) >= 0 {
		var b strings.Builder
		for _, r := range text {
			switch {
			case control(r):
				fmt.Fprintf(&b, `\u%04x`, r)
			case r == '\'' || r == '\\':
				b.WriteString(`\` + string(r))
			default:
				b.WriteRune(r)
			}
		}
		return "$'" + b.String() + "'"
	}
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=,@%+", r)
	}
	if text != "" && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// secretWords are parts of the names of what is secret, in lower case and without
// separators.
var secretWords = []string{
	"authorization", "cookie", "token", "secret", "password", "passwd", "apikey", "accesskey", "privatekey", "signature", "credential", "session",
}

// secret tells by the name of a header or a parameter whether its value is secret.
func secret(name string) bool {
	name = strings.NewReplacer("-", "", "_", "", ".", "").Replace(strings.ToLower(name))
	if name == "key" || name == "auth" || name == "xauth" || name == "sig" || name == "pwd" || name == "jwt" {
		return true
	}
	return slices.ContainsFunc(secretWords, func(word string) bool { return strings.Contains(name, word) })
}

// RedactHeader returns the value of a header, redacted if it carries credentials. The
// scheme of an Authorization stays.
func RedactHeader(name, value string) string {
	if !secret(name) {
		return value
	}
	scheme, _, found := strings.Cut(value, " ")
	if found && strings.HasSuffix(strings.ToLower(name), "authorization") {
		return scheme + " " + Redacted
	}
	return Redacted
}

// RedactURL returns the URL with its password and those of its parameters redacted that
// carry credentials. Nothing else of it is changed; one that can't be read is redacted.
func RedactURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return Redacted
	}
	if u.User != nil {
		// What stands between the scheme and the last @ before the path.
		start := strings.Index(raw, "//") + 2
		end := start + strings.IndexAny(raw[start:]+"/", "/?#")
		at := start + strings.LastIndexByte(raw[start:end], '@')
		name, _, hasPassword := strings.Cut(raw[start:at], ":")
		if hasPassword {
			name += ":" + Redacted
		}
		raw = raw[:start] + name + raw[at:]
	}
	if u.RawQuery == "" {
		return raw
	}
	before, after, _ := strings.Cut(raw, "?")
	query, fragment, hasFragment := strings.Cut(after, "#")
	parts := strings.Split(query, "&")
	for i, part := range parts {
		name, _, hasValue := strings.Cut(part, "=")
		plain, err := url.QueryUnescape(name)
		if hasValue && (err != nil || secret(plain)) {
			parts[i] = name + "=" + Redacted
		}
	}
	raw = before + "?" + strings.Join(parts, "&")
	if hasFragment {
		raw += "#" + fragment
	}
	return raw
}
