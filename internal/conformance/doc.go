// Package conformance knows what the model must do, check by check, and which
// test shows it.
//
// The checks are the rows of checks.tsv. A test that shows one has its id in
// its name, as in TestLK5_cancel_and_release_at_once; a test that shows several
// has all of them, as in TestG5_G8_first_failure_wins. Where Go itself gives
// what a check asks for, the test pins that it works together with this library,
// and a line of its doc comment says so:
//
//	// Go has it: context.WithTimeoutCause
//
// The table of all this is docs/conformance.md, which go generate writes.
package conformance

//go:generate go run ./generate
