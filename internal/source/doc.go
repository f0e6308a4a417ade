// Package source reads what is to be fetched: a list of rows, in memory that does not
// depend on its length.
//
// A row is one URL, or one piece of data from which a request is made. The input is
// all there is to read: the arguments of the command first, then its files, one after
// the other. Each row has an index, its position in the whole input, counted from 0,
// whatever is then left out of it; the same input gives the same rows under the same
// indices, so that a job that was stopped can go on.
//
// A bad row is a row that can't be read, such as broken JSON. It has an index as the
// others do and says in Err what is wrong with it and where; the rows after it go on.
package source
