package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestMain(m *testing.M) {
	if runChild() {
		return
	}
	os.Exit(m.Run())
}

// A section of docs/why.md is about one program: the command, the code of theirs, and
// what both halves say.
var section = regexp.MustCompile("(?s)`go -C bench run ./why ([a-z-]+)`.*?```go\n(.*?)```.*?```\n(.*?)```")

// What docs/why.md says of a program is what the program does, and its code is that of
// the program.
func TestWhyIsTrue(t *testing.T) {
	text, err := os.ReadFile("../../docs/why.md")
	if err != nil {
		t.Fatal(err)
	}
	sources := sources(t)
	said := make(map[string][]string)
	for _, m := range section.FindAllStringSubmatch(string(text), -1) {
		said[m[1]] = m[2:]
	}
	for _, p := range programs() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			m, ok := said[p.name]
			if !ok {
				t.Fatal("docs/why.md has no section with its command, code and output")
			}
			if !strings.Contains(sources, flat(m[0])) {
				t.Errorf("this code is in no program here:\n%s", m[0])
			}
			var b strings.Builder
			p.report(&b)
			if got := b.String(); got != m[1] {
				t.Errorf("it says\n%s\nand docs/why.md\n%s", got, m[1])
			}
		})
	}
	if len(said) != len(programs()) {
		t.Errorf("docs/why.md is about %d programs, there are %d", len(said), len(programs()))
	}
}

func sources(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
	}
	return flat(b.String())
}

// flat is code without its indentation.
func flat(code string) string {
	lines := strings.Split(code, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimLeft(line, "\t")
	}
	return strings.Join(lines, "\n")
}
