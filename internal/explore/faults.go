package explore

import (
	"errors"
	"fmt"
	"time"

	"github.com/inflight-go/inflight/internal/park"
)

// A Fault is what is to go wrong at a point that the user has named.
type Fault struct {
	Point string
	Nth   int // from 1; 0 for each time
	Delay time.Duration
	Err   error
}

// faults are what a run puts into the program.
type faults struct {
	step  int // at which an actor's task is cancelled, 0 for none
	actor int // its index
	point int // the number of the named point that fails, 0 for none

	named  int // how many named points there were so far
	hit    bool
	plan   []Fault
	counts []int // by plan: how often the point was there
}

func (f faults) String() string {
	switch {
	case f.step > 0:
		return fmt.Sprintf("cancel%dof%d:", f.step, f.actor)
	case f.point > 0:
		return fmt.Sprintf("fail%d:", f.point)
	}
	return ""
}

func parseFaults(text string) (f faults, err error) {
	if _, err := fmt.Sscanf(text+"!", "cancel%dof%d!", &f.step, &f.actor); err == nil && f.step > 0 && f.actor > 0 {
		return f, nil
	}
	f = faults{}
	if _, err := fmt.Sscanf(text+"!", "fail%d!", &f.point); err == nil && f.point > 0 {
		return f, nil
	}
	return faults{}, errors.New("unknown fault")
}

// at reports whether somebody is to be cancelled at the step.
func (f *faults) at(step int) bool { return f.step > 0 && f.step == step }

// victim returns the task that is to be cancelled at this step, nil for none.
func (f *faults) victim(c *controller) *park.Node {
	if !f.at(c.steps) {
		return nil
	}
	for _, a := range c.waiting {
		if a.index == f.actor {
			n := cancellable(a.task())
			f.hit = n != nil
			return n
		}
	}
	return nil
}

// cancellable returns the task that somebody could cancel in order to reach n: of
// an item of Gather and the like, that is the one that has called it.
func cancellable(n *park.Node) *park.Node {
	for n != nil && n.Flag(park.IsWorker) {
		n = n.Parent().Parent()
	}
	return n
}

// fail returns the error of a named point, nil for none, and how long it is held up
// before.
func (f *faults) fail(r *request) (delay time.Duration, err error) {
	if r.name == "" {
		return 0, nil
	}
	f.named++
	if f.named == f.point {
		f.hit = true
		return 0, ErrInjected
	}
	for i, p := range f.plan {
		if p.Point != r.name {
			continue
		}
		f.counts[i]++
		if p.Nth == 0 || p.Nth == f.counts[i] {
			f.hit = true
			delay += p.Delay
			if err == nil {
				err = p.Err
			}
		}
	}
	return delay, err
}
