package retry

import (
	"net/http"
	"strings"
	"time"
)

// farthest is the wait that stands for every longer one.
const farthest = 365 * 24 * time.Hour

// After returns how long the header Retry-After asks to be waited: seconds, also
// with a fraction, or a date, which is compared with the header Date if there is
// a valid one, because the clocks may differ, and with now if not. A date that has
// passed is a wait of zero.
//
// Retry-After-Ms, which APIs of language models add, says the same in milliseconds and
// comes first, because seconds are rounded up.
//
// ok is false where there is no such header or it can't be read. A wait of more
// than longest comes back as longest, with over; a negative longest counts as zero.
func After(h http.Header, now time.Time, longest time.Duration) (wait time.Duration, over, ok bool) {
	wait, ok = after(h, now)
	if longest = max(longest, 0); wait > longest {
		return longest, true, ok
	}
	return wait, false, ok
}

func after(h http.Header, now time.Time) (wait time.Duration, ok bool) {
	if wait, ok := seconds(strings.TrimSpace(h.Get("Retry-After-Ms"))); ok {
		if wait < farthest {
			wait /= 1000
		}
		return wait, true
	}
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return 0, false
	}
	if '0' <= value[0] && value[0] <= '9' {
		return seconds(value)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return min(max(at.Sub(now), 0), farthest), true
}

// seconds reads digits, and a point and digits, however many: what is too large
// for a Duration is farthest.
func seconds(s string) (wait time.Duration, ok bool) {
	if s == "" || s[0] == '.' {
		return 0, false
	}
	whole, fraction, _ := strings.Cut(s, ".")
	for _, c := range whole {
		if c < '0' || c > '9' {
			return 0, false
		}
		wait = min(wait*10+time.Duration(c-'0')*time.Second, farthest)
	}
	unit := time.Second
	for _, c := range fraction {
		if c < '0' || c > '9' {
			return 0, false
		}
		unit /= 10
		wait += time.Duration(c-'0') * unit
	}
	return min(wait, farthest), true
}
