// Package explore runs a program in one interleaving after the other, each of
// them chosen, and says which one fails.
//
// The words:
//
//   - A run is one execution of the program, in a synctest bubble of its own.
//   - An actor is a goroutine that has come to a hook of internal/park. It waits
//     there for its turn; at most one has it.
//   - The controller is the bubble's main goroutine. When all others are blocked
//     (that, and no message, ends a turn, so that code that knows nothing of the
//     hooks may do what it likes) it chooses who is next. An actor that sees that all
//     others are blocked makes the next choice in its place.
//   - A choice is a number below the number of ways to go on; 0 is to let the
//     same one go on. The choices of a run are its tape, which repeats it.
//   - A strategy makes the choices.
//
// # What the race detector must not see
//
// Handing the turn from one to the next orders everything that a run does, and
// would hide every data race. So the actors wait for their turn with the
// detector's eye on synchronisation closed, and the only edges that it gets to
// see are those that the program has made itself, and those from an actor to the
// controller. What actors and the controller share is touched by functions that
// are not instrumented; see race.go.
package explore
