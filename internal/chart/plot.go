package chart

import (
	"io"
)

// A Plot is a chart between two axes.
type Plot struct {
	Figure
	X, Y   Axis
	Layers []Layer // drawn in this order
	Keys   []Key   // the legend. Default: none
	Marks  []Mark  // drawn last
}

// A Layer is what one series of values looks like: Bars or a Curve.
type Layer interface {
	draw(s *svg, p *Plot, f frame)
}

// Bars are rectangles between the axes.
type Bars struct {
	Ink  Ink
	Bars []Bar
}

// A Bar reaches from X0 to X1 and from Y0 to Y1; Tip shows when it is pointed at.
type Bar struct {
	X0, X1, Y0, Y1 float64
	Tip            string
}

// A Curve is a line through steps, with the area below it washed.
type Curve struct {
	Ink   Ink
	Steps []Step
}

// A Step is the height Y of a curve between X0 and X1.
type Step struct{ X0, X1, Y float64 }

// A Mark is a vertical line with a name, such as a percentile.
type Mark struct {
	X    float64
	Text string
}

// frame is the rectangle between the axes.
type frame struct{ left, top, width, height float64 }

func (f frame) x(a Axis, v float64) float64 { return f.left + a.At(v)*f.width }
func (f frame) y(a Axis, v float64) float64 { return f.top + (1-a.At(v))*f.height }

// WriteSVG writes the plot. The only errors are those of w.
func (p Plot) WriteSVG(w io.Writer) error {
	yTicks := p.Y.Ticks(int(p.height() / 45))
	left := 14.0
	for _, t := range yTicks {
		left = max(left, textWidth(p.Y.format(t))+14)
	}
	f := frame{left: left, width: p.width() - left - 18}
	return p.write(w, p.height(), func(s *svg, top float64) {
		p.drawLegend(s, p.Keys, left, top, f.width)
		above := float64(legendLines(p.Keys, f.width)) * legendLine
		if p.Y.Label != "" {
			s.text(2, top+above+14, atStart, "quiet", p.Y.Label)
			above += 20
		}
		rows, lines := p.placeMarks(f)
		above += float64(lines)*15 + 6
		f.top = top + above
		f.height = max(p.height()-above-44, 20)
		p.drawY(s, f, yTicks)
		p.drawX(s, f)
		for _, layer := range p.Layers {
			layer.draw(s, &p, f)
		}
		p.drawMarks(s, f, rows)
	})
}

func (p *Plot) drawY(s *svg, f frame, ticks []float64) {
	for _, t := range ticks {
		y := f.y(p.Y, t)
		s.line(f.left, y, f.left+f.width, y, "grid")
		s.text(f.left-7, y+4, atEnd, "quiet", p.Y.format(t))
	}
}

func (p *Plot) drawX(s *svg, f frame) {
	bottom := f.top + f.height
	s.line(f.left, bottom, f.left+f.width, bottom, "axis")
	for _, t := range p.X.fitting(f.width) {
		x, label := f.x(p.X, t), p.X.format(t)
		s.line(x, bottom, x, bottom+4, "axis")
		s.text(inside(x, textWidth(label), p.width()), bottom+17, atMiddle, "quiet", label)
	}
	if p.X.Label != "" {
		s.text(f.left+f.width/2, bottom+36, atMiddle, "quiet", p.X.Label)
	}
}

// inside moves the middle of a text so that the text is not cut.
func inside(x, textWidth, width float64) float64 {
	return max(min(x, width-textWidth/2), textWidth/2)
}

// fitting returns as many ticks as have room beside each other for their labels.
func (a Axis) fitting(width float64) []float64 {
	for n := int(width / 36); ; n-- {
		ticks := a.Ticks(n)
		if n <= 2 || a.apart(ticks, width) {
			return ticks
		}
	}
}

func (a Axis) apart(ticks []float64, width float64) bool {
	end := -width
	for _, t := range ticks {
		half := textWidth(a.format(t)) / 2
		x := a.At(t) * width
		if x-half < end+10 {
			return false
		}
		end = x + half
	}
	return true
}

// placeMarks spreads the names of the marks over as many rows as it takes for none
// to cover another.
func (p *Plot) placeMarks(f frame) (rows []int, lines int) {
	var ends []float64 // of the last name in each row
	for _, m := range p.Marks {
		w := strongWidth(m.Text)
		x := p.markText(f, m) - w/2
		row := 0
		for row < len(ends) && x < ends[row]+8 {
			row++
		}
		if row == len(ends) {
			ends = append(ends, 0)
		}
		ends[row] = x + w
		rows = append(rows, row)
	}
	return rows, len(ends)
}

func (p *Plot) markText(f frame, m Mark) float64 {
	return inside(f.x(p.X, m.X), strongWidth(m.Text), p.width())
}

func (p *Plot) drawMarks(s *svg, f frame, rows []int) {
	for i, m := range p.Marks {
		y := f.top - 6 - float64(rows[i])*15
		x := f.x(p.X, m.X)
		s.line(x, y+2, x, f.top+f.height, "mark")
	}
	for i, m := range p.Marks {
		s.text(p.markText(f, m), f.top-6-float64(rows[i])*15, atMiddle, "strong halo", m.Text)
	}
}

func (b Bars) draw(s *svg, p *Plot, f frame) {
	for _, bar := range b.Bars {
		x0, x1 := f.x(p.X, bar.X0), f.x(p.X, bar.X1)
		y0, y1 := f.y(p.Y, bar.Y0), f.y(p.Y, bar.Y1)
		if bar.Y1 <= bar.Y0 {
			continue
		}
		// What is there is seen: a bar is a pixel wide and high at least, and has a
		// gap to the next one where there is room for it.
		gap := 0.0
		if x1-x0 > 3 {
			gap = 1
		}
		h := max(y0-y1, 1)
		s.rect(x0, min(y1, y0-h), max(x1-x0-gap, 1), h, bar.Tip, "class", "f-"+string(b.Ink))
	}
}

func (c Curve) draw(s *svg, p *Plot, f frame) {
	if len(c.Steps) == 0 {
		return
	}
	bottom := f.top + f.height
	var path string
	for i, step := range c.Steps {
		command := "L"
		if i == 0 {
			command = "M"
		}
		y := num(f.y(p.Y, step.Y))
		path += command + num(f.x(p.X, step.X0)) + " " + y + "H" + num(f.x(p.X, step.X1))
	}
	first, last := f.x(p.X, c.Steps[0].X0), f.x(p.X, c.Steps[len(c.Steps)-1].X1)
	s.leaf("path", "class", "wash f-"+string(c.Ink), "d", path+"L"+num(last)+" "+num(bottom)+"H"+num(first)+"Z")
	s.leaf("path", "class", "line s-"+string(c.Ink), "d", path)
}
