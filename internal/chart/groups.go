package chart

import (
	"io"
)

// Groups is a chart of lying bars in groups, each with its value written behind it,
// for a few values to compare.
type Groups struct {
	Figure // its Height does not count: the bars decide it
	X      Axis
	Groups []Group
	Keys   []Key // the legend. Default: none
	Note   string
}

// A Group is some bars under one name.
type Group struct {
	Name string
	Bars []GroupBar
}

// A GroupBar is one bar. A hatched one is told from the others without its colour.
type GroupBar struct {
	Value   float64
	Text    string // behind the bar
	Ink     Ink
	Hatched bool
}

const (
	groupBar = 20.0 // the height of a bar, with the gap behind it
	groupGap = 12.0 // between groups
)

// WriteSVG writes the chart. The only errors are those of w.
func (g Groups) WriteSVG(w io.Writer) error {
	pad := g.pad()
	f := frame{left: max(pad, 10)}
	behind := 0.0
	height := 0.0
	for _, group := range g.Groups {
		f.left = max(f.left, strongWidth(group.Name)+pad+10)
		height += float64(len(group.Bars))*groupBar + groupGap
		for _, b := range group.Bars {
			behind = max(behind, textWidth(b.Text)+12)
		}
	}
	f.width = max(g.width()-f.left-behind-pad/2, 40)
	f.height = height
	wide := g.width() - 2*pad
	above := float64(legendLines(g.Keys, wide))*legendLine + 8
	total := above + height + 48
	if g.Note != "" {
		total += 18
	}
	return g.write(w, total, func(s *svg, top float64) {
		g.drawLegend(s, g.Keys, pad, top, wide)
		f.top = top + above
		for _, ink := range g.hatched() {
			g.defineHatch(s, ink)
		}
		g.drawAxis(s, f)
		g.drawGroups(s, f)
		if g.Note != "" {
			s.text(pad, f.top+f.height+54, atStart, "quiet", g.Note)
		}
	})
}

// hatched returns the inks that are hatched somewhere, each once.
func (g *Groups) hatched() []Ink {
	seen := map[Ink]bool{}
	var inks []Ink
	add := func(ink Ink, hatched bool) {
		if hatched && !seen[ink] {
			seen[ink] = true
			inks = append(inks, ink)
		}
	}
	for _, k := range g.Keys {
		add(k.Ink, k.Hatched)
	}
	for _, group := range g.Groups {
		for _, b := range group.Bars {
			add(b.Ink, b.Hatched)
		}
	}
	return inks
}

func (g *Groups) drawAxis(s *svg, f frame) {
	bottom := f.top + f.height
	for _, t := range g.X.fitting(f.width) {
		x, label := f.x(g.X, t), g.X.format(t)
		s.line(x, f.top, x, bottom+4, "grid")
		s.text(inside(x, textWidth(label), g.width()), bottom+17, atMiddle, "quiet", label)
	}
	s.line(f.left, f.top, f.left, bottom, "axis")
	if g.X.Label != "" {
		s.text(f.left+f.width/2, bottom+35, atMiddle, "quiet", g.X.Label)
	}
}

func (g *Groups) drawGroups(s *svg, f frame) {
	y := f.top + groupGap/2
	for _, group := range g.Groups {
		size := float64(len(group.Bars)) * groupBar
		s.text(f.left-9, y+size/2+3, atEnd, "strong", group.Name)
		for _, b := range group.Bars {
			end := f.x(g.X, b.Value)
			s.rect(f.left, y, max(end-f.left, 1), groupBar-3, group.Name+": "+b.Text, g.fill(b.Ink, b.Hatched)...)
			s.text(max(end, f.left+1)+6, y+13, atStart, "", b.Text)
			y += groupBar
		}
		y += groupGap
	}
}
