package debug

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Finding is something in a program that is probably wrong.
type Finding struct {
	Kind  string        `json:"kind"`  // Deadlock, Ignored, LongWait or Stalled
	Tasks []uint64      `json:"tasks"` // who it is about, 16 at most
	Text  string        `json:"text"`  // one or more lines
	For   time.Duration `json:"for_ns,omitempty"`
}

// The kinds of findings.
const (
	Deadlock = "deadlock"             // a cycle of waits for tasks and locks
	Ignored  = "cancellation ignored" // a task that was cancelled has not returned
	LongWait = "long wait"            // nothing has come for a long time
	Stalled  = "nothing can run"      // every goroutine waits for what only another could give
)

// Limits say from when on something counts as wrong.
type Limits struct {
	Ignored time.Duration // since the cancellation; zero means 5 s
	Wait    time.Duration // since the wait began; zero means 1 minute, less than zero never
}

func (l Limits) filled() Limits {
	if l.Ignored <= 0 {
		l.Ignored = 5 * time.Second
	}
	if l.Wait == 0 {
		l.Wait = time.Minute
	}
	return l
}

// Diagnose returns what is probably wrong: cycles of waits, at any level; and at
// level 1 and above cancellations that are ignored and waits that have grown old.
// Waits that end by themselves (for time, or with a deadline), joins, whose reasons
// are below them, and the waits of services are not called old.
func (s *Snapshot) Diagnose(l Limits) []Finding {
	l = l.filled()
	g := s.graph()
	found := g.deadlocks()
	for i := range s.Tasks {
		if len(found) == mostFindings {
			return found
		}
		if t := &s.Tasks[i]; t.Cancelled && t.Asked >= l.Ignored && !g.busyBelow(i) {
			found = append(found, s.ignored(t))
		}
	}
	if l.Wait > 0 {
		found = append(found, s.longWaits(l.Wait)...)
	}
	return found[:min(len(found), mostFindings)]
}

// mostFindings is how many are told; nobody reads more.
const mostFindings = 50

func (s *Snapshot) ignored(t *Task) Finding {
	f := Finding{Kind: Ignored, Tasks: []uint64{t.ID}, For: t.Asked}
	f.Text = fmt.Sprintf("%s was cancelled %s ago", place(t), Brief(t.Asked))
	if t.Cause != "" {
		f.Text += fmt.Sprintf(" (%s)", clean(t.Cause))
	}
	if t.Waiting == "" {
		f.Text += " and has not returned: it runs code that does not look at its context"
	} else {
		f.Text += fmt.Sprintf(" and has not returned: it waits for %s with another context than its own", t.Waiting)
	}
	return f
}

// place names a task and where its function is.
func place(t *Task) string {
	name := clean(t.Name)
	if where := t.Where(); where != "" {
		name += " (" + where + ")"
	}
	return name
}

// longWaits finds old waits, those for the same thing together.
func (s *Snapshot) longWaits(limit time.Duration) []Finding {
	type thing struct {
		op string
		on uint64
	}
	type wait struct {
		ids   []uint64
		count int
		first *Task // who has waited longest
	}
	by := make(map[thing]*wait)
	var waits []*wait
	for i := range s.Tasks {
		t := &s.Tasks[i]
		if t.Wait < limit || t.Service || t.Timed || t.Deadline != 0 || endsByItself(t.Waiting) || t.Waiting == "group.join" {
			continue
		}
		k := thing{t.Waiting, t.On}
		w := by[k]
		if w == nil {
			w = &wait{first: t}
			by[k], waits = w, append(waits, w)
		}
		w.count++
		if t.Wait > w.first.Wait {
			w.first = t
		}
		if len(w.ids) < 16 {
			w.ids = append(w.ids, t.ID)
		}
	}
	slices.SortStableFunc(waits, func(a, b *wait) int { return cmp.Compare(b.first.Wait, a.first.Wait) })
	var found []Finding
	for _, w := range waits[:min(len(waits), mostFindings)] {
		who := place(w.first) + " waits"
		if w.count > 1 {
			who = fmt.Sprintf("%s and %d more wait", place(w.first), w.count-1)
		}
		text := fmt.Sprintf("%s for %s, for %s now", who, s.thing(w.first), Brief(w.first.Wait))
		found = append(found, Finding{Kind: LongWait, Tasks: w.ids, Text: text, For: w.first.Wait})
	}
	return found
}

// thing names what a task waits for.
func (s *Snapshot) thing(t *Task) string {
	w := t.Waiting
	if o := s.Find(t.On); o != nil {
		return w + " " + place(o)
	}
	if t.On != 0 {
		w += fmt.Sprintf(" #%d", t.On)
	}
	if h := s.Find(t.Holder); h != nil {
		w += ", which " + place(h) + " holds"
	} else if t.Holder != 0 {
		w += fmt.Sprintf(", which task #%d holds, which has returned", t.Holder)
	}
	return w
}

// endsByItself reports whether a wait is one for time, in the end.
func endsByItself(waiting string) bool {
	switch waiting {
	case "sleep", "rate.wait", "gate.wait", "budget.reserve":
		return true
	}
	return strings.HasPrefix(waiting, "offload") // of what another goroutine does
}
