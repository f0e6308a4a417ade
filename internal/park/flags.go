package park

import (
	"sync/atomic"
	"unsafe"
)

// A flagSet is the flags of a node, which others read and set at any time.
type flagSet struct{ bits uint32 }

func (f *flagSet) Load() uint32 { return atomic.LoadUint32(&f.bits) }

func (f *flagSet) Or(more uint32) { atomic.OrUint32(&f.bits, more) }

// preset sets them before anybody else knows the node, and so without a locked
// instruction.
func (f *flagSet) preset(flags uint32) { f.bits = flags }

// An extensionPointer is an atomic.Pointer[extension] that has a preset.
type extensionPointer struct{ p *extension }

func (e *extensionPointer) addr() *unsafe.Pointer { return (*unsafe.Pointer)(unsafe.Pointer(&e.p)) }

func (e *extensionPointer) Load() *extension { return (*extension)(atomic.LoadPointer(e.addr())) }

func (e *extensionPointer) Store(x *extension) { atomic.StorePointer(e.addr(), unsafe.Pointer(x)) }

// preset is Store before anybody else knows the node.
func (e *extensionPointer) preset(x *extension) { e.p = x }

// A signal is an atomic chan struct{}: in one word, where an atomic.Value has two.
type signal struct{ p unsafe.Pointer }

func (s *signal) Load() chan struct{} {
	p := atomic.LoadPointer(&s.p)
	return *(*chan struct{})(unsafe.Pointer(&p))
}

func (s *signal) Store(c chan struct{}) {
	atomic.StorePointer(&s.p, *(*unsafe.Pointer)(unsafe.Pointer(&c)))
}

// The flags of a node.
const (
	isCancelled uint32 = 1 << iota
	isExpired          // cancelled by a deadline
	isInherited        // cancelled from above
	isEnded            // the function returned
	isForeign          // its cancellation comes from ext.values, not from the parent
	isPolled           // a foreign node is at or above it
	isShared           // it ends when its parent does, and only then
	isScope            // a scope, not a task
	isJoining          // a scope that waits for what runs in it
	isRetired          // a worker that is off the tree
	isBookmark         // no node: where Kids goes on
	IsService
	IsWorker // a reused goroutine of a combinator, which runs one item after the other
)
