package limit

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Quota is what a server says about one of its limits.
type Quota struct {
	Name      string        // what the server calls it, in lower case: "requests", "tokens"; "" if it has no name
	Unit      string        // of what; "" for requests, or for what the name says
	Limit     int64         // -1 if it was not said
	Remaining int64         // -1 if it was not said
	Window    time.Duration // the length of a period, 0 if it was not said
	Reset     time.Time     // when Remaining is Limit again, zero if it was not said; not before now
}

// Bounds of what Learn believes.
const (
	mostQuotas  = 16                         // in one answer
	mostMembers = 16                         // in one list
	longestList = 1024                       // bytes, of one field
	farthest    = 366 * 24 * time.Hour       // a reset, or a window
	mostCount   = int64(999_999_999_999_999) // what a structured field can hold
)

// Learn reads what the header of an answer, which was received at now, says about
// limits:
//
//   - RateLimit and RateLimit-Policy, in the form of the IETF draft's latest
//     versions and in those before;
//   - RateLimit-Limit, RateLimit-Remaining and RateLimit-Reset, the same with X- or
//     another prefix, and with a name before or after: X-RateLimit-Remaining-Tokens.
//
// A reset is in seconds, or a duration such as 6m0s, or a time, as seconds or
// milliseconds since 1970 or as text. What is not well-formed, negative or beyond
// reason counts as not said, and a quota of which neither the limit nor what
// remains was said is left out. Two quotas may have the same name: then they
// differ in their windows.
//
// The result has those of the RateLimit fields first, in the server's order, and
// others by name. It is nil if there are none.
func Learn(h http.Header, now time.Time) []Quota {
	l := learner{now: now}
	l.policies(h.Values("RateLimit-Policy"))
	l.states(h.Values("RateLimit"))
	l.single(h)
	l.match()
	return l.said()
}

type learner struct {
	now     time.Time
	quotas  []Quota
	unnamed []Quota // policies of the older drafts: a limit and a window
}

// quota returns the one of that name, nil if there are too many. The pointer is
// good until the next call.
func (l *learner) quota(name string) *Quota {
	name = strings.ToLower(name)
	i := slices.IndexFunc(l.quotas, func(q Quota) bool { return q.Name == name })
	if i < 0 {
		if len(l.quotas) == mostQuotas {
			return nil
		}
		i = len(l.quotas)
		l.quotas = append(l.quotas, Quota{Name: name, Limit: -1, Remaining: -1})
	}
	return &l.quotas[i]
}

// policies reads RateLimit-Policy: "burst";q=100;w=60, or 100;w=60.
func (l *learner) policies(values []string) {
	for m := range members(values) {
		if m.key != "" {
			continue
		}
		if limit, ok := count(m.item); ok && !m.quoted {
			l.policy(limit, m)
			continue
		}
		limit, ok := count(m.params["q"])
		if !ok || m.item == "" {
			continue
		}
		if q := l.quota(m.item); q != nil && q.Limit < 0 {
			q.Limit, q.Window, q.Unit = limit, policyWindow(m), unit(m.params["qu"])
		}
	}
}

// policy takes a policy without a name down.
func (l *learner) policy(limit int64, m member) {
	if w := policyWindow(m); w > 0 && len(l.unnamed) < mostQuotas {
		l.unnamed = append(l.unnamed, Quota{Limit: limit, Remaining: -1, Window: w})
	}
}

func policyWindow(m member) time.Duration {
	d, _ := seconds(m.params["w"])
	return d
}

// unit returns what is counted, "" for requests.
func unit(s string) string {
	if s == "requests" {
		return ""
	}
	return strings.ToLower(s)
}

// states reads RateLimit: "burst";r=50;t=30, or limit=100, remaining=50, reset=30.
func (l *learner) states(values []string) {
	for m := range members(values) {
		if m.key != "" {
			l.field("", m.key, m.item)
			continue
		}
		r, ok := count(m.params["r"])
		if !ok || m.item == "" {
			continue
		}
		if q := l.quota(m.item); q != nil && q.Remaining < 0 {
			q.Remaining = r
			if d, ok := seconds(m.params["t"]); ok {
				q.Reset = l.now.Add(d)
			}
		}
	}
}

// single reads the fields that hold one thing each.
func (l *learner) single(h http.Header) {
	var keys []string
	for key, values := range h {
		if _, _, ok := classify(key); ok && len(values) > 0 {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		name, field, _ := classify(key)
		if field == "reset" {
			if v := strings.TrimSpace(h[key][0]); len(v) <= longestList {
				l.field(name, field, v)
			}
			continue
		}
		first := true
		for m := range members(h[key]) {
			limit, ok := count(m.item)
			switch {
			case m.key != "" || !ok:
			case first:
				l.field(name, field, m.item)
				fallthrough
			case field == "limit" && name == "":
				l.policy(limit, m)
			}
			first = false
		}
	}
}

// classify takes the name of a field apart: X-Ratelimit-Remaining-Tokens is what
// remains of the tokens.
func classify(key string) (name, field string, ok bool) {
	if len(key) > 100 {
		return "", "", false
	}
	key = strings.Replace(strings.ToLower(key), "rate-limit-", "ratelimit-", 1)
	prefix, rest, ok := strings.Cut(key, "ratelimit-")
	if !ok || prefix != "" && !strings.HasSuffix(prefix, "-") {
		return "", "", false
	}
	rest = strings.TrimSuffix(rest, "-after") // of reset-after
	for _, field := range []string{"limit", "remaining", "reset"} {
		if rest == field {
			return "", field, true
		}
		if name, ok := strings.CutPrefix(rest, field+"-"); ok {
			return name, field, true
		}
		if name, ok := strings.CutSuffix(rest, "-"+field); ok {
			return name, field, true
		}
	}
	return "", "", false
}

// field takes one thing down, unless it was said before.
func (l *learner) field(name, field, value string) {
	switch field {
	case "limit", "remaining":
		n, ok := count(value)
		if !ok {
			return
		}
		q := l.quota(name)
		switch {
		case q == nil:
		case field == "limit" && q.Limit < 0:
			q.Limit = n
		case field == "remaining" && q.Remaining < 0:
			q.Remaining = n
		}
	case "reset":
		at, ok := l.reset(value)
		if !ok {
			return
		}
		if q := l.quota(name); q != nil && q.Reset.IsZero() {
			q.Reset = at
		}
	}
}

// match gives the windows of unnamed policies to the quota without a name, and
// adds those that are others.
func (l *learner) match() {
	for _, p := range l.unnamed {
		q := l.quota("")
		if q == nil {
			return
		}
		if q.Limit < 0 {
			q.Limit = p.Limit
		}
		if q.Limit == p.Limit && q.Window == 0 {
			q.Window = p.Window
			continue
		}
		same := func(o Quota) bool { return o.Name == "" && o.Limit == p.Limit && o.Window == p.Window }
		if !slices.ContainsFunc(l.quotas, same) && len(l.quotas) < mostQuotas {
			l.quotas = append(l.quotas, p)
		}
	}
}

// said leaves out what says nothing.
func (l *learner) said() []Quota {
	quotas := slices.DeleteFunc(l.quotas, func(q Quota) bool { return q.Limit < 0 && q.Remaining < 0 })
	if len(quotas) == 0 {
		return nil
	}
	return quotas
}

// count reads a number that is not negative.
func count(s string) (int64, bool) {
	if !digits(s) {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n <= mostCount
}

// seconds reads how many of them, with or without a fraction.
func seconds(s string) (time.Duration, bool) {
	whole, frac, point := strings.Cut(s, ".")
	if !digits(whole) || point && !digits(frac) {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f > farthest.Seconds() {
		return 0, false
	}
	return time.Duration(math.Round(f * float64(time.Second))), true
}

// reset reads a moment, or how long it is until then.
func (l *learner) reset(s string) (time.Time, bool) {
	if d, ok := seconds(s); ok {
		return l.now.Add(d), true
	}
	if n, ok := count(s); ok {
		if n >= 1e12 {
			return l.moment(time.UnixMilli(n))
		}
		return l.moment(time.Unix(n, 0))
	}
	if d, err := time.ParseDuration(s); err == nil && s[0] != '-' && s[0] != '+' && d <= farthest {
		return l.now.Add(d), true
	}
	if at, err := time.Parse(time.RFC3339, s); err == nil {
		return l.moment(at)
	}
	if at, err := http.ParseTime(s); err == nil {
		return l.moment(at)
	}
	return time.Time{}, false
}

// moment allows for a clock that differs by a day.
func (l *learner) moment(at time.Time) (time.Time, bool) {
	d := at.Sub(l.now)
	if d < -day || d > farthest {
		return time.Time{}, false
	}
	return l.now.Add(max(0, d)), true
}
