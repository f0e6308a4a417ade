package origin

import (
	"encoding/base64"
	"io"
	"net/http"
	"unicode/utf8"
)

// maxRequestBody is how much of a request's body is read.
const maxRequestBody = 1 << 20

func headers(w http.ResponseWriter, r *http.Request) {
	reply(w, http.StatusOK, map[string]any{"headers": r.Header})
}

// echo sends the request back. A body that is no text is sent as base64.
func echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBody))
	if err != nil {
		fail(w, http.StatusRequestEntityTooLarge, "the body can't be read: %v", err)
		return
	}
	answer := map[string]any{"method": r.Method, "url": r.URL.RequestURI(), "host": r.Host, "headers": r.Header}
	if utf8.Valid(body) {
		answer["body"] = string(body)
	} else {
		answer["body_base64"] = base64.StdEncoding.EncodeToString(body)
	}
	reply(w, http.StatusOK, answer)
}

func cookies(w http.ResponseWriter, r *http.Request) {
	found := make(map[string]string)
	for _, c := range r.Cookies() {
		found[c.Name] = c.Value
	}
	reply(w, http.StatusOK, map[string]any{"cookies": found})
}

func setCookies(w http.ResponseWriter, r *http.Request) {
	for name, values := range r.URL.Query() {
		http.SetCookie(w, &http.Cookie{Name: name, Value: values[0], Path: "/"})
	}
	http.Redirect(w, r, "/cookies", http.StatusFound)
}
