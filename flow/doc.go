// Package flow runs pipelines over APIs that are written down in a file of YAML: get
// the ids, for each id get the details and the posts at the same time, join them, emit
// a row.
//
// The words:
//
//   - A flow is what such a file says. Parse reads one, and checks all of it.
//   - A step asks for something: by HTTP, from a database, from a file. What it gets are
//     its items.
//   - The list is the first step, the one that is for no other. Its items are the
//     units of the job.
//   - A step that is for another one runs for each item of that. Steps that are for the
//     same item run at the same time, in a scope of the item (inflight.Run).
//   - To join is to put what the steps got for an item into it, each under the name of
//     its step. What select makes of that is the row.
//   - A limit has a name, and holds for all steps of the run that name it.
//
// # Going on after a crash
//
// An item is done when its row is committed, with all that belongs to it: so there is
// nothing to be kept in between, and a run that is killed goes on with the items that
// have no row, as in package batch. In a file the output is the journal. In a database
// the rows and the notes of what is done are written in one transaction. What the list
// has had so far is in the state folder, before any of it is worked on, so that a list
// that changes meanwhile does not matter.
//
// A request may be sent again after a crash; a row is there once.
package flow
