//go:build !unix

package attach

import "os"

// Nothing here can tell who somebody is.
func owned(os.FileInfo) bool { return false }

func alive(int) bool { return true }
