package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A grant is what a token endpoint gives.
type grant struct {
	token, refresh string
	life           time.Duration // zero if it was not said
}

const (
	maxGrant = 1 << 20              // bytes, of an answer
	maxToken = 64 << 10             // bytes
	maxLife  = 10 * 365 * 24 * 3600 // seconds
	maxSaid  = 300                  // bytes of what an endpoint says that are repeated
)

// parseGrant reads the answer of a token endpoint. Of one that is no grant only what
// is meant for people is repeated.
func parseGrant(r *Response) (grant, error) {
	var v struct {
		Token       string `json:"access_token"`
		Type        string `json:"token_type"`
		Life        any    `json:"expires_in"`
		Refresh     string `json:"refresh_token"`
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	err := json.Unmarshal(r.Body, &v)
	if r.Status != 200 || v.Error != "" {
		said := strings.Trim(v.Error+": "+v.Description, ": ")
		if said == "" {
			return grant{}, fmt.Errorf("status %d", r.Status)
		}
		return grant{}, fmt.Errorf("status %d, %s", r.Status, printable(said))
	}
	switch {
	case err != nil || r.Truncated:
		return grant{}, errors.New("the answer is not a JSON object with an access_token")
	case v.Token == "":
		return grant{}, errors.New("the answer has no access_token")
	case len(v.Token) > maxToken || strings.IndexFunc(v.Token, func(c rune) bool { return c <= ' ' || c > '~' }) >= 0:
		return grant{}, errors.New("the access_token is not one that fits into a header")
	case v.Type != "" && !strings.EqualFold(v.Type, "bearer"):
		return grant{}, fmt.Errorf("the token_type is %s, want bearer", printable(v.Type))
	}
	return grant{v.Token, v.Refresh, life(v.Life)}, nil
}

// life reads a number of seconds, which some endpoints send as text.
func life(v any) time.Duration {
	seconds, ok := v.(float64)
	if text, isText := v.(string); isText {
		n, err := strconv.ParseFloat(text, 64)
		seconds, ok = n, err == nil
	}
	if !ok || !(seconds > 0) {
		return 0
	}
	return time.Duration(min(seconds, maxLife) * float64(time.Second))
}

// printable returns what a server says as one short line.
func printable(s string) string {
	if len(s) > maxSaid {
		s = s[:maxSaid] + "…"
	}
	quoted := strconv.Quote(strings.ToValidUTF8(s, "?"))
	if quoted[1:len(quoted)-1] == s {
		return s
	}
	return quoted
}
