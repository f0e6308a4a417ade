package debug

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// live shares snapshots between those who look at the same time.
type live struct {
	mu      sync.Mutex
	last    *Snapshot
	at      time.Time
	viewers int
}

// fresh is how old a snapshot may be that is shown again.
const fresh = 400 * time.Millisecond

func (l *live) snapshot() *Snapshot {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last == nil || time.Since(l.at) > fresh {
		l.last, l.at = Take(), time.Now()
	}
	return l.last
}

// mostViewers is how many pages may be open at once.
const mostViewers = 16

func (l *live) enter() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.viewers == mostViewers {
		return false
	}
	l.viewers++
	return true
}

func (l *live) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.viewers--; l.viewers == 0 {
		l.last = nil
	}
}

// events sends the state each second, until the client goes.
func (h *handler) events(w http.ResponseWriter, r *http.Request) {
	if !h.live.enter() {
		http.Error(w, fmt.Sprintf("%d are looking already", mostViewers), http.StatusServiceUnavailable)
		return
	}
	defer h.live.leave()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	control := http.NewResponseController(w)
	filter := r.URL.Query().Get("filter")
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		text, err := json.Marshal(h.view(filter))
		if err != nil {
			return
		}
		_ = control.SetWriteDeadline(time.Now().Add(10 * time.Second)) // who does not read is let go
		if _, err := fmt.Fprintf(w, "data: %s\n\n", text); err != nil || control.Flush() != nil {
			return
		}
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
}

// A view is one event.
type view struct {
	Program    string    `json:"program"`
	PID        int       `json:"pid"`
	Go         string    `json:"go"`
	Level      int       `json:"level"`
	Up         int64     `json:"up_ms"`
	Took       float64   `json:"took_ms"`
	Goroutines int       `json:"goroutines"`
	Tasks      int       `json:"tasks"`
	Running    int       `json:"running"`
	Waiting    int       `json:"waiting"`
	Scopes     int       `json:"scopes"`
	Findings   []Finding `json:"findings"`
	Ended      []Ended   `json:"ended"`
	Tree       []row     `json:"tree"`
	Panel      *Panel    `json:"panel,omitempty"`
}

// A row is a branch, in the order of the page.
type row struct {
	Key   string `json:"k"`
	Depth int    `json:"d"`
	Kids  bool   `json:"c,omitempty"` // there is something below it
	Label string `json:"l"`
	Count int    `json:"n"`
	Doing string `json:"w"`
	State string `json:"s"` // run, wait, pend, scope
	Bad   bool   `json:"b,omitempty"`
	For   int64  `json:"t,omitempty"` // ms
	Where string `json:"p,omitempty"`
	ID    uint64 `json:"i,omitempty"`
	More  int    `json:"m,omitempty"` // this is no branch: so many siblings are left out
}

func (h *handler) view(filter string) view {
	s := h.live.snapshot()
	v := view{
		Program: s.Program, PID: s.PID, Go: s.Go, Level: s.Level, Up: s.Up.Milliseconds(), Took: float64(s.Took.Microseconds()) / 1000,
		Goroutines: s.Goroutines, Findings: s.Findings, Ended: s.Ended[:min(len(s.Ended), 20)],
	}
	v.Running, v.Waiting = s.Running()
	for i := range s.Tasks {
		if s.Tasks[i].Kind == "task" {
			v.Tasks++
		} else {
			v.Scopes++
		}
	}
	tree := s.Tree()
	if filter != "" {
		tree = tree.Filter(filter)
	}
	bad := make(map[uint64]bool)
	for _, f := range s.Findings {
		for _, id := range f.Tasks {
			bad[id] = true
		}
	}
	v.Tree = rows(nil, tree.Roots, 0, bad)
	if h.panel != nil {
		p := h.panel()
		v.Panel = &p
	}
	return v
}

// What is sent is bounded, also where nothing can be folded: siblings, and rows.
const (
	mostSiblings = 200
	mostRows     = 3000
)

func rows(list []row, branches []*Branch, depth int, bad map[uint64]bool) []row {
	for i, b := range branches {
		if i == mostSiblings || len(list) >= mostRows {
			return append(list, row{Depth: depth, More: len(branches) - i})
		}
		r := row{
			Key: b.Key, Depth: depth, Kids: len(b.Kids) > 0, Label: clean(b.Label), Count: b.Count, Doing: b.Doing,
			State: b.class(), For: b.Longest.Milliseconds(), Where: b.Where(), ID: b.ID, Bad: b.Cancelled,
		}
		for _, id := range b.IDs[:min(len(b.IDs), 64)] {
			r.Bad = r.Bad || bad[id]
		}
		list = rows(append(list, r), b.Kids, depth+1, bad)
	}
	return list
}

// class is how a branch is coloured.
func (t *Task) class() string {
	switch {
	case t.Waiting != "":
		return "wait"
	case t.State == "pending":
		return "pend"
	case t.Kind != "task":
		return "scope"
	}
	return "run"
}
