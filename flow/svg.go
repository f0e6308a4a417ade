package flow

import (
	"fmt"
	"html"
	"strings"
)

// The measures of the picture, in pixels.
const (
	boxWidth   = 300.0
	lineHeight = 17.0
	titleSpace = 30.0
	boxEnd     = 8.0
	gapX       = 70.0
	gapY       = 24.0
	margin     = 24.0
	longest    = 46 // characters of a line in a box
)

// style has colours for light and for dark.
const style = `
text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#475569}
text.t{font:600 14px system-ui,-apple-system,"Segoe UI",sans-serif;fill:#0f172a}
rect.page{fill:#fff}
rect.b{fill:#f8fafc;stroke:#94a3b8;stroke-width:1.2}
rect.list{fill:#eff6ff;stroke:#3b82f6}
rect.row{fill:#fefce8;stroke:#ca8a04}
rect.output{fill:#f0fdf4;stroke:#16a34a}
path.e{fill:none;stroke:#94a3b8;stroke-width:1.6}
path.h{fill:#94a3b8}
@media(prefers-color-scheme:dark){
text{fill:#cbd5e1}text.t{fill:#f8fafc}rect.page{fill:#0f172a}rect.b{fill:#1e293b;stroke:#64748b}
rect.list{fill:#172554;stroke:#60a5fa}rect.row{fill:#422006;stroke:#facc15}rect.output{fill:#052e16;stroke:#4ade80}
path.e{stroke:#64748b}path.h{fill:#64748b}}
`

func (n *node) height() float64 {
	if len(n.lines) == 0 {
		return titleSpace + boxEnd
	}
	return titleSpace + float64(len(n.lines))*lineHeight + boxEnd
}

func (n *node) x() float64 { return margin + float64(n.layer)*(boxWidth+gapX) }

// middle is where lines begin and end.
func (n *node) middle() float64 { return n.y + n.height()/2 }

// layOut gives the boxes their places: what nothing of its layer follows gets the next
// free place, and what others follow stands in their middle. So no lines cross.
func layOut(nodes []*node) (height float64) {
	var row *node
	var outputs []*node
	free := margin
	var place func(n *node)
	place = func(n *node) {
		begin := free
		var first, last *node
		for _, to := range n.to {
			if to.kind == "row" {
				continue
			}
			place(to)
			if first == nil {
				first = to
			}
			last = to
		}
		if first == nil {
			n.y = free
		} else {
			n.y = max((first.middle()+last.middle())/2-n.height()/2, begin)
		}
		free = max(free, n.y+n.height()+gapY)
	}
	for _, n := range nodes {
		switch n.kind {
		case "row":
			row = n
		case "output":
			outputs = append(outputs, n)
		}
	}
	place(nodes[0])
	stack := -gapY
	for _, out := range outputs {
		stack += out.height() + gapY
	}
	height = max(free-gapY, margin+stack, margin+row.height())
	center := (margin + height) / 2
	row.y = center - row.height()/2
	y := center - stack/2
	for _, out := range outputs {
		out.y = y
		y += out.height() + gapY
	}
	return height + margin
}

// SVG is the flow as a picture.
func (f *Flow) SVG() []byte {
	nodes := f.nodes()
	height := layOut(nodes)
	last := nodes[len(nodes)-1]
	width := last.x() + boxWidth + margin
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="img" aria-label="%s">`,
		width, height, width, height, html.EscapeString("the flow "+flowName(f.name)))
	fmt.Fprintf(&b, "<style>%s</style>\n", style)
	fmt.Fprintf(&b, `<rect class="page" width="%.0f" height="%.0f"/>`+"\n", width, height)
	for _, n := range nodes {
		for _, to := range n.to {
			edge(&b, n, to)
		}
	}
	for _, n := range nodes {
		n.draw(&b)
	}
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

// edge draws a line from a box to another one, with a head.
func edge(b *strings.Builder, from, to *node) {
	const head = 7
	x1, y1, x2, y2 := from.x()+boxWidth, from.middle(), to.x()-head, to.middle()
	turn := max(x2-gapX, x1) // a line over several layers is straight up to the last gap
	bend := (x2 - turn) / 2
	fmt.Fprintf(b, `<path class="e" d="M%.1f %.1fH%.1fC%.1f %.1f %.1f %.1f %.1f %.1f"/>`, x1, y1, turn, turn+bend, y1, x2-bend, y2, x2, y2)
	fmt.Fprintf(b, `<path class="h" d="M%.1f %.1fl%d %dv%dz"/>`+"\n", x2+head, y2, -head-1, -4, 8)
}

// draw draws a box.
func (n *node) draw(b *strings.Builder) {
	fmt.Fprintf(b, `<g><title>%s</title><rect class="b %s" x="%.1f" y="%.1f" width="%.0f" height="%.1f" rx="8"/>`,
		html.EscapeString(n.title+"\n"+strings.Join(n.lines, "\n")), n.kind, n.x(), n.y, boxWidth, n.height())
	fmt.Fprintf(b, `<text class="t" x="%.1f" y="%.1f">%s</text>`, n.x()+14, n.y+23, html.EscapeString(shorten(n.title, 34)))
	for i, line := range n.lines {
		line = strings.Join(strings.Fields(line), " ")
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f">%s</text>`, n.x()+14, n.y+titleSpace+float64(i+1)*lineHeight-4, html.EscapeString(shorten(line, longest-8)))
	}
	b.WriteString("</g>\n")
}
