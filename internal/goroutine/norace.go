//go:build !race

package goroutine

const raceEnabled = false
