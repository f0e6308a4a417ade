package chart

import (
	"io"
)

// A Figure is what all charts have.
type Figure struct {
	// ID sets the figure apart from the others of its page: letters, digits and
	// hyphens. Default: "chart".
	ID string
	// Title names the picture, and Desc says what it shows, to those who can't see
	// it. Where the figure is not inline the title stands above the picture too.
	Title, Desc string
	// Width is in pixels. Below 600 charts are laid out for a telephone. Default: 880.
	Width float64
	// Height is in pixels, where the content doesn't decide it. Default: 260.
	Height float64
	// Inline leaves out what a page has once for all figures: the style and the
	// paper. Default: the figure is a file of its own.
	Inline bool
}

// narrow is the width below which a chart is laid out for a telephone.
const narrow = 600

func (f Figure) id() string {
	if f.ID == "" {
		return "chart"
	}
	return f.ID
}

func (f Figure) width() float64 {
	if f.Width <= 0 {
		return 880
	}
	return f.Width
}

func (f Figure) height() float64 {
	if f.Height <= 0 {
		return 260
	}
	return f.Height
}

// headRoom is the height of the title that is seen.
func (f Figure) headRoom() float64 {
	if f.Inline || f.Title == "" {
		return 0
	}
	return 34
}

// pad is the room on the left and on the right, which a page has already.
func (f Figure) pad() float64 {
	if f.Inline {
		return 0
	}
	return 14
}

// write frames what draw writes, which gets the y where it may start, and sends it
// all to w at once.
func (f Figure) write(w io.Writer, height float64, draw func(s *svg, top float64)) error {
	s := new(svg)
	width, top := f.width(), f.headRoom()
	height += top
	s.open("svg", "xmlns", "http://www.w3.org/2000/svg", "class", "chart", "viewBox", "0 0 "+num(width)+" "+num(height),
		"width", num(width), "height", num(height), "role", "img", "aria-labelledby", f.id()+"-t "+f.id()+"-d")
	s.buf.WriteString("\n")
	s.hold("title", f.Title, "id", f.id()+"-t")
	s.hold("desc", f.Desc, "id", f.id()+"-d")
	if !f.Inline {
		s.buf.WriteString("<style>\n" + Style() + "</style>\n")
		s.rect(0, 0, width, height, "", "class", "paper")
	}
	if top > 0 {
		s.text(f.pad(), 24, atStart, "head", f.Title)
	}
	draw(s, top)
	s.close("svg")
	_, err := w.Write(s.buf.Bytes())
	return err
}

// A Key is one line of a legend: what an ink stands for.
type Key struct {
	Text    string
	Ink     Ink
	Hatched bool
}

const legendLine = 20 // the height of a line of a legend

// legendLines is how many lines the keys need.
func legendLines(keys []Key, width float64) int {
	_, _, lines := placeKeys(keys, width)
	return lines
}

func placeKeys(keys []Key, width float64) (xs []float64, rows []int, lines int) {
	x, row := 0.0, 0
	for _, k := range keys {
		w := 18 + textWidth(k.Text) + 16
		if x > 0 && x+w > width {
			x, row = 0, row+1
		}
		xs, rows = append(xs, x), append(rows, row)
		x += w
	}
	if len(keys) > 0 {
		lines = row + 1
	}
	return xs, rows, lines
}

func (f Figure) drawLegend(s *svg, keys []Key, left, top, width float64) {
	xs, rows, _ := placeKeys(keys, width)
	for i, k := range keys {
		x, y := left+xs[i], top+float64(rows[i])*legendLine
		s.rect(x, y+4, 12, 12, "", f.fill(k.Ink, k.Hatched)...)
		s.text(x+18, y+14, atStart, "", k.Text)
	}
}

// fill returns the attributes that fill a shape with ink.
func (f Figure) fill(ink Ink, hatched bool) []string {
	if !hatched {
		return []string{"class", "f-" + string(ink)}
	}
	return []string{"fill", "url(#" + f.id() + "-" + string(ink) + ")", "class", "s-" + string(ink)}
}

// defineHatch writes the pattern that a hatched shape of this ink needs.
func (f Figure) defineHatch(s *svg, ink Ink) {
	s.open("defs")
	s.open("pattern", "id", f.id()+"-"+string(ink), "width", "6", "height", "6",
		"patternUnits", "userSpaceOnUse", "patternTransform", "rotate(45)")
	s.rect(0, 0, 6, 6, "", "class", "wash f-"+string(ink))
	s.line(1.5, 0, 1.5, 6, "hatch s-"+string(ink))
	s.close("pattern")
	s.close("defs")
}
