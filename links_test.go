package inflight_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	markdownLink = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	inlineCode   = regexp.MustCompile("`[^`]*`")
)

// The links of the documentation lead to files and headings that are there.
func TestLinksOfTheDocumentation(t *testing.T) {
	pages := []string{"README.md", "CONTRIBUTING.md", "CHANGELOG.md"}
	for _, root := range []string{"docs", "examples"} {
		err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if strings.HasSuffix(path, ".md") {
				pages = append(pages, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, page := range pages {
		for _, link := range markdownLink.FindAllStringSubmatch(inlineCode.ReplaceAllString(prose(t, page), ""), -1) {
			if err := follow(t, page, link[1]); err != nil {
				t.Errorf("%s: the link %s: %v", page, link[1], err)
			}
		}
	}
}

// follow looks up a link of a page. What leads out of the repository is left alone.
func follow(t *testing.T, page, link string) error {
	if strings.Contains(link, "://") || strings.HasPrefix(link, "mailto:") {
		return nil
	}
	path, anchor, _ := strings.Cut(link, "#")
	target := page
	if path != "" {
		target = filepath.Join(filepath.Dir(page), filepath.FromSlash(path))
	}
	if _, err := os.Stat(target); err != nil {
		return err
	}
	if anchor == "" || !strings.HasSuffix(target, ".md") {
		return nil
	}
	if !anchors(prose(t, target))[anchor] {
		return fmt.Errorf("%s has no heading of that name", target)
	}
	return nil
}

// prose is a page without what stands in fences.
func prose(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var kept strings.Builder
	fenced := false
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
		} else if !fenced {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

var notInAnchors = regexp.MustCompile(`[^\p{L}\p{N}_\- ]`)

// anchors are the names by which the headings of a page can be linked to.
func anchors(page string) map[string]bool {
	all := make(map[string]bool)
	for line := range strings.Lines(page) {
		heading := strings.TrimLeft(line, "#")
		if len(heading) == len(line) || !strings.HasPrefix(heading, " ") {
			continue
		}
		name := strings.ReplaceAll(notInAnchors.ReplaceAllString(strings.ToLower(strings.TrimSpace(heading)), ""), " ", "-")
		for n, first := 1, name; all[name]; n++ {
			name = fmt.Sprintf("%s-%d", first, n)
		}
		all[name] = true
	}
	return all
}
