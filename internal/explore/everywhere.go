package explore

import "testing"

// CancelEverywhere runs the program once, and then as often as there were steps
// and tasks waiting at them, each time with that task cancelled at that step; then
// the same with other interleavings, until the budget is spent.
func CancelEverywhere(t *testing.T, o Options, program Program) Outcome {
	e, remove := newExplorer(t, o, program)
	defer remove()
	return e.guard(func() {
		e.everywhere(func(base seed, r result) {
			for step, tasks := range r.tasks {
				for _, actor := range tasks {
					if !e.more() {
						return
					}
					base.faults = faults{step: step + 1, actor: actor}
					e.try(base)
				}
			}
		})
	})
}

// FailEverywhere does the same for the points that the program has named: each of
// them fails, one in each run.
func FailEverywhere(t *testing.T, o Options, program Program) Outcome {
	e, remove := newExplorer(t, o, program)
	defer remove()
	return e.guard(func() {
		e.everywhere(func(base seed, r result) {
			for point := range r.named {
				if !e.more() {
					return
				}
				base.faults = faults{point: point + 1}
				e.try(base)
			}
		})
	})
}

// everywhere tries one interleaving after the other, and calls each with those in
// which nothing was put in.
func (e *explorer) everywhere(each func(base seed, r result)) {
	numbers := source(e.options.Seed)
	base := seed{kind: "steady"}
	for turn := 0; turn == 0 || e.more(); turn++ {
		e.survey = true
		r := e.try(base)
		e.survey = false
		if e.failure != nil || e.skipped {
			return
		}
		if turn == 0 {
			e.trial = r
		}
		each(base, r)
		base = e.next(&numbers, turn)
	}
}
