//go:build amd64 || arm64

package goroutine

import "unsafe"

// self returns the runtime's record of the calling goroutine.
func self() unsafe.Pointer
