package chart

import (
	"fmt"
	"strings"
)

// An Ink is a colour by its name. What it looks like in the light and in the dark
// is in Style.
type Ink string

// The inks.
const (
	Blue   Ink = "blue"
	Red    Ink = "red"
	Grey   Ink = "grey"
	Amber  Ink = "amber"
	Violet Ink = "violet"
	Orange Ink = "orange"
	Pink   Ink = "pink"
	Green  Ink = "green"
	Teal   Ink = "teal"
	Brown  Ink = "brown"
)

// palette has each ink on white paper and on dark paper; all of them stand out
// from it by 3:1 and more.
var palette = []struct {
	ink         Ink
	light, dark string
}{
	{Blue, "#2166b1", "#6aa9f2"},
	{Red, "#c4262e", "#ff7f76"},
	{Grey, "#8b949e", "#7d8590"},
	{Amber, "#b58100", "#d9a629"},
	{Violet, "#7d4cc2", "#b392f0"},
	{Orange, "#d2601a", "#f0883e"},
	{Pink, "#b5357f", "#f27ebd"},
	{Green, "#1f8a4c", "#4fc47a"},
	{Teal, "#0f7f86", "#43c5cc"},
	{Brown, "#8a5a2b", "#c69c6d"},
}

// The colours that are no inks: paper, text, quiet text, and the lines of a grid.
const (
	lightPaper, lightText, lightQuiet, lightGrid = "#ffffff", "#1f2328", "#57606a", "#d8dee4"
	darkPaper, darkText, darkQuiet, darkGrid     = "#0f1318", "#e6e8eb", "#9aa4af", "#2d343c"
)

// Style returns the style sheet of all charts. A page that has inline figures needs
// it once; other figures carry it themselves.
func Style() string {
	var b strings.Builder
	b.WriteString(".chart text{font:12px system-ui,-apple-system,'Segoe UI',sans-serif}\n" +
		".chart text.mono{font:11px ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace}\n" +
		".chart text.head{font-size:16px;font-weight:600}\n" +
		".chart text.strong{font-weight:600}\n" +
		".chart .line{fill:none;stroke-width:1.5;stroke-linejoin:round}\n" +
		".chart .wash{fill-opacity:.18}\n" +
		".chart .hatch{stroke-width:3}\n" +
		".chart text.halo{stroke-width:4;paint-order:stroke;stroke-linejoin:round}\n" +
		".chart .mark{stroke-width:1;stroke-dasharray:4 3}\n")
	colours(&b, "", lightPaper, lightText, lightQuiet, lightGrid)
	for _, p := range palette {
		fmt.Fprintf(&b, ".chart .f-%s{fill:%s}.chart .s-%[1]s{stroke:%[2]s}\n", p.ink, p.light)
	}
	b.WriteString("@media (prefers-color-scheme:dark){\n")
	colours(&b, " ", darkPaper, darkText, darkQuiet, darkGrid)
	for _, p := range palette {
		fmt.Fprintf(&b, " .chart .f-%s{fill:%s}.chart .s-%[1]s{stroke:%[2]s}\n", p.ink, p.dark)
	}
	b.WriteString("}\n")
	return b.String()
}

func colours(b *strings.Builder, indent, paper, text, quiet, grid string) {
	fmt.Fprintf(b, "%s.chart .paper{fill:%s}.chart text{fill:%s}.chart text.quiet{fill:%s}.chart text.halo{stroke:%[2]s}", indent, paper, text, quiet)
	fmt.Fprintf(b, ".chart .grid{stroke:%s}.chart .axis,.chart .mark{stroke:%s}\n", grid, quiet)
}
