// Package option reads the values of flags, and says what is wrong with one in the
// words of the flags.
package option

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// An Error is what is wrong with an option: nothing was begun.
type Error struct{ Err error }

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Wrong is the error of a flag (its name, without the dashes) that has a value, and
// should have something else.
func Wrong(flag, value, want string) error {
	return &Error{fmt.Errorf("--%s %q: want %s", flag, value, want)}
}

// Wrap makes an *Error of any other; nil stays nil.
func Wrap(err error) error {
	if _, ok := errors.AsType[*Error](err); ok || err == nil {
		return err
	}
	return &Error{err}
}

// Errorf is fmt.Errorf that makes an *Error.
func Errorf(format string, args ...any) error { return &Error{fmt.Errorf(format, args...)} }

// OneOf checks a flag that is one of a few words.
func OneOf(flag, value string, words ...string) error {
	for _, w := range words {
		if value == w {
			return nil
		}
	}
	return Wrong(flag, value, strings.Join(words[:len(words)-1], ", ")+" or "+words[len(words)-1])
}

// Duration checks a flag that is a time: it is not below zero.
func Duration(flag string, d time.Duration) error {
	if d < 0 {
		return Wrong(flag, d.String(), "a time such as 10s")
	}
	return nil
}

// Has reports whether a list of words, with commas between, has the word.
func Has(list, word string) bool {
	for w := range strings.SplitSeq(list, ",") {
		if strings.TrimSpace(w) == word {
			return true
		}
	}
	return false
}
