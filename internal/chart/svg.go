package chart

import (
	"bytes"
	"encoding/xml"
	"math"
	"strconv"
	"unicode/utf8"
)

// svg is markup being written.
type svg struct{ buf bytes.Buffer }

// open starts an element; attrs are names and values in turn.
func (s *svg) open(name string, attrs ...string) {
	s.start(name, attrs)
	s.buf.WriteString(">")
}

func (s *svg) close(name string) { s.buf.WriteString("</" + name + ">\n") }

// leaf writes an element that has nothing inside.
func (s *svg) leaf(name string, attrs ...string) {
	s.start(name, attrs)
	s.buf.WriteString("/>\n")
}

// hold writes an element that has only text inside.
func (s *svg) hold(name, text string, attrs ...string) {
	s.open(name, attrs...)
	s.escape(text)
	s.close(name)
}

func (s *svg) start(name string, attrs []string) {
	s.buf.WriteString("<" + name)
	for i := 0; i < len(attrs); i += 2 {
		s.buf.WriteString(" " + attrs[i] + `="`)
		s.escape(attrs[i+1])
		s.buf.WriteString(`"`)
	}
}

// escape writes text as XML has it; what XML can't have becomes U+FFFD.
func (s *svg) escape(text string) { _ = xml.EscapeText(&s.buf, []byte(text)) } // a buffer takes all

// The anchors of a text.
const (
	atStart  = "start"
	atMiddle = "middle"
	atEnd    = "end"
)

// text writes one line with its baseline at y.
func (s *svg) text(x, y float64, anchor, class, text string) {
	attrs := []string{"x", num(x), "y", num(y)}
	if anchor != atStart {
		attrs = append(attrs, "text-anchor", anchor)
	}
	if class != "" {
		attrs = append(attrs, "class", class)
	}
	s.hold("text", text, attrs...)
}

func (s *svg) line(x1, y1, x2, y2 float64, class string) {
	s.leaf("line", "x1", num(x1), "y1", num(y1), "x2", num(x2), "y2", num(y2), "class", class)
}

// rect writes a rectangle; a tip that is not empty shows when it is pointed at.
func (s *svg) rect(x, y, w, h float64, tip string, attrs ...string) {
	attrs = append([]string{"x", num(x), "y", num(y), "width", num(w), "height", num(h)}, attrs...)
	if tip == "" {
		s.leaf("rect", attrs...)
		return
	}
	s.open("rect", attrs...)
	s.hold("title", tip)
	s.close("rect")
}

// num writes a coordinate, to a hundredth. What is no number is 0: a picture with
// one wrong bar is better than none.
func num(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		v = 0
	}
	return strconv.FormatFloat(unsigned(math.Round(v*100)/100), 'f', -1, 64)
}

// unsigned takes the sign off a zero.
func unsigned(v float64) float64 {
	if v == 0 {
		return 0
	}
	return v
}

// The width of a character, as wide as the fonts of Style make it on the average
// or a bit wider: an estimate, since only the reader knows the font.
const (
	charWidth = 6.8
	monoWidth = 6.7
)

func textWidth(s string) float64 { return float64(utf8.RuneCountInString(s)) * charWidth }

// strongWidth is textWidth of bold letters.
func strongWidth(s string) float64 { return textWidth(s) * 1.15 }

// Shorten returns s in at most n characters. What is too long loses its middle,
// since the ends of a URL say most.
func Shorten(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	if n < 5 {
		return string(r[:max(n, 0)])
	}
	tail := (n - 1) * 2 / 5
	return string(r[:n-1-tail]) + "…" + string(r[len(r)-tail:])
}
