package session

import (
	"context"
	"net/http"
)

var wantJSON = http.Header{"Accept": {"application/json"}}

// JSON gets the URL and decodes the body of the answer. A status of 400 and above
// is a *StatusError; other errors are those of Do and of Response.JSON.
func JSON[T any](ctx context.Context, s *Session, url string) (T, error) {
	var v T
	r, err := s.Do(ctx, &Request{URL: url, Header: wantJSON})
	if err == nil {
		err = r.Err()
	}
	if err == nil {
		err = r.JSON(&v)
	}
	return v, err
}
