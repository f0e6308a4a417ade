package report

import (
	"bufio"
	"strings"
	"unicode/utf8"
)

// A table is written in columns as wide as they need to be.
type table struct {
	left  int // how many columns from the first on, and the last one if it is a text, stand on the left
	text  bool
	cells [][]string
}

func (t *table) row(cells ...string) { t.cells = append(t.cells, cells) }

// write writes the table below a heading of its own, the first row. Width is that of
// the last column's end, where it is a text: it is cut there.
func (t *table) write(w *bufio.Writer, width int) {
	var widths []int
	for _, row := range t.cells {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range t.cells {
		t.writeRow(w, row, widths, width)
	}
}

func (t *table) writeRow(w *bufio.Writer, row []string, widths []int, width int) {
	var line strings.Builder
	at := 0
	for i, cell := range row {
		if i > 0 {
			line.WriteString("  ")
			at += 2
		}
		pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
		switch last := i == len(row)-1; {
		case last && t.text:
			if width > 0 {
				cell = cut(cell, max(width-at, 8))
			}
			line.WriteString(cell)
		case i < t.left:
			line.WriteString(cell + pad)
		default:
			line.WriteString(pad + cell)
		}
		at += widths[i]
	}
	w.WriteString(strings.TrimRight(line.String(), " ") + "\n")
}
