package option

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/inflight-go/inflight/batch"
)

var sizes = []struct {
	unit string
	size float64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12},
	{"K", 1 << 10}, {"k", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {"B", 1}, {"", 1},
}

// Size reads a size such as 16MiB, 1.5GB, 512.
func Size(flag, s string) (int64, error) {
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
	return 0, Wrong(flag, s, "a size such as 512, 64KiB or 16MiB")
}

// Share reads a share such as 20% or 0.2, and reports whether it is one.
func Share(s string) (float64, bool) {
	number, percent := strings.CutSuffix(s, "%")
	x, err := strconv.ParseFloat(number, 64)
	if percent {
		x /= 100
	}
	return x, err == nil && x >= 0 && x <= 1
}

// Range reads two times, min..max.
func Range(flag, s string) (low, high time.Duration, err error) {
	a, b, ok := strings.Cut(s, "..")
	low, errLow := time.ParseDuration(a)
	high, errHigh := time.ParseDuration(b)
	if !ok || errLow != nil || errHigh != nil || low < 0 || high < low {
		return 0, 0, Wrong(flag, s, "two durations such as 500ms..30s")
	}
	return low, high, nil
}

// MaxErrors reads what --max-errors says: a number of failures, or a share of all.
func MaxErrors(s string) (n int64, share float64, err error) {
	if s == "" {
		return 0, 0, nil
	}
	if strings.HasSuffix(s, "%") {
		if share, ok := Share(s); ok && share > 0 {
			return 0, share, nil
		}
	} else if n, err := strconv.ParseInt(s, 10, 64); err == nil && n > 0 {
		return n, 0, nil
	}
	return 0, 0, Wrong("max-errors", s, "a number such as 100, or a share such as 5%")
}

// Fsync reads what --fsync says: when an output is synced.
func Fsync(s string) (batch.Sync, time.Duration, error) {
	switch d, err := time.ParseDuration(s); {
	case s == "always":
		return batch.SyncAlways, 0, nil
	case s == "never":
		return batch.SyncNever, 0, nil
	case err == nil && d > 0:
		return batch.SyncEvery, d, nil
	}
	return 0, 0, Wrong("fsync", s, "a time such as 100ms, always or never")
}

// Pair splits name=value.
func Pair(flag, s string) (name, value string, err error) {
	name, value, ok := strings.Cut(s, "=")
	if !ok || name == "" {
		return "", "", Wrong(flag, s, "name=value")
	}
	return name, value, nil
}
