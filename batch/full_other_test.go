//go:build !darwin && !dragonfly && !freebsd && !illumos && !linux && !netbsd && !openbsd

package batch_test

var errNoRoom error // not known, or not made by hand

func fullChild() int { return 2 }
