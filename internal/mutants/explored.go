package main

import (
	"path"
	"slices"
)

// explored leaves the mutants of the primitives, each with the explored tests alone:
// those that look for a bug in one interleaving after the other.
func explored(mutants []mutant) []mutant {
	var left []mutant
	for _, m := range mutants {
		if packages := exploredIn[path.Dir(m.file)]; packages != nil && m.file != "main.go" {
			m.packages, m.run = slices.Concat(packages, []string{"./internal/corpus"}), "Explore|Modes_/explore|Modes_/cancel"
			left = append(left, m)
		}
	}
	return left
}

// exploredIn says where the explored tests of a folder are.
var exploredIn = map[string][]string{
	".":               {"."},
	"locks":           {"./locks"},
	"queue":           {"./queue"},
	"limit":           {"./limit"},
	"internal/permit": {".", "./locks"},
}
