// Package plainhtml reads HTML that is written plainly, as most of it is, several times
// as fast as golang.org/x/net/html does, and comes to the same. What is odd in any way,
// a tag that was not closed where another one ends, a quote that is missing, a formula
// in MathML, it does not read: it says so, and package html has to.
//
// So it never has to know what browsers make of broken pages. A [Reader] yields the
// tokens of a page, [Parse] its tree.
package plainhtml
