package inflight

import (
	"reflect"
	"unsafe"
)

// An errorSet is a set of errors. Those that can't be compared are told by where they
// are, which nothing else can be while they are in it.
type errorSet map[any]error

// words are those of an interface itself: equal for copies of one value.
type words [2]uintptr

func wordsOf(err error) words { return *(*words)(unsafe.Pointer(&err)) }

func keyOf(err error) any {
	if reflect.ValueOf(err).Comparable() {
		return err
	}
	return wordsOf(err)
}

func (s errorSet) has(err error) bool {
	_, ok := s[keyOf(err)]
	return ok
}

// add reports whether err was not there.
func (s errorSet) add(err error) bool {
	n := len(s)
	s[keyOf(err)] = err
	return len(s) > n
}

// addTree adds err and all that it wraps. It calls the methods of errors, which may do
// anything: so not with a lock held.
func (s errorSet) addTree(err error) {
	if err == nil || !s.add(err) {
		return
	}
	switch x := err.(type) {
	case interface{ Unwrap() error }:
		s.addTree(x.Unwrap())
	case interface{ Unwrap() []error }:
		for _, e := range x.Unwrap() {
			s.addTree(e)
		}
	}
}
