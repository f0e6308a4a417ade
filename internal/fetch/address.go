package fetch

import (
	"net/url"
	"strings"

	"github.com/inflight-go/inflight/internal/request"
	"github.com/inflight-go/inflight/internal/source"
)

// withoutPassword is a URL as results show it.
func withoutPassword(text string) string {
	u := withUser(text)
	if u == nil {
		return source.WithoutPasswords(text) // it may be one that can't be read
	}
	if _, has := u.User.Password(); !has {
		return text
	}
	u.User = url.UserPassword(u.User.Username(), request.Redacted)
	return u.String()
}

// withoutUser is a URL as a session tells it of an answer.
func withoutUser(text string) string {
	u := withUser(text)
	if u == nil {
		return text
	}
	u.User = nil
	return u.String()
}

// withUser reads a URL that names a user, and returns nil for any other.
func withUser(text string) *url.URL {
	if !strings.Contains(text, "@") {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.User == nil {
		return nil
	}
	return u
}
