// Package report reads the results of a run, which are lines of JSON as inflight
// fetch writes them, and shows what they say: as text, as JSON, and as a page with
// charts.
//
// The words:
//
//   - A result is a line with an object that has "ok". All other fields may be
//     absent, and fields that are not known don't matter.
//   - A broken line is one that is no result, or has a field that can't be what it
//     says. It is counted and told by its number, and nothing else comes of it.
//   - A run is what the results tell of: from the first start to the last end.
//   - The work of a request is how long it would have taken had it been alone: its
//     duration without what it waited for a place ("queue"), for the rate, and
//     before another attempt ("backoff"). The work of all of them is how long one
//     after the other would have taken.
//   - A result is superseded by a later line with the same index, as a second try
//     of what had failed appends it. Only the last line counts.
//
// Nothing grows with the number of the results but a bitmap of their indices, about
// one bit for each.
package report
