package fetch

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
)

// Progress is how far a job has come, at one moment.
type Progress struct {
	Elapsed  time.Duration `json:"-"`
	Total    int64         `json:"total"` // rows, -1 while that is unknown
	Skipped  int64         `json:"skipped"`
	Done     int64         `json:"done"` // in this run
	OK       int64         `json:"ok"`
	Failed   int64         `json:"failed"`
	Retries  int64         `json:"retries"`
	InFlight int64         `json:"in_flight"`
	Bytes    int64         `json:"bytes"`
	P50      time.Duration `json:"-"`
	P99      time.Duration `json:"-"`
	Holds    []Hold        `json:"holds,omitempty"`
}

// A Hold is a host that wants to be left alone for a while.
type Hold struct {
	Host string
	Left time.Duration
}

// MarshalJSON writes the time that is left in seconds.
func (h Hold) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{"host": h.Host, "left_s": h.Left.Seconds()})
}

// JSON is the progress as one line of JSON.
func (p Progress) JSON() []byte {
	type plain Progress
	text, err := json.Marshal(struct {
		Elapsed float64 `json:"elapsed_s"`
		plain
		P50  float64 `json:"p50_ms"`
		P99  float64 `json:"p99_ms"`
		Rate float64 `json:"per_second"`
		ETA  float64 `json:"eta_s,omitempty"`
	}{p.Elapsed.Seconds(), plain(p), millis(p.P50), millis(p.P99), p.rate(), p.eta().Seconds()})
	if err != nil {
		return []byte(err.Error())
	}
	return text
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (p Progress) rate() float64 {
	if p.Elapsed <= 0 {
		return 0
	}
	return float64(p.Done) / p.Elapsed.Seconds()
}

// eta is the time that the rest takes at the rate so far, 0 if that is unknown.
func (p Progress) eta() time.Duration {
	rate := p.rate()
	left := p.Total - p.Skipped - p.Done
	if rate == 0 || p.Total < 0 || left <= 0 {
		return 0
	}
	seconds := float64(left) / rate
	if seconds > math.MaxInt64/2/float64(time.Second) {
		return 0
	}
	return time.Duration(seconds * float64(time.Second))
}

// ETA is the time that the rest takes at the rate so far, 0 if that is unknown.
func (p Progress) ETA() time.Duration { return p.eta() }

// Line is the progress as text of at most so many columns; what matters least is
// left out first.
func (p Progress) Line(width int) string {
	parts := []string{p.share()}
	parts = append(parts,
		fmt.Sprintf("%s/s", short(p.rate())),
		fmt.Sprintf("%d in flight", p.InFlight),
		p.outcomes())
	for i, h := range p.Holds {
		if i == 2 {
			parts = append(parts, fmt.Sprintf("%d more held", len(p.Holds)-i))
			break
		}
		parts = append(parts, fmt.Sprintf("hold %s %s", h.Host, brief(h.Left)))
	}
	if p.Done > 0 {
		parts = append(parts, fmt.Sprintf("p50 %s p99 %s", brief(p.P50), brief(p.P99)))
	}
	if eta := p.eta(); eta > 0 {
		parts = append(parts, "eta "+brief(eta))
	}
	line := strings.Join(parts, " | ")
	for len(parts) > 1 && len(line) > width {
		parts = parts[:len(parts)-1]
		line = strings.Join(parts, " | ")
	}
	return line[:min(len(line), max(width, 0))]
}

func (p Progress) share() string {
	done := p.Skipped + p.Done
	if p.Total < 0 {
		return group(done) + " done"
	}
	percent := 100.0
	if p.Total > 0 {
		percent = 100 * float64(done) / float64(p.Total)
	}
	return fmt.Sprintf("%s/%s %.0f %%", group(done), group(p.Total), math.Floor(percent))
}

func (p Progress) outcomes() string {
	s := "ok " + short(float64(p.OK))
	if p.Retries > 0 {
		s += "  retry " + short(float64(p.Retries))
	}
	if p.Failed > 0 {
		s += "  fail " + short(float64(p.Failed))
	}
	return s
}

// group writes a number with a space between thousands.
func group(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}

// short writes a number with three digits or so.
func short(x float64) string {
	switch {
	case x >= 1e6:
		return fmt.Sprintf("%.2fM", x/1e6)
	case x >= 1e4:
		return fmt.Sprintf("%.1fk", x/1e3)
	case x >= 100 || x == math.Trunc(x):
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.1f", x)
}

// brief writes a duration with two or three digits.
func brief(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%dm %ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%dh %dm", int(d.Hours()), int(d.Minutes())%60)
}
