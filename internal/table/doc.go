// Package table writes results in other forms than JSON lines: as CSV, as TSV, or as the
// text that a template makes of each.
//
// What is written can be read but not gone on with: the results themselves are the
// journal of a run, and stay JSON lines.
package table
