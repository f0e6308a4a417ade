package explore

import (
	"fmt"
	"strconv"
	"strings"
)

// A replay makes the choices of a tape, and 0 when that is at its end. What is
// too high for the number of ways to go on counts from the start again, so that
// every tape can be run.
type replay struct {
	tape []int
	at   int
}

func (*replay) arrived(*actor)                      {}
func (p *replay) choose(ready []*actor, _ bool) int { return p.next(len(ready)) }
func (p *replay) toss() int                         { return p.next(2) }
func (p *replay) rarely() int                       { return p.next(2) }

func (p *replay) next(n int) int {
	if p.at >= len(p.tape) {
		return 0
	}
	p.at++
	return p.tape[p.at-1] % n
}

// trim cuts the zeros at the end of a tape, which change nothing.
func trim(tape []int) []int {
	for len(tape) > 0 && tape[len(tape)-1] == 0 {
		tape = tape[:len(tape)-1]
	}
	return tape
}

// A seed is the text that repeats a run: a strategy with what it was made from,
// such as "random.1f3a", "pos.1f3a", "urw.1f3a" (after a trial), "pct3.60.1f3a" (depth
// 3, 60 choices), or a tape, such as "tape.3=1.17=2": choice 3 is 1, choice 17 is 2,
// all others are 0. Where something was put in, that stands before it: "cancel7of2:"
// cancels actor 2 at step 7, "fail3:" fails the third named point. So does, before a
// tape, what the program's own random numbers are made from: "rand1f3a:".
type seed struct {
	kind   string // "steady", "random", "pct", "pos", "urw", "tape"
	depth  int
	length int
	number source
	tape   []int
	draws  uint64 // of a tape: what the program's random numbers are made from
	faults faults
	by     strategy // where it is none of these
}

func (s seed) String() string {
	text := s.faults.String()
	if s.draws != 0 {
		text = fmt.Sprintf("rand%x:", s.draws) + text
	}
	switch s.kind {
	case "steady":
		return text + "steady"
	case "random", "pos", "urw":
		return text + fmt.Sprintf("%s.%x", s.kind, uint64(s.number))
	case "pct":
		return text + fmt.Sprintf("pct%d.%d.%x", s.depth, s.length, uint64(s.number))
	}
	text += "tape"
	for i, c := range s.tape {
		if c != 0 {
			text += fmt.Sprintf(".%d=%d", i, c)
		}
	}
	return text
}

// numbers returns what the program's random numbers are made from.
func (s seed) numbers() uint64 {
	if s.number == 0 {
		return s.draws
	}
	n := s.number
	return n.next()
}

// strategy returns the strategy that the seed stands for, for a program whose actors
// had so many turns in a trial.
func (s seed) strategy(turns []int) strategy {
	if s.by != nil {
		return s.by
	}
	switch s.kind {
	case "steady":
		return steady{}
	case "random":
		return &random{s.number}
	case "pct":
		return newPCT(s.number, s.depth, s.length)
	case "pos":
		return &pos{s.number}
	case "urw":
		return newURW(s.number, turns)
	}
	return &replay{tape: s.tape}
}

// longestTape is the highest number of a choice in a seed that is read.
const longestTape = 1 << 20

// parseSeed reads what String has written.
func parseSeed(text string) (s seed, err error) {
	bad := fmt.Errorf("inflight/inflighttest: %q is no seed: want one that a failed test has printed, such as random.1f3a", text)
	rest := text
	if before, after, ok := strings.Cut(rest, ":"); ok && strings.HasPrefix(before, "rand") {
		n, err := parseNumber(before[len("rand"):])
		if err != nil {
			return seed{}, bad
		}
		s.draws, rest = uint64(n), after
	}
	if before, after, ok := strings.Cut(rest, ":"); ok {
		if s.faults, err = parseFaults(before); err != nil {
			return seed{}, bad
		}
		rest = after
	}
	kind, fields := rest, []string(nil)
	if parts := strings.Split(rest, "."); len(parts) > 1 {
		kind, fields = parts[0], parts[1:]
	}
	switch {
	case kind == "steady" && len(fields) == 0:
		s.kind = kind
	case (kind == "random" || kind == "pos" || kind == "urw") && len(fields) == 1:
		s.kind = kind
		s.number, err = parseNumber(fields[0])
	case strings.HasPrefix(kind, "pct") && len(fields) == 2:
		s.kind = "pct"
		var err1, err2 error
		s.depth, err1 = parseCount(kind[len("pct"):], 64)
		s.length, err2 = parseCount(fields[0], longestTape)
		s.number, err = parseNumber(fields[1])
		if err1 != nil || err2 != nil {
			err = bad
		}
	case kind == "tape":
		s.kind = kind
		s.tape, err = parseTape(fields)
	default:
		err = bad
	}
	if err != nil {
		return seed{}, bad
	}
	return s, nil
}

func parseNumber(text string) (source, error) {
	n, err := strconv.ParseUint(text, 16, 64)
	return source(n), err
}

// parseCount reads a number from 0 to most.
func parseCount(text string, most int) (int, error) {
	n, err := strconv.Atoi(text)
	if err == nil && (n < 0 || n > most) {
		err = strconv.ErrRange
	}
	return n, err
}

func parseTape(fields []string) (tape []int, err error) {
	for _, f := range fields {
		left, right, _ := strings.Cut(f, "=")
		at, err := parseCount(left, longestTape)
		if err != nil {
			return nil, err
		}
		choice, err := parseCount(right, longestTape)
		if err != nil {
			return nil, err
		}
		for len(tape) <= at {
			tape = append(tape, 0)
		}
		tape[at] = choice
	}
	return tape, nil
}
