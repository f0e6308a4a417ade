// Package origin is the server that inflight brings along: every command, example
// and test can be tried against it with nothing installed and no network.
//
// It is made to be awkward on demand. An origin delays, refuses, resets, lies about
// its lengths, answers 429 with a Retry-After, counts tokens, redirects for ever and
// sends bodies without an end; and it keeps count of what it was asked, so that a test
// can prove "fetched exactly once" and "never more than N starts in a second". What it
// answers depends on the seed, the request and, where a path says so, on how often it
// was asked before: two origins of one seed answer the same.
//
// An Origin is the handler. A Server serves it, on a port of the loopback interface or
// in memory, without a port. A key is what requests are counted by: the parameter key
// of the query, or the path with the query where there is none. A path is counted by
// its pattern, such as /delay/{d}.
//
// Everything is capped: sizes, times, keys, what the log keeps, requests in flight.
package origin
