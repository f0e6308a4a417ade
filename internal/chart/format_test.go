package chart_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/inflight-go/inflight/internal/chart"
)

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                            "0 s",
		1:                            "1 ns",
		999:                          "999 ns",
		870 * time.Microsecond:       "870 µs",
		999600 * time.Nanosecond:     "1 ms",
		31200 * time.Microsecond:     "31.2 ms",
		999 * time.Millisecond:       "999 ms",
		999900 * time.Microsecond:    "1 s",
		1320 * time.Millisecond:      "1.32 s",
		59949 * time.Millisecond:     "59.9 s",
		59950 * time.Millisecond:     "1m",
		64 * time.Second:             "1m 4s",
		3599 * time.Second:           "59m 59s",
		3599600 * time.Millisecond:   "1h",
		102 * time.Minute:            "1h 42m",
		24*time.Hour - time.Second:   "1d",
		76 * time.Hour:               "3d 4h",
		-1500 * time.Millisecond:     "-1.5 s",
		time.Duration(math.MinInt64): "-106 751d 23h",
	} {
		if got := chart.Duration(d); got != want {
			t.Errorf("Duration(%d) = %q, want %q", d, got, want)
		}
	}
}

func TestNumberAndBytes(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 0.125: "0.125", 0.9949: "0.995", 0.9999: "1", 1.5: "1.5", 9.996: "10", 12.34: "12.3", 99.96: "100",
		123.4: "123", 999.6: "1 000", 1204311: "1 204 311", -5000: "-5 000", math.Inf(1): "–", 0.0001: "0.0001", 0.042: "0.042", 0.3: "0.3", 4.2e-7: "4.2e-07",
	} {
		if got := chart.Number(v); got != want {
			t.Errorf("Number(%v) = %q, want %q", v, got, want)
		}
	}
	for n, want := range map[int64]string{
		0: "0 B", 1023: "1023 B", 1024: "1 KiB", 19188941: "18.3 MiB", 1023 << 20: "1 GiB", math.MaxInt64: "8 EiB",
	} {
		if got := chart.Bytes(n); got != want {
			t.Errorf("Bytes(%d) = %q, want %q", n, got, want)
		}
	}
}

func ExampleCount() {
	fmt.Println(chart.Count(1204311))
	// Output: 1 204 311
}

func ExampleNumber() {
	fmt.Println(chart.Number(0.125), chart.Number(31.24), chart.Number(12500))
	// Output: 0.125 31.2 12 500
}

func ExampleBytes() {
	fmt.Println(chart.Bytes(512), chart.Bytes(19188941))
	// Output: 512 B 18.3 MiB
}

func ExampleDuration() {
	fmt.Println(chart.Duration(31240 * time.Microsecond))
	fmt.Println(chart.Duration(102 * time.Minute))
	// Output:
	// 31.2 ms
	// 1h 42m
}

func ExampleSeconds() {
	fmt.Println(chart.Seconds(1.32))
	// Output: 1.32 s
}

func ExampleShorten() {
	fmt.Println(chart.Shorten("https://api.example.com/v1/users/4711/posts", 24))
	// Output: https://api.ex…711/posts
}
