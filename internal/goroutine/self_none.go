//go:build !amd64 && !arm64

package goroutine

import "unsafe"

// self returns nil: the identity is read from a stack trace.
func self() unsafe.Pointer { return nil }
