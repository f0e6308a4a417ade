// Package batch runs bulk jobs that survive their own death: it takes units from
// a queue, works on many at once, and commits one line for each of them. It knows
// nothing of what the work is; fetching URLs is one use of it.
//
// The words:
//
//   - A unit is one piece of the input. Its index is its position there, from 0,
//     and names it for good.
//   - A Queue hands units out: to lease one is to have it for oneself until it is
//     done or given back for another time. Cursor is the queue over an input that
//     one process reads.
//   - A line is what came of a unit: a JSON object, without a newline, that begins
//     with the unit's index. A failure is a line too, with "ok":false in it.
//   - A Sink keeps lines: to commit is to have them kept when the call returns. A
//     unit is done when its line is committed, and not before. Journal is the sink
//     that is a file.
//   - A job is an input, what is done with it, and the output that it goes to. It
//     is resumed by running it again with the same output: what is done is skipped.
//
// # The output is the journal
//
// "Done" means that the complete line is in the output file. There is no second
// file that could disagree with it. Open finds out what is done by reading the
// output; a line that was being written when the process died is cut off, and its
// unit runs again. So a unit may be worked on more than once (a process that died
// between the work and the line leaves no trace of the work), and has exactly one
// line in the end.
//
// Beside the output out.jsonl stands out.jsonl.job, which says what the job is, so
// that another one is refused, and is the lock that keeps a second process away.
// Beside a large one there is out.jsonl.ckpt, which makes the next Open quick and
// can be lost without harm. What ends in .spill or .compact is temporary.
//
// # Stopping
//
// Run ends early when its context does, when Options.Stop is closed, and by the
// limits on failures and time. It always ends in the same way: no more units are
// leased, those in flight have Options.Grace to finish, and every line that was
// finished is committed before Run returns.
package batch
