package origin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// params reads what a request says. The first thing that can't be read is remembered,
// and reported by bad.
type params struct {
	r     *http.Request
	query url.Values
	err   error
}

func read(r *http.Request) *params {
	return &params{r: r, query: r.URL.Query()}
}

// text is the part of the path of that name, or else the parameter.
func (p *params) text(name string) string {
	if s := p.r.PathValue(name); s != "" {
		return s
	}
	return p.query.Get(name)
}

func (p *params) refuse(name, text, want string) {
	if p.err == nil {
		p.err = fmt.Errorf("%s is %q: want %s", name, text, want)
	}
}

func (p *params) int(name string, byDefault, low, high int) int {
	text := p.text(name)
	if text == "" {
		return byDefault
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		p.refuse(name, text, fmt.Sprintf("a number from %d to %d", low, high))
	}
	return n
}

func (p *params) share(name string, byDefault float64) float64 {
	text := p.text(name)
	if text == "" {
		return byDefault
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || !(f >= 0 && f <= 1) {
		p.refuse(name, text, "a number from 0 to 1")
	}
	return f
}

// duration reads 250ms, or seconds: 1.5. What is longer than high is cut to it.
func (p *params) duration(name string, byDefault, high time.Duration) time.Duration {
	text := p.text(name)
	if text == "" {
		return byDefault
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		d, err = time.ParseDuration(text + "s")
	}
	if err != nil || d < 0 {
		p.refuse(name, text, "a duration such as 250ms, or seconds")
	}
	return min(d, high)
}

var units = []struct {
	name string
	size int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}, {"", 1}}

// size reads 10000 or 16MiB. What is more than high is refused.
func (p *params) size(name string, byDefault, high int64) int64 {
	text := p.text(name)
	if text == "" {
		return min(byDefault, high)
	}
	for _, unit := range units {
		digits, found := strings.CutSuffix(text, unit.name)
		if !found {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || n < 0 || n > high/unit.size {
			break
		}
		return n * unit.size
	}
	p.refuse(name, text, fmt.Sprintf("a size such as 10000 or 16MiB, and no more than %d bytes", high))
	return 0
}

// bad answers by 400 if something could not be read.
func (p *params) bad(w http.ResponseWriter) bool {
	if p.err != nil {
		fail(w, http.StatusBadRequest, "%v", p.err)
	}
	return p.err != nil
}

// fail answers by a status and says why.
func fail(w http.ResponseWriter, code int, format string, args ...any) {
	reply(w, code, map[string]any{"error": map[string]any{"status": code, "message": fmt.Sprintf(format, args...)}})
}

// reply answers by a status and v as JSON.
func reply(w http.ResponseWriter, code int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		body, code = []byte(`{"error":{"message":"the answer is no JSON"}}`), http.StatusInternalServerError
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	if code != http.StatusNoContent && code != http.StatusNotModified {
		_, _ = w.Write(append(body, '\n')) // a client that went needs no answer
	}
}
