// Package shell writes words for a shell.
package shell

import (
	"fmt"
	"strings"
)

// Word is a text as one word of a shell, in quotes where it needs them. A newline stays
// as it is, between the quotes; other characters that can't be printed are escaped, in
// the way of bash.
func Word(text string) string {
	if strings.ContainsFunc(text, control) {
		return escaped(text)
	}
	if text != "" && !strings.ContainsFunc(text, special) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

func control(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 }

// special are the characters that may mean something to a shell.
func special(r rune) bool {
	plain := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=,@%+", r)
	return !plain
}

func escaped(text string) string {
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
