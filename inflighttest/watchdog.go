package inflighttest

import (
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

var watchdogFlag = flag.Duration("inflight.watchdog", time.Minute,
	"how much real `time` a test in inflighttest.Run may take; 0 for any")

// watch starts the watchdog, in real time. For the common case of a test that
// ends, that is a timer and nothing else.
func (b *bubble) watch(d time.Duration) (stop func()) {
	if d <= 0 {
		return func() {}
	}
	var over atomic.Bool
	timer := time.AfterFunc(d, func() {
		if !over.CompareAndSwap(false, true) {
			return
		}
		b.bark(os.Stderr)
		panic(fmt.Sprintf("inflight/inflighttest: %s was not over after %v of real time", b.name, d))
	})
	return func() {
		over.Store(true)
		timer.Stop()
	}
}

// bark writes where the test is stuck. The tree comes last, because to look at
// it takes locks.
func (b *bubble) bark(w io.Writer) {
	fmt.Fprintf(w, "\n%s is not over.\n", b.name)
	writeStuck(w, b.goroutines())
	writeTree(w, b.tasks())
}

// writeStuck writes where the goroutines of a bubble are that makes no progress.
// It reports whether one of them waits for a sync.Mutex.
func writeStuck(w io.Writer, gs []goroutine) (mutex bool) {
	stuck := slices.DeleteFunc(slices.Clone(gs), func(g goroutine) bool { return g.durable })
	blocked := slices.DeleteFunc(gs, func(g goroutine) bool { return !g.durable })
	slices.SortStableFunc(stuck, func(x, y goroutine) int { return x.rank() - y.rank() })
	if len(stuck) == 0 {
		fmt.Fprintln(w, "Nothing in it is stuck: its clock goes on and on.")
	} else {
		fmt.Fprintln(w, "Its clock stands still because of:")
		for _, g := range stuck {
			fmt.Fprintf(w, "    %s\n", g.place())
		}
	}
	mutex = len(stuck) > 0 && stuck[0].rank() == 0
	if mutex {
		fmt.Fprintln(w, "A sync.Mutex is held across a wait, probably by one of those below; locks.Mutex may be.")
	}
	if slices.ContainsFunc(stuck, func(g goroutine) bool { return g.status == "IO wait" || g.status == "syscall" }) {
		fmt.Fprintln(w, "A wait for a socket, a file or a process is no wait of the bubble: NewOrigin and net.Pipe are, and Chaos needs none.")
	}
	for _, g := range stuck {
		fmt.Fprintf(w, "\n%s\n", g.text)
	}
	fmt.Fprintln(w, "\nBlocked meanwhile:")
	writePlaces(w, blocked)
	return mutex
}

// rank puts what waits for a lock first, and what runs last.
func (g goroutine) rank() int {
	switch {
	case strings.HasPrefix(g.status, "sync.Mutex") || strings.HasPrefix(g.status, "sync.RWMutex"):
		return 0
	case g.status == "running" || g.status == "runnable":
		return 2
	}
	return 1
}
