package request

import (
	"fmt"
	"strings"
)

// isToken tells whether a text can be a method or the name of a header.
func isToken(text string) bool {
	for i := range len(text) {
		c := text[i]
		if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0 {
			continue
		}
		return false
	}
	return text != ""
}

// notForHeader says why a text can't be the value of a header, though not what it is,
// since it may be secret; it returns "" for one that can.
func notForHeader(value string) string {
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return fmt.Sprintf("it has the character %q, which a header can't have", c)
		}
	}
	return ""
}
