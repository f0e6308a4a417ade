package crawl

import (
	"bytes"
	"encoding/json"
	"time"
)

// line is what came of a page, as it stands in the output.
type line struct {
	Index       int64     `json:"index"`
	URL         string    `json:"url"`
	OK          bool      `json:"ok"`
	From        *int64    `json:"from,omitempty"` // the index of the page that links to it
	Depth       int       `json:"depth"`
	Status      int       `json:"status,omitempty"`
	Skipped     string    `json:"skipped,omitempty"` // robots, duplicate, type
	Redirect    string    `json:"redirect,omitempty"`
	ContentType string    `json:"content_type,omitempty"`
	Bytes       int64     `json:"bytes,omitempty"`
	File        string    `json:"body_file,omitempty"`
	Truncated   bool      `json:"truncated,omitempty"`
	Hash        string    `json:"content_hash,omitempty"`
	Title       string    `json:"title,omitempty"`
	Links       int       `json:"links,omitempty"` // on the page
	New         int       `json:"new,omitempty"`   // of them, those that nobody had found
	Rule        string    `json:"rule,omitempty"`  // the one that it was taken by
	Extract     any       `json:"extract,omitempty"`
	Items       any       `json:"items,omitempty"`
	JSONLD      []any     `json:"jsonld,omitempty"`
	Data        any       `json:"data,omitempty"`
	Fetched     time.Time `json:"fetched_at,omitzero"`
	DurationMS  float64   `json:"duration_ms,omitempty"`
	Attempts    int       `json:"attempts,omitempty"`
	Error       *failure  `json:"error,omitempty"`
}

// failure is why a page has failed.
type failure struct {
	Class   string `json:"class"`
	Message string `json:"message"`
}

func (l *line) fail(class, message string) {
	l.OK, l.Error = false, &failure{class, message}
}

// encode writes the line, without a newline. What can't be written makes it a failure.
func (l *line) encode() []byte {
	data, err := encodeJSON(l)
	if err != nil {
		l.Data, l.Extract, l.Items = nil, nil, nil
		l.fail("data", err.Error())
		data, _ = encodeJSON(l)
	}
	return data
}

func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
