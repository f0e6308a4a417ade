// Package browser is a browser for tests: pages are looked at by what people look at
// them with.
package browser

import (
	"os/exec"
	"testing"
)

// Path returns where a Chromium is, or skips the test: there is none, or it is to be
// short.
func Path(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes seconds: not with -short")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no chromium is installed: nothing looks at the page")
	return ""
}
