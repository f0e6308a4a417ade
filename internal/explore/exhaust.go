package explore

import "testing"

// Exhaust runs the program in every interleaving in which at most preemptions
// times somebody who could have gone on was made to wait; for a negative number in
// every one. done reports that it came to the end, or to a failure.
func Exhaust(t *testing.T, o Options, preemptions int, program Program) (outcome Outcome, done bool) {
	e, remove := newExplorer(t, o, program)
	defer remove()
	d := &dfs{bound: preemptions}
	outcome = e.guard(func() {
		for e.more() && !done {
			d.begin()
			e.try(seed{kind: "tape", by: d})
			done = !d.advance()
		}
	})
	return outcome, done || outcome.Failure != nil || outcome.Skipped || o.Replay != ""
}

// dfs goes through the tree of choices, depth first.
type dfs struct {
	bound int
	path  []branch
	at    int
}

// A branch is a choice: which of how many was taken, and whether all but the
// first make somebody wait who could have gone on.
type branch struct {
	choice, ways int
	preempts     bool
}

func (d *dfs) begin() { d.at = 0 }

func (*dfs) arrived(*actor) {}

func (d *dfs) choose(ready []*actor, current bool) int {
	return d.take(branch{ways: len(ready), preempts: current})
}

func (d *dfs) toss() int   { return d.take(branch{ways: 2}) }
func (d *dfs) rarely() int { return d.take(branch{ways: 2, preempts: true}) }

// take goes on along the path, and lengthens it at its end. Where a program does
// not repeat itself, the path may have led elsewhere.
func (d *dfs) take(b branch) int {
	if d.at == len(d.path) {
		d.path = append(d.path, b)
	}
	at := &d.path[d.at]
	d.at++
	at.ways, at.preempts = b.ways, b.preempts
	at.choice = min(at.choice, b.ways-1)
	return at.choice
}

// advance goes to the next path, and reports whether there is one.
func (d *dfs) advance() bool {
	d.path = d.path[:d.at]
	for i := len(d.path) - 1; i >= 0; i-- {
		if b := &d.path[i]; b.choice+1 < b.ways && (b.choice > 0 || !b.preempts || d.bound < 0 || d.spent(i) < d.bound) {
			b.choice++
			d.path = d.path[:i+1]
			return true
		}
	}
	return false
}

// spent counts the preemptions before the i-th choice.
func (d *dfs) spent(i int) (n int) {
	for _, b := range d.path[:i] {
		if b.preempts && b.choice > 0 {
			n++
		}
	}
	return n
}
