package caret_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/inflight-go/inflight/internal/source/caret"
)

func ExampleUnder() {
	fmt.Println(caret.Under("https://example.com/{1..}", 25))
	// Output:
	//   https://example.com/{1..}
	//                           ^
}

func ExampleNearest() {
	fmt.Println(caret.Nearest("usre_id", []string{"id", "name", "user_id"}))
	// Output: user_id
}

func ExampleColumn() {
	fmt.Println(caret.Column("é=1", 2))
	// Output: 2
}

func TestUnderShowsThePartAroundTheColumn(t *testing.T) {
	long := strings.Repeat("a", 500) + "X" + strings.Repeat("b", 500)
	line, mark, _ := strings.Cut(caret.Under(long, 501), "\n")
	if utf8.RuneCountInString(line) != 2+caret.Width {
		t.Errorf("%d characters", utf8.RuneCountInString(line))
	}
	if i := strings.Index(mark, "^"); i < 0 || line[i] != 'X' {
		t.Errorf("the caret is not under the X:\n%s\n%s", line, mark)
	}
	for _, column := range []int{-5, 0, 1, 1001, 5000} {
		if !strings.HasSuffix(caret.Under(long, column), "^") {
			t.Errorf("column %d: no caret", column)
		}
	}
	if got := caret.Under("a\tb\x00\x1b", 2); got != "  a b��\n   ^" {
		t.Errorf("%q", got)
	}
}

func TestNearest(t *testing.T) {
	for _, c := range []struct{ word, words, want string }{
		{"nmae", "name id", "name"}, {"ID", "name id", "id"}, {"colour", "color", "color"}, {"x", "y", ""},
		{"email", "name id", ""}, {"jsn", "json", "json"}, {"", "a", ""}, {"user", "", ""}, {"pathh", "path", "path"},
	} {
		if got := caret.Nearest(c.word, strings.Split(c.words, " ")); got != c.want {
			t.Errorf("nearest to %q of %s: %q, want %q", c.word, c.words, got, c.want)
		}
	}
}
