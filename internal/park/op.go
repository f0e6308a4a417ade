package park

import "sync/atomic"

// Op names what a goroutine does, or waits for.
type Op uint32

// The operations. Each blocking one has a row in the test that proves that it
// passes through the hooks.
const (
	OpNone Op = iota
	OpStart
	OpEnd
	OpGo
	OpSlot
	OpCancel
	OpResolve
	OpJoin
	OpAwait
	OpWait
	OpCompleted
	OpEach
	OpFeed
	OpSleep
	OpLimiter
	OpOffload
	OpLock
	OpUnlock
	OpEvent
	OpSet
	OpCond
	OpNotify
	OpSemaphore
	OpRelease
	OpBarrier
	OpPut
	OpGet
	OpQueueJoin
	OpTaskDone
	OpShutdown
	OpSequence
	OpRate
	OpGate
	OpBudget
	OpAdaptive
	OpPoint
	OpTimer
	OpSettle
	OpBroadcast
	OpShard
	OpFlush
	opCount
)

var opNames = [opCount]string{
	OpNone:      "",
	OpStart:     "task.start",
	OpEnd:       "task.end",
	OpGo:        "group.go",
	OpSlot:      "group.slot",
	OpCancel:    "cancel",
	OpResolve:   "promise.resolve",
	OpJoin:      "group.join",
	OpAwait:     "task.await",
	OpWait:      "wait",
	OpCompleted: "completed",
	OpEach:      "each",
	OpFeed:      "each.input",
	OpSleep:     "sleep",
	OpLimiter:   "limiter.acquire",
	OpOffload:   "offload",
	OpLock:      "mutex.lock",
	OpUnlock:    "mutex.unlock",
	OpEvent:     "event.wait",
	OpSet:       "event.set",
	OpCond:      "cond.wait",
	OpNotify:    "cond.notify",
	OpSemaphore: "semaphore.acquire",
	OpRelease:   "release",
	OpBarrier:   "barrier.wait",
	OpPut:       "queue.put",
	OpGet:       "queue.get",
	OpQueueJoin: "queue.join",
	OpTaskDone:  "queue.taskdone",
	OpShutdown:  "queue.shutdown",
	OpSequence:  "sequencer",
	OpRate:      "rate.wait",
	OpGate:      "gate.wait",
	OpBudget:    "budget.reserve",
	OpAdaptive:  "adaptive.acquire",
	OpPoint:     "point",
	OpTimer:     "timer",
	OpSettle:    "settle",
	OpBroadcast: "hub.broadcast",
	OpShard:     "hub.shard",
	OpFlush:     "hub.flush",
}

// String returns the name that introspection shows, e.g. "queue.get"; the empty
// string for OpNone.
func (o Op) String() string {
	if o < opCount {
		return opNames[o]
	}
	return "unknown"
}

// An Object is something that can be waited for: a field of a primitive. It
// gives the primitive a number when somebody first asks, so that introspection
// can say that two tasks wait for the same thing without pointing at it. (A
// pointer would keep the thing reachable, and hide a leaked goroutine from the
// runtime's leak profile.) On 32-bit platforms the numbers wrap.
type Object struct{ id uintptr }

var lastObject atomic.Uint64

// ID returns the object's number, which is unique in the process and never 0.
// A nil Object has the number 0.
func (o *Object) ID() uint64 {
	if o == nil {
		return 0
	}
	if id := atomic.LoadUintptr(&o.id); id != 0 {
		return uint64(id)
	}
	atomic.CompareAndSwapUintptr(&o.id, 0, uintptr(lastObject.Add(1)))
	return uint64(atomic.LoadUintptr(&o.id))
}
