//go:build !unix

package debug

import "io"

// onQuit does nothing: there is no SIGQUIT.
func onQuit(io.Writer) (stop func()) { return func() {} }
