package main

import (
	"fmt"
	"path"
	"strings"
)

// A mutant is one bug: a file in which one text stands in the place of another.
type mutant struct {
	name     string
	file     string   // with slashes, below the root of the module
	packages []string // whose tests should notice
	run      string   // which of the tests, as go test's -run; "" for all
	before   string
	after    string
}

// parse reads a table of mutants:
//
//	mutant barging
//	file   internal/permit/permit.go
//	test   ./internal/permit ./locks
//	run    TestLK2|TestSE2
//	--- old
//		if s&waiting != 0 || n > free {
//	--- new
//		if n > free {
//	--- end
//
// The texts are whole lines, taken as they are. Without test it is the file's
// own package, without run all of its tests. Between mutants there may be empty
// lines and comments, which begin with a number sign.
func parse(table string) ([]mutant, error) {
	var mutants []mutant
	lines := strings.Split(strings.ReplaceAll(table, "\r\n", "\n"), "\n")
	names := make(map[string]bool)
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		begin := i
		name, ok := strings.CutPrefix(line, "mutant ")
		name = strings.TrimSpace(name)
		if !ok || names[name] {
			return nil, fmt.Errorf("%d: want \"mutant\" and a name that was not used before, got %q", i+1, line)
		}
		names[name] = true
		m := mutant{name: name}
		var err error
		if i, err = m.parse(lines, i+1); err != nil {
			return nil, err
		}
		if m.file == "" || m.before == "" || m.before == m.after {
			return nil, fmt.Errorf("%d: mutant %s needs a file, an old text, and a new one that differs", begin+1, m.name)
		}
		if m.packages == nil {
			m.packages = []string{"./" + path.Dir(m.file)}
		}
		mutants = append(mutants, m)
	}
	return mutants, nil
}

// parse reads the lines from i to the end of the mutant and returns the index of
// the last.
func (m *mutant) parse(lines []string, i int) (int, error) {
	var texts [2][]string // the old one and the new one
	in := -1
	for ; i < len(lines); i++ {
		line := strings.TrimRight(lines[i], " \t")
		switch {
		case line == "--- old" && in == -1:
			in = 0
		case line == "--- new" && in == 0:
			in = 1
		case line == "--- end" && in == 1:
			m.before, m.after = strings.Join(texts[0], "\n"), strings.Join(texts[1], "\n")
			return i, nil
		case strings.HasPrefix(line, "--- "):
			return i, fmt.Errorf("%d: %q is out of turn: is there an end of mutant %s?", i+1, line, m.name)
		case in >= 0:
			texts[in] = append(texts[in], lines[i])
		default:
			key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
			value = strings.TrimSpace(value)
			switch key {
			case "file":
				m.file = value
			case "test":
				m.packages = strings.Fields(value)
			case "run":
				m.run = value
			default:
				return i, fmt.Errorf("%d: unknown line in mutant %s: %q", i+1, m.name, line)
			}
		}
	}
	return i, fmt.Errorf("%d: mutant %s has no \"--- end\"", i, m.name)
}

// apply returns the text of the file with the bug in it.
func (m *mutant) apply(text string) (string, error) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	// The texts are whole lines, so that neither may begin or end inside of one.
	found := strings.Count("\n"+text+"\n", "\n"+m.before+"\n")
	if found != 1 {
		return "", fmt.Errorf("the old text is %d times in %s, and must be there once", found, m.file)
	}
	mutated := strings.Replace("\n"+text+"\n", "\n"+m.before+"\n", "\n"+m.after+"\n", 1)
	return mutated[1 : len(mutated)-1], nil
}
