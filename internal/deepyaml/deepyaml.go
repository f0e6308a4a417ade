// Package deepyaml finds out that a text of YAML is nested too deep for its parser, which
// goes down into it, and takes more memory with each level.
package deepyaml

import "strings"

// Max is how deep a text may be.
const Max = 1000

// Line returns the first line of a text of YAML that is nested more than Max deep, from 1,
// and 0 for none.
func Line(lines []string) int {
	depth := 0
	for i, line := range lines {
		indent := len(line) - len(strings.TrimLeft(line, " -?\t"))
		deepest := indent
		for _, c := range []byte(line) {
			switch c {
			case '[', '{':
				depth++
				deepest = max(deepest, depth)
			case ']', '}':
				depth = max(depth-1, 0)
			}
		}
		if deepest > Max {
			return i + 1
		}
	}
	return 0
}
