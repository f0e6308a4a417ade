package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What docs/guide shows of this command is what it says.
func TestGuide(t *testing.T) {
	pages, err := filepath.Glob("../../docs/guide/*.md")
	if err != nil {
		t.Fatal(err)
	}
	sessions := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for i, block := range strings.Split("\n"+string(text), "\n```") {
			if i%2 == 1 && strings.HasPrefix(block, "\n$ inflight ") {
				sessions++
				session(t, page, block[1:]+"\n")
			}
		}
	}
	if sessions == 0 {
		t.Error("the guide shows nothing of this command")
	}
}

// session runs the commands of a session in one folder and compares what they print.
func session(t *testing.T, page, text string) {
	t.Helper()
	dir, said := t.TempDir(), ""
	for line := range strings.Lines(text) {
		if command, ok := strings.CutPrefix(line, "$ inflight "); ok {
			cmd := process(t, words(command)...)
			cmd.Dir = dir
			out, _ := cmd.CombinedOutput()
			said += line + string(out)
		}
	}
	if said != text {
		t.Errorf("%s: it is\n%s", page, said)
	}
}

// words are those of a command line; single quotes keep some together.
func words(line string) []string {
	var all []string
	for i, part := range strings.Split(strings.TrimSpace(line), "'") {
		if i%2 == 1 {
			all = append(all, part)
		} else {
			all = append(all, strings.Fields(part)...)
		}
	}
	return all
}
