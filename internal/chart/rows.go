package chart

import (
	"io"
)

// Rows is a waterfall: a row for each thing that happened, with its parts one after
// the other on an axis of time that all rows share.
type Rows struct {
	Figure // its Height does not count: the rows decide it
	X      Axis
	Rows   []Row
	Keys   []Key // the legend. Default: none
}

// A Row is one line of a waterfall.
type Row struct {
	Label string // on the left, or above the bar where there is little room
	Note  string // on the right
	Bad   bool   // the note is in red
	Tip   string // shows when the bar is pointed at
	Start float64
	Parts []Part // from Start on, each where the one before it ends
}

// A Part is a stretch of a row, as long as the axis has it.
type Part struct {
	Length float64
	Ink    Ink
}

// rowLayout is where the columns of a waterfall stand.
type rowLayout struct {
	bars        frame
	pitch       float64 // from a row to the next
	bar, height float64 // of a bar: its top in the row, and its height
	labelChars  int
	noteChars   int
	base        float64 // the baseline of a label in its row
	noteBase    float64
}

func (r *Rows) layout() rowLayout {
	note := 0.0
	for _, row := range r.Rows {
		note = max(note, float64(len([]rune(row.Note)))*monoWidth+10)
	}
	note = min(note, r.width()*0.35)
	l := rowLayout{pitch: 15, bar: 2, height: 11, base: 11.5, noteBase: 11.5}
	column := min(0.36*r.width(), 330)
	l.bars.left = r.pad() + column
	if r.width() < narrow {
		l = rowLayout{pitch: 30, bar: 16, height: 11, base: 12.5, noteBase: 25.5}
		column = r.width() - 2*r.pad()
		l.bars.left = r.pad()
	}
	l.bars.width = r.width() - l.bars.left - r.pad() - note - 4
	l.noteChars = int(note / monoWidth)
	l.labelChars = int((column - 8) / monoWidth)
	return l
}

// WriteSVG writes the waterfall. The only errors are those of w.
func (r Rows) WriteSVG(w io.Writer) error {
	l := r.layout()
	wide := r.width() - 2*r.pad()
	above := float64(legendLines(r.Keys, wide))*legendLine + 8
	height := above + float64(len(r.Rows))*l.pitch + 44
	l.bars.height = float64(len(r.Rows)) * l.pitch
	return r.write(w, height, func(s *svg, top float64) {
		r.drawLegend(s, r.Keys, r.pad(), top, wide)
		l.bars.top = top + above
		r.drawAxis(s, l.bars)
		for i, row := range r.Rows {
			r.drawRow(s, l, row, l.bars.top+float64(i)*l.pitch)
		}
	})
}

func (r *Rows) drawAxis(s *svg, f frame) {
	bottom := f.top + f.height
	for _, t := range r.X.fitting(f.width) {
		x, label := f.x(r.X, t), r.X.format(t)
		s.line(x, f.top, x, bottom+4, "grid")
		s.text(inside(x, textWidth(label), r.width()), bottom+17, atMiddle, "quiet", label)
	}
	s.line(f.left, bottom, f.left+f.width, bottom, "axis")
	if r.X.Label != "" {
		s.text(f.left+f.width/2, bottom+36, atMiddle, "quiet", r.X.Label)
	}
}

func (r *Rows) drawRow(s *svg, l rowLayout, row Row, y float64) {
	s.open("g")
	if row.Tip != "" {
		s.hold("title", row.Tip)
	}
	s.text(r.pad(), y+l.base, atStart, "mono", Shorten(row.Label, l.labelChars))
	class := "mono quiet"
	if row.Bad {
		class = "mono strong f-" + string(Red)
	}
	s.text(r.width()-r.pad(), y+l.noteBase, atEnd, class, Shorten(row.Note, l.noteChars))
	at := row.Start
	// A bar of less than a pixel is drawn as one: its last part, which is what it
	// was when it ended; one without parts is grey.
	from, end := l.bars.x(r.X, at), at
	for _, p := range row.Parts {
		end += p.Length
	}
	if l.bars.x(r.X, end)-from < 1.5 {
		ink := Grey
		if n := len(row.Parts); n > 0 {
			ink = row.Parts[n-1].Ink
		}
		s.rect(min(from, l.bars.left+l.bars.width-1.5), y+l.bar, 1.5, l.height, "", "class", "f-"+string(ink))
		s.close("g")
		return
	}
	for _, p := range row.Parts {
		x0, x1 := l.bars.x(r.X, at), l.bars.x(r.X, at+p.Length)
		at += p.Length
		if x1-x0 >= 0.05 {
			s.rect(x0, y+l.bar, x1-x0, l.height, "", "class", "f-"+string(p.Ink))
		}
	}
	s.close("g")
}
