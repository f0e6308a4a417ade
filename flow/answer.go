package flow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/request"
	"github.com/inflight-go/inflight/internal/secret"
	"github.com/inflight-go/inflight/internal/source"
	"github.com/inflight-go/inflight/session"
)

// A lane is what the steps with one limit send by.
type lane struct {
	session *session.Session
	slots   *inflight.Limiter // nil for any number
}

// An answer is what a request got.
type answer struct {
	asked  string // the URL that was asked for
	url    string // and the one that has answered, behind redirects
	header http.Header
	value  any
	hash   string
}

// request makes the request of a step.
func (s *step) request(sc scope) (request.Request, error) {
	object := sc.object()
	req, err := s.plan.Build(source.Row{Value: object})
	if err != nil || s.json == nil {
		return req, err
	}
	filled, err := fill(s.json.value, object)
	if err != nil {
		return req, err
	}
	req.Body, err = json.Marshal(filled)
	return req, err
}

// send sends a request within its limit, and reads the answer.
func (r *run) send(ctx context.Context, s *step, req request.Request) (*answer, error) {
	l := r.lanes[s.limit]
	if l.slots != nil {
		if err := l.slots.Acquire(ctx); err != nil {
			return nil, err
		}
		defer l.slots.Release()
	}
	defer r.counts[s].begin()()
	resp, err := l.session.Do(ctx, &session.Request{
		Method: req.Method, URL: req.URL, Header: withAccept(req.Header), Body: req.Body, IdempotencyKey: req.IdempotencyKey,
	})
	if err != nil {
		return nil, err
	}
	if resp.Status < 200 || resp.Status > 299 { // also a redirect that leads nowhere: its body is no answer
		return nil, r.refusal(req.Method, resp)
	}
	a := &answer{asked: req.URL, url: resp.URL, header: resp.Header, hash: hashOf(resp.Body)}
	if a.value, err = r.decode(resp); err != nil {
		return nil, fmt.Errorf("%s %s: %w", req.Method, secret.URL(req.URL), err)
	}
	return a, nil
}

func withAccept(h http.Header) http.Header {
	if h["Accept"] != nil {
		return h
	}
	all := h.Clone()
	if all == nil {
		all = make(http.Header)
	}
	all["Accept"] = []string{"application/json"}
	return all
}

// A StatusError is an answer that says that it is none.
type StatusError struct {
	Method, URL string
	Status      int
	Attempts    int
	Body        string // the beginning
}

// Error names the request and the status, and quotes the answer.
func (e *StatusError) Error() string {
	text := fmt.Sprintf("%s %s: %d %s", e.Method, e.URL, e.Status, http.StatusText(e.Status))
	if e.Attempts > 1 {
		text += fmt.Sprintf(" after %d attempts", e.Attempts)
	}
	if e.Body != "" {
		text += fmt.Sprintf(": %.200q", e.Body)
	}
	return text
}

func (r *run) refusal(method string, resp *session.Response) error {
	return &StatusError{method, secret.URL(resp.URL), resp.Status, len(resp.Attempts), r.beginning(resp.Body, 500)}
}

// beginning is that of a body, to be shown. What is secret is taken out before it is cut,
// where a part of it would be left.
func (r *run) beginning(body []byte, n int) string {
	text := strings.TrimSpace(r.f.secrets.clean(string(body[:min(len(body), n+1<<16)])))
	return strings.ToValidUTF8(text[:min(len(text), n)], "")
}

// decode reads the JSON of an answer. No body at all is null.
func (r *run) decode(resp *session.Response) (any, error) {
	if resp.Truncated {
		return nil, fmt.Errorf("the answer is longer than %d bytes, and was cut", resp.Bytes)
	}
	body := bytes.TrimPrefix(resp.Body, []byte("\uFEFF"))
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, nil
	}
	if !utf8.Valid(body) { // a decoder would put other characters into its texts
		return nil, fmt.Errorf("the answer is not in UTF-8, as JSON is, but %s", orNothing(resp.Header.Get("Content-Type")))
	}
	value, err := decodeJSON(body)
	if err != nil {
		return nil, fmt.Errorf("the answer is no JSON but %s: %v: %.60q", orNothing(resp.Header.Get("Content-Type")), err, r.beginning(resp.Body, 500))
	}
	return value, nil
}

func orNothing(kind string) string {
	if kind == "" {
		return "of no type"
	}
	return kind
}

// decodeJSON reads one value, with numbers as json.Number.
func decodeJSON(data []byte) (any, error) {
	var value any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("something follows the value")
	}
	return value, nil
}

// valuesOf are what each takes from an answer; without it that is the answer itself.
func valuesOf(s *step, value any) ([]any, error) {
	if s.each == nil {
		return []any{value}, nil
	}
	values, err := s.each.All(value)
	if err != nil {
		return nil, fmt.Errorf("each %s: %w%s", s.each, err, request.FieldsOf(value))
	}
	if s.kind() == "http" && s.collect == collectList && aField.MatchString(s.each.String()) {
		if all, ok := values[0].([]any); ok {
			return nil, fmt.Errorf(`each %s is an array of %d: write each: "%s[]" to take its items`, s.each, len(all), s.each)
		}
	}
	return values, nil
}

// aField is an expression for a field, which has one result.
var aField = regexp.MustCompile(`^(\.[A-Za-z_]\w*)+$`)

// emitted are the items that emit makes of values.
func emitted(s *step, values []any) ([]any, error) {
	if s.emit == nil {
		return values, nil
	}
	items := make([]any, 0, len(values))
	for _, v := range values {
		some, err := s.emit.All(v)
		if err != nil {
			return nil, fmt.Errorf("emit %s: %w", s.emit, err)
		}
		items = append(items, some...)
	}
	return items, nil
}
