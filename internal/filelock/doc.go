// Package filelock locks files for one process, so that the system gives the lock back
// however the process ends.
package filelock
