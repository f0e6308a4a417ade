package atomicfile

import (
	"os"
	"path/filepath"
)

// Same reports whether two names are of one file, whether it is there or not.
func Same(a, b string) bool {
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}
