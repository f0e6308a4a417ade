// Package fetch is the main job: it takes rows, makes a request of each, sends them
// under limits, and writes one line for each to an output that is its own journal.
//
// The words:
//
//   - A row is one thing to fetch: a URL, or a record that a template makes a
//     request of.
//   - A result is what became of a row: one JSON object on one line. It has an
//     error exactly when it is not ok.
//   - A class says what kind of error it is, in one word.
//
// Data flows one way: source, request, session, judge, result, batch.
package fetch
