// Package secret keeps out of results, logs and messages what must not stand there:
// passwords in URLs, and the values of what is called as secrets are. The names stand
// here once.
package secret

import (
	"bytes"
	"strings"
)

// Redacted stands in place of what is secret.
const Redacted = "REDACTED"

// Shortest is how long a secret is at least for which texts are looked through.
const Shortest = 5

// parts are parts of the names of what is secret, in lower case and without separators,
// by their first letters.
var parts = [256][]string{
	'a': {"authorization", "apikey", "accesskey"},
	'c': {"cookie", "credential"},
	'f': {"functionskey"},
	'p': {"password", "passwd", "passphrase", "privatekey"},
	's': {"secret", "signature", "session", "subscriptionkey"},
	't': {"token"},
}

// Name tells by the name of a header, a parameter or a member whether its value is
// secret.
func Name(name string) bool {
	var buffer [64]byte
	plain := buffer[:0]
	for i := range len(name) {
		c := name[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != '-' && c != '_' && c != '.' {
			plain = append(plain, c)
		}
	}
	switch string(plain) {
	case "key", "auth", "xauth", "sig", "code", "pwd", "pass", "jwt", "otp", "assertion": // as parts they mean something else
		return true
	}
	for i, c := range plain {
		for _, part := range parts[c] {
			if len(plain)-i >= len(part) && string(plain[i:i+len(part)]) == part {
				return !counts(plain)
			}
		}
	}
	return false
}

// counts tells of names that have such a part, and are no secret: max_tokens, page_token.
func counts(plain []byte) bool {
	return bytes.HasSuffix(plain, []byte("tokens")) || bytes.HasSuffix(plain, []byte("pagetoken"))
}

// Header returns the value of a header, redacted if it carries credentials. The scheme
// of an Authorization stays.
func Header(name, value string) string {
	if !Name(name) || value == "" {
		return value
	}
	scheme, _, found := strings.Cut(value, " ")
	if found && strings.HasSuffix(strings.ToLower(name), "authorization") {
		return scheme + " " + Redacted
	}
	return Redacted
}
