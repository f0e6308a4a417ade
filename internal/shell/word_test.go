package shell_test

import (
	"fmt"
	"testing"

	"github.com/inflight-go/inflight/internal/shell"
)

func ExampleWord() {
	for _, text := range []string{"out.jsonl", "my file", "it's", "", "a\nb", "bell\a"} {
		fmt.Println(shell.Word(text))
	}
	// Output:
	// out.jsonl
	// 'my file'
	// 'it'\''s'
	// ''
	// 'a
	// b'
	// $'bell\u0007'
}

// What could mean anything else than itself is in quotes.
func TestWord(t *testing.T) {
	for _, r := range "\t !\"#$&()*;<>?[]^`{|}~é" {
		if got, want := shell.Word("a"+string(r)), "'a"+string(r)+"'"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
