package fetch

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/inflight-go/inflight/internal/secret"
	"github.com/inflight-go/inflight/internal/source"
)

// shownURL is a URL as results and logs show it.
func (j *Job) shownURL(text string) string { return secret.URL(j.connection.Hide(text)) }

// hide is a message without what is secret in it.
func (j *Job) hide(message string) string { return secret.Text(j.connection.Hide(message)) }

// shownHeaders are the headers of a request as results show them.
func (j *Job) shownHeaders(header map[string][]string) map[string][]string {
	shown := secret.Headers(header)
	for _, values := range shown {
		for i, value := range values {
			values[i] = j.connection.Hide(value)
		}
	}
	return shown
}

// inputOf is a row that is nothing but its URL, as JSON, where the result's URL does not
// tell what it was. Of one that has secrets it is nil, for writeFailed reads it again;
// unless it came from a pipe, --errors asks for it, and there is no password in it.
func (j *Job) inputOf(row *source.Row) json.RawMessage {
	secrets := j.shownURL(row.URL) != row.URL
	if secrets && (j.again || j.out.errors == "" || row.File == argument || strings.Contains(row.URL, "@")) {
		return nil
	}
	return appendString(nil, row.URL)
}

// argument is the File of a row of the command line.
const argument = "argument"

// withoutUser is a URL as a session tells it of an answer.
func withoutUser(text string) string {
	if !strings.Contains(text, "@") {
		return text
	}
	u, err := url.Parse(text)
	if err != nil || u.User == nil {
		return text
	}
	u.User = nil
	return u.String()
}
