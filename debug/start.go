package debug

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/inflight-go/inflight"
)

// Start gives a program all that is here, with one line in its main function:
//
//	defer debug.Start(os.Stderr)()
//
// On SIGQUIT (Ctrl-\) the tree of tasks is written to w, before Go's own dump of
// goroutines. The environment says the rest: INFLIGHT_DEBUG is the level; at 1 and
// above a [Monitor] with the default limits writes its findings to w, and the whole
// tree when nothing can run any more. INFLIGHT_ATTACH=1 opens the socket that the
// command inflight attaches to, see [Attach]; why that is not possible, w is told.
//
// Writes to w come one at a time. stop ends all of it, and waits for that.
func Start(w io.Writer) (stop func()) {
	out := &serial{w: w}
	if level, _ := strconv.Atoi(os.Getenv("INFLIGHT_DEBUG")); level > 0 {
		inflight.SetDebug(level)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	if on, _ := strconv.ParseBool(os.Getenv("INFLIGHT_ATTACH")); on {
		if a, err := Attach(); err != nil {
			fmt.Fprintf(out, "inflight: no attaching: %v\n", err)
		} else {
			running.Go(func() {
				<-ctx.Done()
				_ = a.Close()
			})
		}
	}
	if level, _ := strconv.Atoi(os.Getenv("INFLIGHT_DEBUG")); level > 0 {
		m := &Monitor{Warn: func(f Finding) { warn(out, f) }}
		running.Go(func() { _ = m.Run(ctx) })
	}
	quit := onQuit(out)
	return func() {
		cancel()
		quit()
		running.Wait()
	}
}

// warn writes a finding, and the tree with the one after which nothing comes.
func warn(w io.Writer, f Finding) {
	var b strings.Builder
	if f.Kind == Stalled {
		_ = Take().WriteText(&b)
	} else {
		fmt.Fprintf(&b, "inflight: %s: %s\n", f.Kind, strings.ReplaceAll(f.Text, "\n", "\n    "))
	}
	_, _ = io.WriteString(w, b.String())
}

// serial lets one write at a time.
type serial struct {
	mu sync.Mutex
	w  io.Writer
}

func (s *serial) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(p)
}
