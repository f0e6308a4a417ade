package fetch

import (
	"fmt"
	"os"

	"github.com/inflight-go/inflight/internal/request"
)

// newPlan makes the plan by which rows become requests.
func newPlan(o *Options) (*request.Plan, error) {
	s := request.Spec{
		Method: o.Method, URL: o.template(), Headers: o.Header, Query: o.Query,
		Data: o.Data, JSON: o.JSON, Form: o.Form, Multipart: o.Multipart, IdempotencyKey: o.IdemKey, Key: o.KeyExpr,
	}
	if o.Post != "" && s.Method == "" {
		s.Method = "POST"
	}
	if o.DataFile != "" {
		text, err := os.ReadFile(o.DataFile)
		if err != nil {
			return nil, &Error{Usage, fmt.Errorf("--data-file: %w", err)}
		}
		s.Data = string(text)
	}
	for _, c := range o.Cookie {
		if _, _, err := pair("cookie", c); err != nil {
			return nil, err
		}
		s.Headers = append(s.Headers, "Cookie: "+c)
	}
	plan, err := request.Compile(s)
	if err != nil {
		return nil, &Error{Usage, err}
	}
	return plan, nil
}
