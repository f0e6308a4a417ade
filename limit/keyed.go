package limit

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
)

// A Keyed holds one limiter for each key, for example a Rate for each host, and
// forgets those that have not been used for longest. Make one with NewKeyed.
//
// A limiter that is made anew knows nothing of what the forgotten one let through:
// a rate may then let more start than it would have. So have room for as many keys
// as are in use within the longest period of their limits.
type Keyed[L any] struct {
	max    int
	create func(key string) L
	mu     sync.Mutex
	keys   map[string]*keyed[L]
	idle   keyed[L] // the ring of those that nobody uses, the one idle longest next
}

type keyed[L any] struct {
	key        string
	value      L
	users      int
	next, prev *keyed[L] // nil while it is in use
}

// NewKeyed returns a Keyed that calls create for a key that it does not have, and
// keeps at most max limiters, and those in use. The function is called while the
// Keyed is locked: it must not use it. NewKeyed panics for a max less than 1 and
// for a nil function.
func NewKeyed[L any](max int, create func(key string) L) *Keyed[L] {
	if max < 1 {
		panic(fmt.Sprintf("inflight/limit: NewKeyed(%d): want room for 1 or more", max))
	}
	if create == nil {
		panic("inflight/limit: NewKeyed called with a nil function")
	}
	k := &Keyed[L]{max: max, create: create, keys: make(map[string]*keyed[L])}
	k.idle.next, k.idle.prev = &k.idle, &k.idle
	return k
}

// Use returns the limiter of the key. It is not forgotten until done is called,
// which may be done more than once.
func (k *Keyed[L]) Use(key string) (limiter L, done func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	e := k.keys[key]
	if e == nil {
		e = &keyed[L]{key: strings.Clone(key), value: k.create(key)}
		k.keys[e.key] = e
	} else if e.users == 0 {
		e.unlink()
	}
	e.users++
	k.trim()
	over := false
	return e.value, func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		if over {
			return
		}
		over = true
		k.release(e)
	}
}

// release has one user less. mu is held, as for trim.
func (k *Keyed[L]) release(e *keyed[L]) {
	e.users--
	if e.users > 0 {
		return
	}
	last := k.idle.prev
	e.prev, e.next = last, &k.idle
	last.next, k.idle.prev = e, e
	k.trim()
}

// trim forgets those that are idle and too many.
func (k *Keyed[L]) trim() {
	for len(k.keys) > k.max && k.idle.next != &k.idle {
		e := k.idle.next
		e.unlink()
		delete(k.keys, e.key)
	}
}

func (e *keyed[L]) unlink() {
	e.prev.next, e.next.prev = e.next, e.prev
	e.next, e.prev = nil, nil
}

// Len returns how many limiters there are.
func (k *Keyed[L]) Len() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.keys)
}

// All ranges over the limiters that there are when the loop begins, in the order
// of their keys. It does not count as use.
func (k *Keyed[L]) All() iter.Seq2[string, L] {
	return func(yield func(string, L) bool) {
		for _, e := range k.sorted() {
			if !yield(e.key, e.value) {
				return
			}
		}
	}
}

func (k *Keyed[L]) sorted() []*keyed[L] {
	k.mu.Lock()
	entries := make([]*keyed[L], 0, len(k.keys))
	for _, e := range k.keys {
		entries = append(entries, e)
	}
	k.mu.Unlock()
	slices.SortFunc(entries, func(a, b *keyed[L]) int { return strings.Compare(a.key, b.key) })
	return entries
}
