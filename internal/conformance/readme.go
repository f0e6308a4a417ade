package conformance

import (
	"os"
	"path/filepath"
	"strings"
)

// A Snippet is a block of Go in a Markdown page.
type Snippet struct {
	Line int // of its first line, from 1
	Text string
}

// Snippets returns the blocks of a page that are marked as Go.
func Snippets(page string) []Snippet {
	var found []Snippet
	var block []string
	begin := 0
	for i, line := range strings.Split(page, "\n") {
		switch {
		case begin == 0 && strings.TrimSpace(line) == "```go":
			begin, block = i+2, nil
		case begin > 0 && strings.TrimSpace(line) == "```":
			found = append(found, Snippet{begin, strings.Join(block, "\n")})
			begin = 0
		default:
			block = append(block, line)
		}
	}
	return found
}

// In reports whether the snippet stands in the source, line by line, however
// either of them is indented.
func (s Snippet) In(source string) bool {
	return strings.Contains("\n"+flat(source)+"\n", "\n"+flat(s.Text)+"\n")
}

// flat takes the indentation away.
func flat(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return strings.Join(lines, "\n")
}

// Examples returns the text of all files of the module at root that run as
// tests, and of those below the folders examples and docs.
func Examples(root string) ([]string, error) {
	var texts []string
	err := walk(root, func(path string) error {
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		top, _, _ := strings.Cut(filepath.ToSlash(rel), "/")
		if !strings.HasSuffix(path, "_test.go") && top != "examples" && top != "docs" {
			return nil
		}
		text, err := os.ReadFile(path)
		texts = append(texts, string(text))
		return err
	})
	return texts, err
}
