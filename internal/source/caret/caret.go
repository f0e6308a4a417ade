// Package caret shows where in a line of text something is wrong, and what was
// probably meant.
package caret

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Width is how much of a long line is shown, in characters.
const Width = 100

// Under returns the line, and below it a caret under the column: a character of it,
// counted from 1; one after the last is its end. Both are indented by two spaces, and
// there is no newline at the end. Of a long line, the part around the column is shown.
// What can't be printed is shown as �, a tab as a space.
func Under(line string, column int) string {
	column = max(column, 1)
	runes := []rune(line)
	from := 0
	if len(runes) > Width {
		from = min(max(column-1-Width/2, 0), len(runes)-Width)
		runes = runes[from : from+Width]
	}
	for i, r := range runes {
		switch {
		case r == '\t':
			runes[i] = ' '
		case !unicode.IsPrint(r):
			runes[i] = '�'
		}
	}
	at := min(column-1-from, len(runes))
	return "  " + string(runes) + "\n  " + strings.Repeat(" ", at) + "^"
}

// Column returns the column of the byte at offset: how many characters begin up to it.
func Column(text string, offset int) int {
	return utf8.RuneCountInString(text[:min(max(offset, 0), len(text))]) + 1
}

// Nearest returns the one of the words that word was probably meant to be, or "" when
// none is like it: the one with the smallest edit distance, if that is at most a third
// of its length. Upper and lower case are the same. Of two, the first.
func Nearest(word string, words []string) string {
	best, nearest := len(word)/3+1, ""
	for _, w := range words {
		if d := distance(strings.ToLower(word), strings.ToLower(w), best); d < best && w != "" && d < len(w) {
			best, nearest = d, w
		}
	}
	return nearest
}

// maxWord is how long a word may be to be compared.
const maxWord = 100

// distance is how many characters have to be put in, left out, replaced or swapped with
// their neighbour to make b of a, or limit if that is not less.
func distance(a, b string, limit int) int {
	if len(a) > maxWord || len(b) > maxWord || len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], limit)
}
