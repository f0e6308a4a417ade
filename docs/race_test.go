//go:build race

package docs_test

// race: the tests are built with -race.
const race = true
