package debug

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/park"
)

// A Task is a task or scope at one moment. Its fields are those of inflight.Info;
// what there is a moment is here the time from it to the snapshot, so that it means
// the same on another machine. Times are in nanoseconds in JSON, and 0 where they
// are unknown: below level 1.
type Task struct {
	ID        uint64        `json:"id"`
	Parent    uint64        `json:"parent,omitempty"`
	Name      string        `json:"name"`
	Kind      string        `json:"kind"`
	State     string        `json:"state"` // pending, running
	Service   bool          `json:"service,omitempty"`
	Func      string        `json:"func,omitempty"`
	File      string        `json:"file,omitempty"`
	Line      int           `json:"line,omitempty"`
	Creator   string        `json:"creator,omitempty"` // file:line; at level 2
	Age       time.Duration `json:"age_ns,omitempty"`
	Waiting   string        `json:"waiting,omitempty"`
	On        uint64        `json:"on,omitempty"`
	Wait      time.Duration `json:"wait_ns,omitempty"`
	Targets   []uint64      `json:"targets,omitempty"`
	All       bool          `json:"all,omitempty"`
	Holder    uint64        `json:"holder,omitempty"`
	Timed     bool          `json:"timed,omitempty"`       // the wait ends by itself
	Deadline  time.Duration `json:"deadline_ns,omitempty"` // from now, 0 for none
	Cancelled bool          `json:"cancelled,omitempty"`
	Asked     time.Duration `json:"cancelled_ns,omitempty"` // how long it has been cancelled
	Cause     string        `json:"cause,omitempty"`
}

// An Ended is a task that has failed, panicked or was cancelled; the last 256 are
// kept at level 1 and above. Those of combinators (Gather, Map) are not tasks.
type Ended struct {
	ID     uint64        `json:"id"`
	Parent uint64        `json:"parent,omitempty"`
	Name   string        `json:"name"`
	State  string        `json:"state"` // failed, panicked, cancelled
	Err    string        `json:"error,omitempty"`
	Func   string        `json:"func,omitempty"`
	File   string        `json:"file,omitempty"`
	Line   int           `json:"line,omitempty"`
	Lived  time.Duration `json:"lived_ns,omitempty"`
	Ago    time.Duration `json:"ago_ns"`
}

// A Snapshot is what a process does at one moment.
type Snapshot struct {
	PID        int           `json:"pid"`
	Program    string        `json:"program"` // the name of its file
	Go         string        `json:"go"`
	Level      int           `json:"level"`
	Goroutines int           `json:"goroutines"` // tasks' and others
	Up         time.Duration `json:"up_ns"`      // how long the process has run
	Taken      time.Time     `json:"taken"`
	Took       time.Duration `json:"took_ns"` // to take it
	Tasks      []Task        `json:"tasks"`   // each scope is followed by what is in it, the oldest first
	Ended      []Ended       `json:"ended,omitempty"`
	Findings   []Finding     `json:"findings,omitempty"`
}

var processStarted = time.Now()

// Take takes a snapshot of this process, with what the default [Limits] find in it.
func Take() *Snapshot {
	s := take()
	s.Findings = append(s.Diagnose(Limits{}), stalls()...)
	return s
}

func take() *Snapshot {
	s := &Snapshot{
		PID: os.Getpid(), Program: filepath.Base(os.Args[0]), Go: runtime.Version(), Level: int(park.Level.Load()),
		Goroutines: runtime.NumGoroutine(), Taken: park.Now(), Up: time.Since(processStarted),
	}
	infos := inflight.Tasks()
	s.Tasks = make([]Task, len(infos))
	for i := range infos {
		s.Tasks[i].set(&infos[i], s.Taken)
	}
	for _, e := range park.Ends() {
		s.Ended = append(s.Ended, ended(e, s.Taken))
	}
	s.Took = park.Now().Sub(s.Taken)
	return s
}

// Tasks returns the tasks and scopes of this process: each scope is followed by what
// is in it, the oldest first.
func Tasks() []Task { return take().Tasks }

func (t *Task) set(i *inflight.Info, now time.Time) {
	*t = Task{
		ID: i.ID, Parent: i.Parent, Name: i.Name, Kind: i.Kind, State: i.State.String(), Service: i.Service,
		Func: i.Func, File: i.File, Line: i.Line, Creator: i.Creator, Age: ago(i.Started, now),
		Waiting: i.Waiting, On: i.On, Wait: ago(i.Since, now), Targets: i.Targets, All: i.All, Holder: i.Holder, Timed: i.Timed,
		Cancelled: i.Cancelled, Asked: ago(i.Asked, now),
	}
	if !i.Deadline.IsZero() {
		t.Deadline = max(1, i.Deadline.Sub(now))
	}
	if i.Cause != nil {
		t.Cause = text(i.Cause)
	}
}

// ago is how long ago a moment was, 0 for the zero time.
func ago(t, now time.Time) time.Duration {
	if t.IsZero() {
		return 0
	}
	return max(1, now.Sub(t))
}

// text is the text of an error, in bounds. An Error method that panics does no harm.
func text(err error) (s string) {
	defer func() {
		if recover() != nil {
			s = fmt.Sprintf("%T, whose Error method panics", err)
		}
	}()
	s = err.Error()
	return s[:min(len(s), 500)]
}

func ended(e park.End, now time.Time) Ended {
	symbol, file, line := park.Place(e.Func)
	d := Ended{ID: e.ID, Parent: e.Parent, Name: e.Name, State: e.State, Err: e.Err, Func: symbol, File: file, Line: line, Ago: ago(e.At, now)}
	if !e.Started.IsZero() {
		d.Lived = max(1, e.At.Sub(e.Started))
	}
	return d
}

// Find returns the task with the given ID, nil if it is not there.
func (s *Snapshot) Find(id uint64) *Task {
	for i := range s.Tasks {
		if s.Tasks[i].ID == id && id != 0 {
			return &s.Tasks[i]
		}
	}
	return nil
}

// Running counts the tasks that do not wait for anything that is known, and Waiting
// those that do; scopes are not counted.
func (s *Snapshot) Running() (running, waiting int) {
	for i := range s.Tasks {
		switch t := &s.Tasks[i]; {
		case t.Kind != "task":
		case t.Waiting != "":
			waiting++
		case t.State == "running":
			running++
		}
	}
	return running, waiting
}

// WriteJSON writes the snapshot as JSON, one task a line.
func (s *Snapshot) WriteJSON(w io.Writer) error {
	head := *s
	head.Tasks = nil
	text, err := json.Marshal(&head)
	if err != nil {
		return err
	}
	before, after, _ := strings.Cut(string(text), `"tasks":null`)
	var b strings.Builder
	b.WriteString(before + `"tasks":[`)
	for i := range s.Tasks {
		line, err := json.Marshal(&s.Tasks[i])
		if err != nil {
			return err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
		b.Write(line)
		if b.Len() > 64<<10 {
			if _, err := io.WriteString(w, b.String()); err != nil {
				return err
			}
			b.Reset()
		}
	}
	b.WriteString("\n]" + after + "\n")
	_, err = io.WriteString(w, b.String())
	return err
}

// mostJSON bounds what Read takes: about two million tasks.
const mostJSON = 1 << 30

// Read reads a snapshot that WriteJSON has written.
func Read(r io.Reader) (*Snapshot, error) {
	s := new(Snapshot)
	if err := json.NewDecoder(io.LimitReader(r, mostJSON)).Decode(s); err != nil {
		return nil, fmt.Errorf("reading a snapshot: %w", err)
	}
	return s, nil
}
