package chart_test

import (
	"fmt"
	"strings"

	"github.com/inflight-go/inflight/internal/chart"
)

// count writes a chart, and says of what it consists.
func count(c writer, elements ...string) {
	var b strings.Builder
	if err := c.WriteSVG(&b); err != nil {
		panic(err)
	}
	for _, e := range elements {
		fmt.Println(e, strings.Count(b.String(), "<"+e+" ")+strings.Count(b.String(), "<"+e+">"))
	}
}

func ExamplePlot() {
	count(chart.Plot{
		Figure: chart.Figure{ID: "sizes", Title: "Sizes", Desc: "How many there are of each.", Inline: true},
		X:      chart.Axis{Max: 2},
		Y:      chart.Axis{Max: 7, Whole: true, Label: "files"}.Nice(4),
		Layers: []chart.Layer{chart.Bars{Ink: chart.Blue, Bars: []chart.Bar{{X0: 0, X1: 1, Y1: 7}, {X0: 1, X1: 2, Y1: 3}}}},
		Marks:  []chart.Mark{{X: 0.5, Text: "half"}},
	}, "svg", "title", "rect")
	// Output:
	// svg 1
	// title 1
	// rect 2
}

func ExampleCurve() {
	count(chart.Plot{
		Figure: chart.Figure{Inline: true},
		Layers: []chart.Layer{chart.Curve{Ink: chart.Green, Steps: []chart.Step{{X0: 0, X1: 0.5, Y: 1}, {X0: 0.5, X1: 1, Y: 0.2}}}},
	}, "path")
	// Output: path 2
}

func ExampleRows() {
	count(chart.Rows{
		Figure: chart.Figure{Inline: true},
		X:      chart.Axis{Max: 3, Clock: true, Format: chart.Seconds},
		Keys:   []chart.Key{{Text: "waiting", Ink: chart.Grey}, {Text: "running", Ink: chart.Blue}},
		Rows: []chart.Row{
			{Label: "a", Note: "3 s", Parts: []chart.Part{{Length: 1, Ink: chart.Grey}, {Length: 2, Ink: chart.Blue}}},
			{Label: "b", Note: "failed", Bad: true, Start: 1, Parts: []chart.Part{{Length: 1, Ink: chart.Blue}}},
		},
	}, "g", "rect")
	// Output:
	// g 2
	// rect 5
}

func ExampleGroups() {
	count(chart.Groups{
		Figure: chart.Figure{ID: "tea", Inline: true},
		X:      chart.Axis{Max: 10},
		Groups: []chart.Group{{Name: "tea", Bars: []chart.GroupBar{{Value: 10, Text: "10 cups, a guess", Ink: chart.Grey, Hatched: true}}}},
	}, "pattern", "rect")
	// Output:
	// pattern 1
	// rect 2
}

func ExampleStyle() {
	fmt.Println(strings.Contains(chart.Style(), "prefers-color-scheme:dark"))
	// Output: true
}

func ExampleAxis_At() {
	a := chart.Axis{Min: 1, Max: 100, Log: true}
	fmt.Println(a.At(1), a.At(10), a.At(1e6))
	// Output: 0 0.5 1
}
