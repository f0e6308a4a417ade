package report_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/inflight-go/inflight/internal/report"
)

type span struct {
	start, end int64
	ok         bool
}

// The series against adding up each request's share of each interval.
func TestSeriesAgainstCounting(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	const epoch = 1767323045_000000
	for _, scale := range []int64{1, 50, 1000, 1e6, 1e9} {
		for _, n := range []int{1, 2, 300} {
			var s report.Series
			var spans []span
			for range n {
				start := epoch + rnd.Int64N(1000*scale)
				if scale == 1000 {
					start -= epoch + 500*scale // around 1970, on both sides of it
				}
				sp := span{start, start + rnd.Int64N(300*scale), rnd.IntN(4) > 0}
				spans = append(spans, sp)
				s.Add(sp.start, sp.end, sp.ok)
			}
			if s.Intervals() > report.MaxIntervals {
				t.Errorf("%d intervals", s.Intervals())
			}
			comparePoints(t, s.Points(120), spans)
		}
	}
}

func comparePoints(t *testing.T, points []report.Point, spans []span) {
	t.Helper()
	first, last := spans[0].start, spans[0].end
	for _, sp := range spans {
		first, last = min(first, sp.start), max(last, sp.end)
	}
	if len(points) == 0 || len(points) > 120 {
		t.Fatalf("%d points", len(points))
	}
	total := int64(0)
	for i, p := range points {
		from, to := first+p.From.Microseconds(), first+p.To.Microseconds()
		if i > 0 && points[i-1].To != p.From {
			t.Fatalf("point %d begins at %v, and the one before ends at %v", i, p.From, points[i-1].To)
		}
		var ok, failed int64
		busy := 0.0
		for _, sp := range spans {
			busy += float64(max(min(sp.end, to)-max(sp.start, from), 0))
			switch {
			case sp.end < from || sp.end >= to:
			case sp.ok:
				ok++
			default:
				failed++
			}
		}
		total += p.OK + p.Failed
		if p.OK != ok || p.Failed != failed {
			t.Errorf("point %d: %d ok, %d failed, want %d and %d", i, p.OK, p.Failed, ok, failed)
		}
		if of := float64(min(last, to) - max(first, from)); of > 0 && math.Abs(p.InFlight-busy/of) > 1e-6 {
			t.Errorf("point %d: %v in flight, want %v", i, p.InFlight, busy/of)
		}
	}
	if total != int64(len(spans)) {
		t.Errorf("%d of %d requests are in the points", total, len(spans))
	}
}

// A clock that is wrong must not cost memory.
func TestSeriesOverTenThousandYears(t *testing.T) {
	var s report.Series
	for _, at := range []string{"2026-01-02T03:04:05Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1970-01-01T00:00:00Z"} {
		x, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		s.Add(x.UnixMicro(), x.UnixMicro()+1e14, true)
	}
	if n := s.Intervals(); n > report.MaxIntervals {
		t.Errorf("%d intervals", n)
	}
	if n := len(s.Points(50)); n > 50 {
		t.Errorf("%d points", n)
	}
}
