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
		authority := rest
		if end := strings.IndexAny(rest, "/?#"); end >= 0 {
			authority = rest[:end]
		}
		if host := authority[strings.LastIndexByte(authority, '@')+1:]; host == "" || host[0] == ':' {
			return i + 3, "not a URL: there is no host"
		}
		return checkPort(url, i+3)
	}
	return 0, "not a URL that can be fetched: it does not begin with http:// or https://"
}

// checkPort says what is wrong with a port that is a number; of others net/url speaks.
func checkPort(url string, authority int) (offset int, reason string) {
	end := len(url)
	if i := strings.IndexAny(url[authority:], "/?#"); i >= 0 {
		end = authority + i
	}
	at := authority + strings.LastIndexAny(url[authority:end], ":@]") + 1
	if at == authority || url[at-1] != ':' || at == end || strings.Trim(url[at:end], "0123456789") != "" {
		return 0, ""
	}
	if port := strings.TrimLeft(url[at:end], "0"); port == "" || len(port) > 5 || len(port) == 5 && port > "65535" {
		return at, "not a URL: a port is a number from 1 to 65535"
	}
	return 0, ""
}
