package fetch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/inflight-go/inflight/internal/option"
	"github.com/inflight-go/inflight/internal/request"
	"github.com/inflight-go/inflight/internal/table"
)

// show says what of a result is written.
type show struct {
	fields fields
	body   string        // auto, json, text, base64, none
	files  *bodyFiles    // nil for bodies in the line
	pick   *request.Expr // over a JSON body; nil for all of it
}

// optional are the fields that have to be asked for.
var optional = map[string]fields{
	"headers": fieldHeaders, "timings": fieldRemote, "sha256": fieldSHA256, "request": fieldRequest, "tls": fieldTLS,
}

// newShow makes it. A form that is no JSON is made of lines that have all fields, and
// shows what it wants of them.
func newShow(o *Options, form *table.Form) (*show, error) {
	s := &show{fields: allFields &^ (fieldHeaders | fieldRemote | fieldSHA256 | fieldRequest | fieldTLS), body: o.Body}
	for word := range words(o.Include) {
		f, ok := optional[word]
		if !ok {
			return nil, option.Wrong("include", o.Include, "headers, timings, tls, request or sha256, with commas between")
		}
		s.fields |= f
	}
	if form != nil {
		for _, name := range askedFor {
			if o.Fields != "" && form.Uses(name) {
				s.fields |= fieldNames[name]
			}
		}
	} else if o.Fields != "" {
		s.fields = 0
		for word := range words(o.Fields) {
			f, ok := fieldNames[word]
			if !ok {
				return nil, option.Wrong("fields", o.Fields, "fields of the result; there is no "+word)
			}
			s.fields |= f
		}
	}
	if dir, ok := strings.CutPrefix(o.Body, "file:"); ok {
		files, err := newBodyFiles(dir, o.Fsync != "never")
		if err != nil {
			return nil, err
		}
		s.files, s.body = files, "none"
	} else if err := option.OneOf("body", o.Body, "auto", "json", "text", "base64", "none"); err != nil {
		return nil, err
	}
	var err error
	if o.Select != "" {
		s.pick, err = newExpr("select", o.Select)
	}
	return s, err
}

// askedFor are the fields that are not there by default.
var askedFor = []string{"headers", "remote", "sha256", "request", "tls"}

// included are those of them that are.
func (s *show) included() string {
	var names []string
	for _, name := range askedFor {
		if s.fields&fieldNames[name] != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ",")
}

// words are the words of a list with commas between.
func words(list string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for w := range strings.SplitSeq(list, ",") {
			if w = strings.TrimSpace(w); w != "" && !yield(w) {
				return
			}
		}
	}
}

// keeps reports whether a body has to be read into memory.
func (s *show) keeps() bool { return s.files == nil && (s.body != "none" || s.pick != nil) }

// bodyOf is the body of a record. answer is the body's JSON value, if it has one.
func (s *show) bodyOf(contentType string, data []byte, answer func() (any, error)) (body, error) {
	if s.pick != nil {
		v, err := answer()
		if err != nil {
			return newBody(s.body, contentType, data), &classed{"select", fmt.Errorf("--select: the body is not JSON: %w", err)}
		}
		if v, err = s.pick.Eval(v); err != nil {
			return newBody(s.body, contentType, data), &classed{"select", fmt.Errorf("--select: %w", err)}
		}
		var text bytes.Buffer
		enc := json.NewEncoder(&text)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(v); err != nil {
			return body{}, &classed{"select", fmt.Errorf("--select: %w", err)}
		}
		return body{"json", bytes.TrimSuffix(text.Bytes(), []byte("\n"))}, nil
	}
	if s.body == "none" {
		return body{}, nil
	}
	return newBody(s.body, contentType, data), nil
}
