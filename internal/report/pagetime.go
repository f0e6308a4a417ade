package report

import (
	"fmt"
	"io"
	"time"

	"github.com/inflight-go/inflight/internal/chart"
)

// points returns at most n intervals of the run.
func (s *Summary) points(n int) ([]point, time.Duration) {
	return s.all.series.points(s.all.start, s.all.end, n)
}

func (s *Summary) timeSection() section {
	if s.Wall() == 0 {
		return section{ID: "time", Title: "Over time", Text: "The run took no time that could be told."}
	}
	points, every := s.points(pagePoints)
	var most float64
	for _, p := range points {
		most = max(most, p.inFlight)
	}
	ended := twice("throughput", "Requests that ended, over time",
		fmt.Sprintf("Bars over the %s of the run: %s ok, %s failed.", chart.Duration(s.Wall()), chart.Count(s.OK), chart.Count(s.Failed)), s.endedPlot)
	ended.Title = "Requests that ended"
	running := twice("running", "Requests in flight, over time",
		fmt.Sprintf("A curve over the %s of the run: at most about %s at once.", chart.Duration(s.Wall()), chart.Number(most)), s.runningPlot)
	running.Title = "Requests in flight, waiting ones included"
	t := pageTable{Caption: "The run in steps of " + chart.Duration(every), Columns: columns("from", "ok", "failed", "in flight")}
	for _, p := range points {
		t.Rows = append(t.Rows, []string{chart.Duration(max(p.from, 0)), chart.Count(p.ok), chart.Count(p.failed), chart.Number(p.inFlight)})
	}
	running.Table = &t
	return section{ID: "time", Title: "Over time", Figures: []figure{ended, running}}
}

// timeAxis is the run, from the first start on.
func (s *Summary) timeAxis(points []point) chart.Axis {
	// The first and the last interval reach beyond the run.
	return chart.Axis{Min: points[0].from.Seconds(), Max: points[len(points)-1].to.Seconds(), Clock: true,
		Label: "since the first start", Format: chart.Seconds}
}

func (s *Summary) endedPlot(f chart.Figure) interface{ WriteSVG(io.Writer) error } {
	points, every := s.points(int(f.Width / 7))
	// Beyond a second a rate says more than a number for each interval.
	per, label := 1.0, "requests in "+chart.Duration(every)
	if every >= time.Second {
		per, label = every.Seconds(), "requests/s"
	}
	p := chart.Plot{Figure: f, X: s.timeAxis(points), Y: chart.Axis{Label: label, Whole: per == 1}, Keys: s.outcomeKeys()}
	ok, failed := chart.Bars{Ink: chart.Blue}, chart.Bars{Ink: chart.Red}
	for _, x := range points {
		tip := fmt.Sprintf("%s to %s: %s ok, %s failed", chart.Duration(max(x.from, 0)), chart.Duration(x.to), chart.Count(x.ok), chart.Count(x.failed))
		x0, x1 := x.from.Seconds(), x.to.Seconds()
		good, all := float64(x.ok)/per, float64(x.ok+x.failed)/per
		ok.Bars = append(ok.Bars, chart.Bar{X0: x0, X1: x1, Y1: good, Tip: tip})
		failed.Bars = append(failed.Bars, chart.Bar{X0: x0, X1: x1, Y0: good, Y1: all, Tip: tip})
		p.Y.Max = max(p.Y.Max, all)
	}
	p.Y = p.Y.Nice(5)
	p.Layers = []chart.Layer{ok, failed}
	return p
}

func (s *Summary) runningPlot(f chart.Figure) interface{ WriteSVG(io.Writer) error } {
	points, _ := s.points(int(f.Width / 4))
	p := chart.Plot{Figure: f, X: s.timeAxis(points), Y: chart.Axis{Label: "in flight", Whole: true}}
	p.Height = 200
	curve := chart.Curve{Ink: chart.Green}
	for _, x := range points {
		from, to := max(x.from, 0), min(x.to, s.Wall())
		curve.Steps = append(curve.Steps, chart.Step{X0: from.Seconds(), X1: max(from, to).Seconds(), Y: x.inFlight})
		p.Y.Max = max(p.Y.Max, x.inFlight)
	}
	p.Y = p.Y.Nice(4)
	p.Layers = []chart.Layer{curve}
	return p
}
