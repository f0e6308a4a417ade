//go:build !darwin && !dragonfly && !freebsd && !illumos && !linux && !netbsd && !openbsd

package atomicfile

import "os"

// SyncDir does nothing: directories can't be synced here.
func SyncDir(string) error { return nil }

// own changes nothing.
func own(_ *os.File, old os.FileInfo) os.FileMode { return old.Mode().Perm() }
