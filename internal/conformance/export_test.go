package conformance

// ParseChecks is for tests that bring a table of their own.
var ParseChecks = parseChecks
