package chart

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Count writes a whole number in groups of three: 1 204 311.
func Count(n int64) string {
	s := strconv.FormatInt(n, 10)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(s) - 3; i > start; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}

// Number writes a value in three digits, or in groups of three where it has more:
// 0.125, 12.5, 1 204. What is below a tenth is written in two digits: 0.042, 4e-07.
func Number(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "–"
	case a >= 999.5 && a < math.MaxInt64:
		return Count(int64(math.Round(v)))
	case a >= 99.95 && a < 999.5:
		return trimZeros(strconv.FormatFloat(v, 'f', 0, 64))
	case a >= 9.995:
		return trimZeros(strconv.FormatFloat(v, 'f', 1, 64))
	case a >= 0.995:
		return trimZeros(strconv.FormatFloat(v, 'f', 2, 64))
	case a > 0 && a < 0.0995:
		return strconv.FormatFloat(v, 'g', 2, 64)
	default:
		return trimZeros(strconv.FormatFloat(v, 'f', 3, 64))
	}
}

func trimZeros(s string) string {
	if !strings.Contains(s, ".") {
		return s
	}
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// Bytes writes a size: 512 B, 18.3 MiB.
func Bytes(n int64) string {
	if n < 1024 && n > -1024 {
		return strconv.FormatInt(n, 10) + " B"
	}
	v, unit := float64(n)/1024, 0
	for ; math.Abs(v) >= 999.5 && unit < 5; unit++ {
		v /= 1024
	}
	return Number(v) + " " + string("KMGTPE"[unit]) + "iB"
}

// Duration writes a time in three digits or in two units: 870 µs, 31.2 ms, 1.32 s,
// 1m 4s, 1h 42m, 3d 4h.
func Duration(d time.Duration) string {
	switch s := d.Seconds(); {
	case d < 0:
		return "-" + Duration(-max(d, -math.MaxInt64))
	case d == 0:
		return "0 s"
	case s < 0.0000009995:
		return Number(float64(d)) + " ns"
	case s < 0.0009995:
		return Number(s*1e6) + " µs"
	case s < 0.9995:
		return Number(s*1e3) + " ms"
	case s < 59.95:
		return Number(s) + " s"
	case s < 3599.5:
		return twoUnits(d.Round(time.Second), time.Minute, "m", time.Second, "s")
	case d < 24*time.Hour-30*time.Second:
		return twoUnits(d.Round(time.Minute), time.Hour, "h", time.Minute, "m")
	default:
		return twoUnits(d.Round(time.Hour), 24*time.Hour, "d", time.Hour, "h")
	}
}

func twoUnits(d, big time.Duration, bigName string, small time.Duration, smallName string) string {
	s := Count(int64(d/big)) + bigName
	if rest := d % big / small; rest != 0 {
		s += " " + strconv.FormatInt(int64(rest), 10) + smallName
	}
	return s
}

// Seconds is Duration of a number of seconds: for an axis.
func Seconds(s float64) string {
	if !(math.Abs(s) < math.MaxInt64/1e9) {
		return "–"
	}
	return Duration(time.Duration(math.Round(s * 1e9)))
}
