// Package breaker is a circuit breaker for each key, such as a host: when too many
// of the calls for a key have failed lately, it lets none through for a while, and
// then a few to see whether the other side is back. The state machine is that of
// github.com/sony/gobreaker.
//
// The words: a breaker is closed when calls go through, open when none do, and
// half-open when a few probes may. Probes that succeed close it; one that fails
// opens it again.
package breaker
