//go:build race

package inflighttest_test

const raceEnabled = true
