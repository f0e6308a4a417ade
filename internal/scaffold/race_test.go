//go:build race

package scaffold_test

const raceEnabled = true
