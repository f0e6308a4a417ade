package fetch

import (
	"context"
	"os"
	"time"
)

// AppendMillis is appendMillis.
func AppendMillis(d time.Duration) string { return string(appendMillis(nil, d)) }

// AppendString is appendString.
func AppendString(s string) string { return string(appendString(nil, s)) }

// NewBody returns how a body is shown, and the line's member for it.
func NewBody(how, contentType, data string) string {
	return string(newBody(how, contentType, []byte(data)).append(nil))
}

// Quantiles returns the quantiles of some durations.
func Quantiles(ds []time.Duration, shares ...float64) []time.Duration {
	l := new(latencies)
	for _, d := range ds {
		l.add(d)
	}
	return l.quantiles(shares...)
}

// Histogram returns the metric of some durations.
func Histogram(ds ...time.Duration) string {
	h := new(histogram)
	for _, d := range ds {
		h.add(d)
	}
	e := new(exposition)
	h.write(e)
	return e.String()
}

// TestSent is a record of what is sent.
type TestSent struct{ s *sent }

var (
	ReadSent   = readSent
	ErrNotSent = errNotSent
)

// NewSent returns one that writes to a file.
func NewSent(f *os.File) TestSent { return TestSent{&sent{file: f, durable: true}} }

// Add is add.
func (s TestSent) Add(ctx context.Context, index int64) error { return s.s.add(ctx, index) }
