package inflight

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/inflight-go/inflight/internal/goroutine"
	"github.com/inflight-go/inflight/internal/park"
)

// observe takes down, at level 1 and above, what introspection shows of a task
// beyond the tree, and returns the labels that it is to carry instead of the given
// ones. The task is not in the group yet.
func (c *child) observe(labels goroutine.Labels, pc uintptr) goroutine.Labels {
	c.n.Born()
	if park.Level.Load() > 1 {
		c.n.CreatedBy(caller())
		return goroutine.OwnLabels(labels, c.n.GivenName(), pc, c.n.ID())
	}
	return goroutine.TaskLabels(labels, c.n.GivenName(), pc)
}

// caller returns where the function that is not part of this package has called
// into it.
func caller() uintptr {
	var pcs [16]uintptr
	n := runtime.Callers(3, pcs[:])
	frames := runtime.CallersFrames(pcs[:n])
	for {
		f, more := frames.Next()
		if !strings.HasPrefix(f.Function, "github.com/inflight-go/inflight.") || !more {
			return f.PC
		}
	}
}

// note takes down, at level 1 and above, that the task did not succeed.
func (c *child) note(s State, err error) {
	if park.Level.Load() == 0 {
		return
	}
	park.NoteEnd(park.End{
		ID: c.n.ID(), Parent: c.n.Parent().ID(), Name: c.Name(), State: s.String(), Err: errorText(err),
		Func: c.n.Entry(), Started: c.n.Since(), At: park.Now(),
	})
}

// errorText is the text of an error, in bounds. An Error method that panics does
// no harm here.
func errorText(err error) (text string) {
	defer func() {
		if v := recover(); v != nil {
			text = fmt.Sprintf("%T, whose Error method panics", err)
		}
	}()
	const most = 500
	if text = err.Error(); len(text) > most {
		text = text[:most] + "…"
	}
	return text
}
