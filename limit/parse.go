package limit

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// ParseRate reads a rate as people write it: how many, a slash, and a period,
// which is s, m, h or d with or without a number before it, or a duration of Go:
// "100/s", "5000/1m", "5/2s", "1000/d", "10/1m30s".
//
// Of a fraction it makes whole starts in another period, as exactly as that can be
// done and never more: "1.5/s" is 3 in 2 seconds. There are up to nine digits
// after the point.
func ParseRate(s string) (n int, per time.Duration, err error) {
	count, rest, ok := strings.Cut(s, "/")
	if !ok {
		return 0, 0, rateError(s, `a number, a slash and a period, as in "100/s" or "5000/1m"`)
	}
	per, ok = parsePeriod(strings.TrimSpace(rest))
	if !ok {
		return 0, 0, rateError(s, fmt.Sprintf("a period such as s, m, h, d, 500ms or 1m30s, not %q", rest))
	}
	num, den, ok := parseCount(strings.TrimSpace(count))
	if !ok {
		return 0, 0, rateError(s, fmt.Sprintf("a positive number such as 100 or 1.5, not %q", count))
	}
	n, per, ok = wholeRate(num, den, per)
	if !ok {
		return 0, 0, rateError(s, "between 1 in 100 years and 10^15 in a period")
	}
	return n, per, nil
}

func rateError(s, want string) error {
	return fmt.Errorf("rate %q: want %s", s, want)
}

// mostStarts is the highest number that ParseRate takes.
const mostStarts = 1_000_000_000_000_000

// parseCount returns a positive decimal number as a fraction in lowest terms.
func parseCount(s string) (num, den uint64, ok bool) {
	whole, frac, point := strings.Cut(s, ".")
	if !digits(whole) || point && (!digits(frac) || len(frac) > 9) || len(whole) > 16 {
		return 0, 0, false
	}
	num, err := strconv.ParseUint(whole, 10, 64)
	if err != nil || num > mostStarts {
		return 0, 0, false
	}
	frac = strings.TrimRight(frac, "0")
	den = 1
	for range frac {
		den *= 10
	}
	hi, lo := bits.Mul64(num, den)
	if hi != 0 {
		return 0, 0, false
	}
	part, _ := strconv.ParseUint("0"+frac, 10, 64)
	num, carry := bits.Add64(lo, part, 0)
	if num == 0 || carry != 0 {
		return 0, 0, false
	}
	g := gcd(num, den)
	return num / g, den / g, true
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// wholeRate makes whole starts of num/den of them in per. A small denominator
// makes the period longer; any other rounds the period up for as many whole starts
// as there are in it.
func wholeRate(num, den uint64, per time.Duration) (int, time.Duration, bool) {
	n, unit := num, den
	if den > 1000 || uint64(per) > uint64(longest)/den {
		n = max(1, num/den)
		hi, lo := bits.Mul64(uint64(per), n*den)
		if hi >= num {
			return 0, 0, false
		}
		p, rest := bits.Div64(hi, lo, num)
		if rest > 0 {
			p++
		}
		if p > uint64(longest) {
			return 0, 0, false
		}
		per, unit = time.Duration(p), 1
	}
	per *= time.Duration(unit)
	if n > mostStarts || uint64(int(n)) != n || per > longest {
		return 0, 0, false
	}
	return int(n), per, true
}

// parsePeriod reads the part behind the slash.
func parsePeriod(s string) (time.Duration, bool) {
	if strings.HasPrefix(s, "+") || strings.HasPrefix(s, "-") {
		return 0, false
	}
	if s != "" && strings.Trim(s[:1], "0123456789.") != "" {
		s = "1" + s
	}
	if days, ok := strings.CutSuffix(s, "d"); ok && digits(days) {
		n, err := strconv.ParseUint(days, 10, 64)
		if err != nil || n == 0 || n > uint64(longest/day) {
			return 0, false
		}
		return time.Duration(n) * day, true
	}
	d, err := time.ParseDuration(s)
	return d, err == nil && d > 0 && d <= longest
}

const day = 24 * time.Hour

// FormatRate writes a rate so that ParseRate reads it: "100/s", "5000/5m".
func FormatRate(n int, per time.Duration) string {
	return strconv.Itoa(n) + "/" + period(per)
}

// period writes a period in the shortest way.
func period(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	switch s {
	case "24h":
		return "d"
	case "1h", "1m", "1s":
		return s[1:]
	}
	return s
}
