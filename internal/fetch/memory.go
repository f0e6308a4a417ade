package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/atomicfile"
	"github.com/inflight-go/inflight/internal/filelock"
	"github.com/inflight-go/inflight/limit"
	"github.com/inflight-go/inflight/session"
)

// memory is what the state folder keeps of limits, so that a run that begins where
// another one ended does not go faster than both together may.
type memory struct {
	Version int                      `json:"version"`
	Saved   time.Time                `json:"saved"`
	Next    time.Time                `json:"next,omitzero"` // when it was to be saved again; zero at the end of a run
	Session session.Memory           `json:"session"`
	Budgets map[string][]limit.Start `json:"budgets,omitempty"`
}

// How often it is saved: so often, or as seldom as it takes to be busy with it for one
// part in memoryShare of the time.
const (
	memoryEvery = 100 * time.Millisecond
	memoryShare = 20
)

func (j *Job) memoryPath() string { return filepath.Join(j.o.State, "limits.json") }

// recall takes over what an earlier run has left in the state folder.
func (j *Job) recall() error {
	if j.o.State == "" || j.o.DryRun {
		return nil
	}
	if err := os.MkdirAll(j.o.State, 0o777); err != nil {
		return &Error{IO, fmt.Errorf("--state %s can't be a folder: %w", j.o.State, err)}
	}
	if err := j.lockState(); err != nil {
		return err
	}
	text, err := os.ReadFile(j.memoryPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return &Error{IO, err}
	}
	var m memory
	if json.Unmarshal(text, &m) != nil || m.Version != 1 {
		return nil // power was lost; the hosts will say what is too much
	}
	if err := j.assume(&m); err != nil {
		return err
	}
	j.session.Recall(m.Session)
	for _, b := range j.budgets {
		b.limit.Recall(m.Budgets[b.name])
	}
	return nil
}

// lockState keeps other runs out of the folder while this one lasts: each would write
// over what the other keeps there.
func (j *Job) lockState() error {
	f, err := os.OpenFile(filepath.Join(j.o.State, "lock"), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return &Error{IO, err}
	}
	j.closers = append(j.closers, f)
	ok, err := filelock.Try(f)
	switch {
	case err != nil:
		return &Error{IO, err}
	case !ok:
		return &Error{OtherJob, fmt.Errorf("--state %s is in use by another run; give each run a folder of its own", j.o.State)}
	}
	return nil
}

// assume adds what may have been started after it was saved, when the run was killed.
func (j *Job) assume(m *memory) error {
	if m.Next.IsZero() {
		return nil
	}
	all, each, err := j.o.Rates()
	if err != nil {
		return err
	}
	m.Session.Rate = m.started(all, m.Session.Rate)
	for name, host := range m.Session.Hosts {
		host.Rate = m.started(each, host.Rate)
		m.Session.Hosts[name] = host
	}
	m.Session.Others = m.started(each, nil)
	return nil
}

// started is a history with what a rate lets through in the time until it would have
// been saved again.
func (m *memory) started(r session.Rate, history []limit.Start) []limit.Start {
	if r.N == 0 {
		return history
	}
	until := m.Next
	if now := time.Now(); until.After(now) {
		until = now
	}
	share := float64(max(until.Sub(m.Saved), 0)) / float64(r.Per)
	room := int64(r.N)
	for _, s := range history {
		if until.Sub(s.At) < r.Per {
			room -= s.N
		}
	}
	n := min(room, int64(max(r.Burst, 1))+int64(math.Ceil(share*float64(r.N))))
	if n <= 0 {
		return history
	}
	return append(history, limit.Start{At: until, N: n})
}

// remember saves it until ctx ends. That it can't be is no reason to stop before the end.
func (j *Job) remember(ctx context.Context) error {
	told := false
	for every := memoryEvery; inflight.Sleep(ctx, every) == nil; {
		began := time.Now()
		if err := j.save(began.Add(every)); err != nil && !told {
			told = true
			j.tell(LevelNotice, "limits are not saved", slog.String("message", err.Error()))
		}
		every = max(memoryEvery, memoryShare*time.Since(began))
	}
	return nil
}

// save saves it once. It need not survive a loss of power.
func (j *Job) save(next time.Time) error {
	m := memory{Version: 1, Saved: time.Now(), Next: next, Session: j.session.Remember(), Budgets: make(map[string][]limit.Start)}
	for _, b := range j.budgets {
		m.Budgets[b.name] = b.limit.History()
	}
	text, err := json.Marshal(m)
	if err == nil {
		tmp := j.memoryPath() + atomicfile.Temporary
		if err = os.WriteFile(tmp, append(text, '\n'), 0o666); err == nil {
			err = os.Rename(tmp, j.memoryPath())
		}
	}
	if err != nil {
		return fmt.Errorf("the state in %s: %w", j.o.State, err)
	}
	return nil
}
