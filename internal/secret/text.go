package secret

import (
	"regexp"
	"strings"
)

// What is looked for in texts: URLs up to a space or a quote, parameters of URLs of
// which only a part is there, members of JSON, and parts of forms.
var (
	addresses = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^\s"'<>` + "`" + `]+`)
	spaced    = regexp.MustCompile(`(://[^:/?#@\s"]*:)([^/?#@"]*)@`) // a password that has spaces
	pairs     = regexp.MustCompile(`[?&;#][^=&?#;\s"'<>]+=[^&#\s"'<>]*[^&#\s"'<>:,.;)]`)
	member    = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"(\s*:\s*)("(?:[^"\\]|\\.)*(?:"|$)|-?[0-9][0-9.eE+-]*)`)
	formPart  = regexp.MustCompile(`(?s)(form-data; name="([^"]*)".*?\r\n\r\n)(.*?)(\r\n--)`)
)

// Text returns a message without what is secret in the URLs and parameters in it.
func Text(text string) string { return redacted.text(text) }

// Body returns what is sent without what is secret in it: the fields of a form, the
// parts of a multipart form and the members of JSON whose names say so, where they are
// texts or numbers; and what Text finds.
func Body(text string) string { return redacted.body(text) }

// Mask is Body with as many stars as the secret has characters, for a text under which
// something points at a column.
func Mask(text string) string { return masked.body(text) }

// MaskAll returns a text of stars, but for what stands within {{ and }}.
func MaskAll(text string) string {
	var b strings.Builder
	for text != "" {
		plain, rest, found := strings.Cut(text, "{{")
		b.WriteString(stars(plain))
		if !found {
			break
		}
		action, after, _ := strings.Cut(rest, "}}")
		b.WriteString("{{" + action)
		if text = after; len(rest) > len(action) {
			b.WriteString("}}")
		}
	}
	return b.String()
}

func (hide hider) text(text string) string {
	if strings.Contains(text, "://") && strings.Contains(text, "@") {
		text = addresses.ReplaceAllStringFunc(text, hide.password)
		text = spaced.ReplaceAllStringFunc(text, func(found string) string {
			m := spaced.FindStringSubmatch(found)
			if m[2] == Redacted {
				return found
			}
			return m[1] + hide(m[2]) + "@"
		})
	}
	if strings.Contains(text, "=") {
		text = pairs.ReplaceAllStringFunc(text, hide.parameters)
	}
	return text
}

func (hide hider) body(text string) string {
	switch {
	case strings.Contains(text, "form-data; name="):
		text = formPart.ReplaceAllStringFunc(text, func(part string) string {
			m := formPart.FindStringSubmatch(part)
			if !Name(m[2]) {
				return part
			}
			return m[1] + hide(m[3]) + m[4]
		})
	case strings.Contains(text, `"`):
		text = member.ReplaceAllStringFunc(text, func(pair string) string {
			m := member.FindStringSubmatch(pair)
			if value := strings.Trim(m[3], `"`); Name(m[1]) && value != "" {
				return `"` + m[1] + `"` + m[2] + strings.Replace(m[3], value, hide(value), 1)
			}
			return pair
		})
	case strings.Contains(text, "=") && !strings.Contains(text, "://"):
		return hide.parameters("&" + text)[1:]
	}
	return hide.text(text)
}
