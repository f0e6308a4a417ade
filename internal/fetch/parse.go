package fetch

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/inflight-go/inflight/batch"
)

// usage is an error of an option: which one, what it says, and what it should.
func usage(flag, value, want string) error {
	return &Error{Usage, fmt.Errorf("--%s %q: want %s", flag, value, want)}
}

// oneOf checks an option that is one of a few words.
func oneOf(flag, value string, words ...string) error {
	for _, w := range words {
		if value == w {
			return nil
		}
	}
	return usage(flag, value, strings.Join(words[:len(words)-1], ", ")+" or "+words[len(words)-1])
}

var sizes = []struct {
	unit string
	size float64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12},
	{"K", 1 << 10}, {"k", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {"B", 1}, {"", 1},
}

// parseSize reads a size such as 16MiB, 1.5GB, 512.
func parseSize(flag, s string) (int64, error) {
	for _, u := range sizes {
		number, ok := strings.CutSuffix(strings.TrimSpace(s), u.unit)
		if !ok {
			continue
		}
		x, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err == nil && x >= 0 && x*u.size < math.MaxInt64/2 {
			return int64(x * u.size), nil
		}
		break
	}
	return 0, usage(flag, s, "a size such as 512, 64KiB or 16MiB")
}

// parseShare reads a share such as 20% or 0.2.
func parseShare(s string) (float64, bool) {
	number, percent := strings.CutSuffix(s, "%")
	x, err := strconv.ParseFloat(number, 64)
	if percent {
		x /= 100
	}
	return x, err == nil && x >= 0 && x <= 1
}

// parseBackoff reads min..max.
func parseBackoff(s string) (low, high time.Duration, err error) {
	a, b, ok := strings.Cut(s, "..")
	low, errLow := time.ParseDuration(a)
	high, errHigh := time.ParseDuration(b)
	if !ok || errLow != nil || errHigh != nil || low < 0 || high < low {
		return 0, 0, usage("backoff", s, "two durations such as 500ms..30s")
	}
	return low, high, nil
}

// parseMaxErrors reads a number of failures, or a share of all.
func parseMaxErrors(s string) (n int64, share float64, err error) {
	if s == "" {
		return 0, 0, nil
	}
	if strings.HasSuffix(s, "%") {
		if share, ok := parseShare(s); ok && share > 0 {
			return 0, share, nil
		}
	} else if n, err := strconv.ParseInt(s, 10, 64); err == nil && n > 0 {
		return n, 0, nil
	}
	return 0, 0, usage("max-errors", s, "a number such as 100, or a share such as 5%")
}

// parseFsync reads when to sync.
func parseFsync(s string) (batch.Sync, time.Duration, error) {
	switch d, err := time.ParseDuration(s); {
	case s == "always":
		return batch.SyncAlways, 0, nil
	case s == "never":
		return batch.SyncNever, 0, nil
	case err == nil && d > 0:
		return batch.SyncEvery, d, nil
	}
	return 0, 0, usage("fsync", s, "a time such as 100ms, always or never")
}

// pair splits name=value.
func pair(flag, s string) (name, value string, err error) {
	name, value, ok := strings.Cut(s, "=")
	if !ok || name == "" {
		return "", "", usage(flag, s, "name=value")
	}
	return name, value, nil
}
