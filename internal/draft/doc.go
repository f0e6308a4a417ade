// Package draft reads requests that people have written down: as command lines of curl,
// and in .http files, as editors have them.
//
// A draft is such a request, with all that its writer said of it. Whoever wrote it may be
// a stranger: nothing is executed, no file is opened and no variable of the environment
// is looked up. What would need that is a Fault, as is everything that is not understood:
// a request is sent as it was meant, or not at all.
package draft
