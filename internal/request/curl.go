package request

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/inflight-go/inflight/internal/secret"
	"github.com/inflight-go/inflight/internal/shell"
)

// Curl returns a command for a shell that sends the request by curl. What is secret is
// redacted: the headers, the parameters, the passwords and the members of bodies that
// carry credentials. A body that is no text is not shown.
func Curl(r Request) string {
	words := []string{"curl"}
	switch {
	case r.Method == "HEAD" && r.Body == nil:
		words = append(words, "--head") // with -X it would wait for a body
	case r.Method != "" && (r.Method != "GET" || r.Body != nil):
		words = append(words, "-X", r.Method)
	}
	to := secret.URL(r.URL)
	if strings.ContainsAny(to, "[]{}") {
		words = append(words, "--globoff")
	}
	words = append(words, shell.Word(to))
	for _, name := range sortedNames(r.Header) {
		for _, value := range r.Header[name] {
			field := name + ": " + secret.Header(name, value)
			if value == "" {
				field = name + ";" // with a colon it would not be sent
			}
			words = append(words, "-H", shell.Word(field))
		}
	}
	if r.IdempotencyKey != "" {
		words = append(words, "-H", shell.Word("Idempotency-Key: "+r.IdempotencyKey))
	}
	if r.Body != nil && r.Header["Content-Type"] == nil {
		words = append(words, "-H", "Content-Type:") // or curl would say what it is
	}
	if r.Body != nil {
		words = append(words, bodyWords(r.Body)...)
	}
	return strings.Join(words, " ")
}

func bodyWords(body []byte) []string {
	if !utf8.Valid(body) || slices.Contains(body, 0) {
		return []string{"--data-binary", "@-", fmt.Sprintf("# %d bytes that are no text", len(body))}
	}
	return []string{"--data-raw", shell.Word(secret.Body(string(body)))}
}

func sortedNames(header map[string][]string) []string {
	names := make([]string, 0, len(header))
	for name := range header {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
