package debug

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/inflight-go/inflight/internal/stack"
)

// Who listens, or asks to be told of signals, takes the runtime's own "all goroutines
// are asleep" away from the program. This is its replacement.

// A quiet is what a monitor knows about a process in which nothing changes.
type quiet struct {
	state  uint64        // a hash of what all tasks do
	since  time.Time     // nothing has changed since
	asked  time.Time     // when the goroutines were last looked at
	pause  time.Duration // until they are looked at again
	known  *Finding
	active bool // known is in stalled
}

// stalled is what the monitors of the process have found, for Take.
var stalled atomic.Pointer[Finding]

func stalls() []Finding {
	if f := stalled.Load(); f != nil {
		return []Finding{*f}
	}
	return nil
}

func (q *quiet) forget() { q.tell(nil) }

func (q *quiet) tell(f *Finding) {
	if f != nil {
		q.active = true
		stalled.Store(f)
	} else if q.active {
		q.active = false
		stalled.Store(nil)
	}
	q.known = f
}

// look returns a finding if nothing has changed for so long, and nothing can.
func (q *quiet) look(s *Snapshot, after time.Duration) *Finding {
	if after == 0 {
		after = 5 * time.Second
	}
	state, timed := s.state()
	const grain = 100 * time.Millisecond
	changed := state != q.state || s.youngestWait()+grain < s.Taken.Sub(q.since)
	if changed || timed || len(s.Tasks) == 0 {
		q.state, q.since, q.asked, q.pause = state, s.Taken, time.Time{}, 0
		q.tell(nil)
		return nil
	}
	if s.Taken.Sub(q.since) < after {
		return nil
	}
	if q.known != nil {
		f := *q.known
		f.For = s.Taken.Sub(q.since)
		q.tell(&f)
		return &f
	}
	if s.Taken.Sub(q.asked) < q.pause {
		return nil
	}
	q.asked, q.pause = s.Taken, min(max(after, 2*q.pause), 10*after) // to look stops the process
	others, alive := asleep(stack.All()[1:])
	if alive {
		return nil
	}
	f := &Finding{Kind: Stalled, For: s.Taken.Sub(q.since), Text: s.stalledText(others)}
	for i := range s.Tasks {
		if t := &s.Tasks[i]; t.Waiting != "" && t.Waiting != "group.join" && len(f.Tasks) < 16 {
			f.Tasks = append(f.Tasks, t.ID)
		}
	}
	q.tell(f)
	return f
}

// state hashes what all tasks do; timed reports whether one of them will go on by
// itself.
func (s *Snapshot) state() (h uint64, timed bool) {
	h = hashSeed
	for i := range s.Tasks {
		t := &s.Tasks[i]
		if t.Timed || t.Deadline != 0 || endsByItself(t.Waiting) && t.Waiting != "" {
			timed = true
		}
		h = hashNumber(hashNumber(hashText(h, t.Waiting), t.ID), t.On)
	}
	return h, timed
}

// youngestWait is for how long the wait has gone on that began last.
func (s *Snapshot) youngestWait() time.Duration {
	youngest := time.Duration(1<<63 - 1 - 1<<40) // there is room to add to it
	for i := range s.Tasks {
		if t := &s.Tasks[i]; t.Wait > 0 {
			youngest = min(youngest, t.Wait)
		}
	}
	return youngest
}

func (s *Snapshot) stalledText(others int) string {
	by := make(map[string]int)
	var ops []string
	for i := range s.Tasks {
		if op := s.Tasks[i].Waiting; op != "" && op != "group.join" {
			if by[op]++; by[op] == 1 {
				ops = append(ops, op)
			}
		}
	}
	slices.Sort(ops)
	for i, op := range ops {
		ops[i] = fmt.Sprintf("%d in %s", by[op], op)
	}
	text := "every goroutine waits for what only another one could give"
	if len(ops) > 0 {
		text += ": tasks " + strings.Join(ops, ", ")
	}
	if others > 0 {
		text += fmt.Sprintf("; and %s that are no tasks", plural(others, "goroutine"))
	}
	return text
}

const modulePath = "github.com/inflight-go/inflight"

// asleep reports whether one of the goroutines runs, or waits for what may come from
// outside of the process: time, I/O, signals. It counts those that are not in a wait
// of this library. Those of this package, and those of servers that speak for it, don't
// matter.
//
// A goroutine that waits for a channel may wait for a timer, which nothing tells: it
// counts as alive for its first minute.
func asleep(gs []stack.Goroutine) (others int, alive bool) {
	watching := watchers(gs)
	for i := range gs {
		g := &gs[i]
		if watching[g.ID] || g.In("os/signal.") || g.In("runtime.ensureSigM") {
			continue
		}
		state, _, _ := strings.Cut(g.State, " (")
		switch {
		case state == "select (no cases)", strings.HasPrefix(state, "sync."), state == "semacquire":
		case state == "chan receive", state == "chan send", state == "select":
			ours := g.In(modulePath+"/internal/park.") || g.In(modulePath+".runMain")
			if !ours && g.Blocked == 0 && !strings.Contains(g.State, "nil chan") {
				return 0, true
			}
		default:
			return 0, true
		}
		if !g.In(modulePath+".") && !g.In(modulePath+"/internal/park.") {
			others++
		}
	}
	return others, false
}

// watchers are the goroutines of this package: those that are in it, and those by which
// package net/http serves them, between two calls of it too.
func watchers(gs []stack.Goroutine) map[int]bool {
	watching := make(map[int]bool)
	for before := -1; before < len(watching); {
		before = len(watching)
		for i := range gs {
			g := &gs[i]
			if g.In(modulePath+"/debug.") || g.In(modulePath+"/internal/attach.") ||
				watching[g.Parent] && strings.HasPrefix(g.Creator.Func, "net/http.") {
				watching[g.ID] = true
			}
		}
	}
	return watching
}
