package explore

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

func indent(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ")
}

// steps tells what happened, a line for each step.
func (f *Failure) steps() string {
	if len(f.Steps) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("steps:\n")
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	from := max(0, len(f.Steps)-lastSteps)
	if from > 0 {
		fmt.Fprintf(w, "  …\t%d steps before\n", from)
	}
	for i, s := range f.Steps[from:] {
		fmt.Fprintf(w, "  %d\t%s\t%s\t%s\t%s\n", from+i+1, s.Actor, s.What, s.Where, s.Note)
	}
	w.Flush()
	lines := strings.Split(b.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}
