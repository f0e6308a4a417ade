package atomicfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/inflight-go/inflight/internal/atomicfile"
)

// A file has as many names as lead to it.
func TestSame(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"a", "b"} {
		if err := os.WriteFile(name, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link("a", "link"); err != nil {
		t.Skip(err)
	}
	whole, err := filepath.Abs("a")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		a, b string
		want bool
	}{{"a", "./a", true}, {"a", whole, true}, {"a", "link", true}, {"a", "b", false}, {"none", "./none", true}, {"none", "a", false}, {"a", "none", false}} {
		if got := atomicfile.Same(row.a, row.b); got != row.want {
			t.Errorf("%s and %s: %v", row.a, row.b, got)
		}
	}
}
