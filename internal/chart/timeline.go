package chart

import (
	"fmt"
	"io"
	"time"
)

// A Timeline is the picture of a benchmark: how long so many requests take one
// after the other, and at once.
type Timeline struct {
	Figure // Title and Desc have a default; Height does not count
	Cases  []Case
}

// A Case is one row of the benchmark.
type Case struct {
	N          int           // how many requests
	Sequential time.Duration // one after the other
	Concurrent time.Duration // at once
	Computed   bool          // Sequential was worked out, and not measured: it is hatched
}

// WriteSVG writes the picture, on an axis by logarithms. The only errors are those
// of w.
func (t Timeline) WriteSVG(w io.Writer) error {
	if t.Title == "" {
		t.Title = "One after the other, and at once"
	}
	if t.Desc == "" {
		t.Desc = t.describe()
	}
	g := Groups{Figure: t.Figure, X: t.axis(), Keys: []Key{{Text: "one after the other", Ink: Grey}}}
	computed := false
	for _, c := range t.Cases {
		computed = computed || c.Computed
		name := Count(int64(c.N)) + " requests"
		if c.N == 1 {
			name = "1 request"
		}
		if t.width() < narrow {
			name = Count(int64(c.N))
		}
		g.Groups = append(g.Groups, Group{Name: name, Bars: []GroupBar{
			{Value: c.Sequential.Seconds(), Text: c.sequential(), Ink: Grey, Hatched: c.Computed},
			{Value: c.Concurrent.Seconds(), Text: c.concurrent(), Ink: Blue},
		}})
	}
	if computed {
		g.Keys = append(g.Keys, Key{Text: "the same, computed", Ink: Grey, Hatched: true})
	}
	g.Keys = append(g.Keys, Key{Text: "at once", Ink: Blue})
	return g.WriteSVG(w)
}

// sequential is what stands behind the bar.
func (c Case) sequential() string {
	if c.Computed {
		return Duration(c.Sequential) + " (computed)"
	}
	return Duration(c.Sequential)
}

func (c Case) concurrent() string {
	if c.Concurrent <= 0 || c.Sequential <= 0 {
		return Duration(c.Concurrent)
	}
	return fmt.Sprintf("%s, %s× as fast", Duration(c.Concurrent), Number(float64(c.Sequential)/float64(c.Concurrent)))
}

func (t Timeline) axis() Axis {
	a := Axis{Log: true, Clock: true, Label: "time, on a logarithmic scale", Format: Seconds}
	for _, c := range t.Cases {
		for _, d := range []time.Duration{c.Sequential, c.Concurrent} {
			v := d.Seconds()
			if v <= 0 {
				continue
			}
			if a.Min == 0 || v < a.Min {
				a.Min = v
			}
			a.Max = max(a.Max, v)
		}
	}
	// The shortest bar has to be seen: the axis starts well before it ends.
	a.Min /= 2
	lo := a.Nice(0).Min
	if a.Max > 0 {
		a.Min = lo
	}
	return a
}

func (t Timeline) describe() string {
	s := "How long requests take one after the other, and at once."
	for _, c := range t.Cases {
		s += fmt.Sprintf(" %s: %s, and %s.", Count(int64(c.N)), c.sequential(), Duration(c.Concurrent))
	}
	return s
}
