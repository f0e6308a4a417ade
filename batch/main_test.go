package batch_test

import (
	"os"
	"testing"
)

// The test binary is also the process that is killed: see kill_test.go.
func TestMain(m *testing.M) {
	if mode := os.Getenv("BATCH_CHILD"); mode != "" {
		os.Exit(child(mode))
	}
	os.Exit(m.Run())
}
