// Package secret keeps out of results, logs and messages what must not stand there:
// passwords in URLs, and the values of what is called as secrets are. The names stand
// here once.
package secret

import (
	"slices"
	"strings"
)

// Redacted stands in place of what is secret.
const Redacted = "REDACTED"

// Shortest is how long a secret is at least for which texts are looked through.
const Shortest = 5

// parts are parts of the names of what is secret, in lower case and without separators.
var parts = []string{
	"authorization", "cookie", "token", "secret", "password", "passwd", "passphrase", "apikey", "accesskey", "privatekey",
	"subscriptionkey", "functionskey", "signature", "credential", "session",
}

// wholes are whole names, which mean something else as part of another.
var wholes = []string{"key", "auth", "xauth", "sig", "code", "pwd", "pass", "jwt", "otp", "assertion"}

// counts are how names end that have such a part and are no secret: max_tokens,
// page_token.
var counts = []string{"tokens", "pagetoken"}

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
	if slices.ContainsFunc(counts, func(end string) bool { return strings.HasSuffix(string(plain), end) }) {
		return false
	}
	for _, whole := range wholes {
		if string(plain) == whole {
			return true
		}
	}
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(string(plain), part) })
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
