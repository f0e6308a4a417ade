package source

import (
	"fmt"
	"strings"
)

// schemes are those that a URL may have. demo is the origin that inflight brings along.
var schemes = []string{"https", "http", "demo"}

// CheckURL says what is wrong with a URL, and at which byte; reason is empty if nothing
// is. It wants a scheme that can be fetched, http, https or demo, a host, and no white
// space. It does not look closely: net/url may still refuse what it lets pass.
func CheckURL(url string) (offset int, reason string) {
	for i := range len(url) {
		if c := url[i]; c <= ' ' || c == 0x7f {
			return i, fmt.Sprintf("not a URL: it has the character %q", c)
		}
	}
	i := strings.Index(url, "://")
	if i < 0 {
		return 0, "not a URL: it does not begin with http:// or https://"
	}
	for _, scheme := range schemes {
		if !strings.EqualFold(url[:i], scheme) {
			continue
		}
		rest := url[i+3:]
		if scheme == "demo" && strings.HasPrefix(rest, "/") {
			return 0, "" // it has one host, which need not be named
		}
		if rest == "" || strings.IndexByte("/?#:", rest[0]) >= 0 {
			return i + 3, "not a URL: there is no host"
		}
		return 0, ""
	}
	return 0, "not a URL that can be fetched: it does not begin with http:// or https://"
}
