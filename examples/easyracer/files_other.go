//go:build !unix

package main

// fileLimit returns how many files, and so connections, this process may have
// open: here there is no limit that it would have to know.
func fileLimit() int { return 1 << 20 }
