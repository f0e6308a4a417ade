// Command generate writes docs/conformance.md.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/inflight-go/inflight/internal/conformance"
)

func main() {
	if err := write(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write() error {
	root, err := conformance.Root(".")
	if err != nil {
		return err
	}
	checks, err := conformance.Checks()
	if err != nil {
		return err
	}
	tests, err := conformance.Scan(root)
	if err != nil {
		return err
	}
	page := filepath.Join(root, "docs", "conformance.md")
	if err := os.MkdirAll(filepath.Dir(page), 0o777); err != nil {
		return err
	}
	return os.WriteFile(page, []byte(conformance.Page(checks, tests)), 0o666)
}
