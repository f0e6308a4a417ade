package explore

import (
	"fmt"
	"slices"
	"testing"
)

// Shrink and Normalize let the tests in.
var Shrink = shrink

// Normalize reads a seed and writes it again.
func Normalize(text string) (string, error) {
	s, err := parseSeed(text)
	if err != nil {
		return "", err
	}
	return s.String(), nil
}

// BothWays makes runs twice, once with turns that actors hand over themselves and
// once with the controller alone, which traced runs are. It returns an error for
// one that goes another way then.
func BothWays(t *testing.T, runs int, program Program) error {
	e, remove := newExplorer(t, Options{Turns: []string{"random", "pct2", "pos", "pct3", "urw"}}, program)
	defer remove()
	sd, numbers := seed{kind: "steady"}, source(0)
	for turn := range runs {
		quick, slow := e.run(sd, false), e.run(sd, true)
		if quick.kind != slow.kind || quick.hash != slow.hash || !slices.Equal(quick.tape, slow.tape) {
			return fmt.Errorf("%v: %q with the choices %v, and with the controller alone %q with %v", sd, quick.kind, quick.tape, slow.kind, slow.tape)
		}
		if turn == 0 {
			e.trial = quick
		}
		sd = e.next(&numbers, turn)
	}
	return nil
}
