// Package retry tries again what may work the next time: backoff with jitter, a
// budget for all retries together, Retry-After, and the classes of errors that
// decide whether another attempt is worth it. Package retry/breaker stops trying
// for a while.
//
// The words:
//
//   - An attempt is one call; the attempts after the first are retries.
//   - The ceiling of a retry is the longest that is waited before it. It grows
//     from one retry to the next; the wait itself is anything between zero and
//     the ceiling, so that clients that failed together do not come back together
//     (full jitter).
//   - A budget bounds the retries of everybody who shares it to a share of all
//     attempts, so that retries do not multiply the load on what is failing.
//   - A [Class] is a word for what went wrong, as it stands in records of results.
package retry
