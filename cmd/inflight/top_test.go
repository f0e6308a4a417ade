package main_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	command "github.com/inflight-go/inflight/cmd/inflight"
	"github.com/inflight-go/inflight/debug"
)

// shop is a process with something of everything.
func shop() *debug.Snapshot {
	s := &debug.Snapshot{Program: "shop", PID: 7, Level: 1}
	add := func(id, parent uint64, name, kind, waiting string, wait, age time.Duration) {
		s.Tasks = append(s.Tasks, debug.Task{ID: id, Parent: parent, Name: name, Kind: kind, State: "running", Waiting: waiting, Wait: wait, Age: age, File: "/src/main.go", Line: int(id)})
	}
	add(1, 0, "main", "group", "group.join", time.Minute, time.Minute)
	add(2, 1, "night", "task", "", 0, 3*time.Second)
	add(3, 2, "nightly", "group", "group.join", 2*time.Second, 2*time.Second)
	add(4, 3, "mail", "task", "sleep", 4*time.Second, 8*time.Second)
	for i := range uint64(30) {
		add(10+i, 1, fmt.Sprintf("%c-worker", 'a'+i%26), "task", "queue.get", time.Duration(i)*time.Second, time.Minute)
	}
	s.Findings = []debug.Finding{{Kind: debug.LongWait, Text: "something waits\nfor long", Tasks: []uint64{10}}}
	return s
}

// wantScreen checks which lines begin with what, in their order.
func wantScreen(t testing.TB, got []string, want ...string) {
	t.Helper()
	i := 0
	for _, line := range got {
		if i < len(want) && strings.HasPrefix(line, want[i]) {
			i++
		}
	}
	if i < len(want) {
		t.Errorf("%q is not, or not there, in\n%s", want[i], strings.Join(got, "\n"))
	}
}

func hasNot(t testing.TB, got []string, text string) {
	t.Helper()
	if strings.Contains(strings.Join(got, "\n"), text) {
		t.Errorf("%q is in\n%s", text, strings.Join(got, "\n"))
	}
}

func TestTopShowsTheTree(t *testing.T) {
	s := command.NewScreen(shop(), nil, 100, 15)
	lines := s.Lines()
	if len(lines) != 15 {
		t.Errorf("%d lines", len(lines))
	}
	wantScreen(t, lines, "shop  pid 7", "! long wait: something waits …", "NAME", "└─ main", "   ├─ night", "   │  └─ nightly", "   │     └─ mail", "   ├─ a-worker", "by tree")
	s.Press("end") // scrolls
	lines = s.Lines()
	wantScreen(t, lines, "shop", "   ├─ c-worker", "   └─ d-worker", "by tree")
	hasNot(t, lines, "nightly")
	s.Press("home")
	wantScreen(t, s.Lines(), "└─ main")
}

func TestTopFolds(t *testing.T) {
	s := command.NewScreen(shop(), nil, 100, 15)
	s.Press("down", "left")
	wantScreen(t, s.Lines(), "└─ main", "   ├─ + night", "   ├─ a-worker")
	hasNot(t, s.Lines(), "nightly")
	s.Press("right")
	wantScreen(t, s.Lines(), "   ├─ night", "   │  └─ nightly")
	s.Press("down", "down", "left", "left", "left") // mail has nothing to fold: up to nightly, which is folded; up to night
	wantScreen(t, s.Lines(), "   ├─ night", "   │  └─ + nightly")
	s.Press("F")
	wantScreen(t, s.Lines(), "└─ + main")
	hasNot(t, s.Lines(), "night")
	s.Press("U")
	wantScreen(t, s.Lines(), "   │     └─ mail")
}

func TestTopSorts(t *testing.T) {
	s := command.NewScreen(shop(), nil, 100, 15)
	s.Press("s")
	wantScreen(t, s.Lines(), "main", "d-worker", "c-worker", "b-worker", "by wait")
	s.Press("s")
	wantScreen(t, s.Lines(), "main", "a-worker", "b-worker", "by age")
	s.Press("s")
	wantScreen(t, s.Lines(), "a-worker", "a-worker", "b-worker", "by name")
	s.Press("s")
	wantScreen(t, s.Lines(), "└─ main", "by tree")
}

func TestTopFilters(t *testing.T) {
	s := command.NewScreen(shop(), nil, 100, 15)
	s.Press("/", "m", "a", "i", "x", "backspace")
	wantScreen(t, s.Lines(), "└─ main", "filter: mai")
	s.Press("l", "enter")
	lines := s.Lines()
	wantScreen(t, lines, "└─ main", "   └─ night", "      └─ nightly", "         └─ mail", "by tree  filter mail")
	hasNot(t, lines, "worker")
	s.Press("s")
	if lines := s.Lines(); !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "mail") }) {
		t.Errorf("flat:\n%s", strings.Join(lines, "\n"))
	}
	s.Press("esc")
	wantScreen(t, s.Lines(), "mail", "by wait") // the cursor stays with it
	s.Press("/", "q", "q")
	wantScreen(t, s.Lines(), "nothing that runs is like that", "filter: qq")
	s.Press("esc")
	hasNot(t, s.Lines(), "filter:")
}

func TestTopShowsDetails(t *testing.T) {
	d := &debug.Detail{Doing: "sleep for long", Stack: strings.Repeat("frame\n", 40) + "the last"}
	d.ID, d.Name, d.Creator = 4, "mail", "/src/start.go:5"
	s := command.NewScreen(shop(), d, 100, 15)
	s.Press("down", "down", "down", "enter")
	wantScreen(t, s.Lines(), "shop", "name        mail", "does        sleep for long", "started at  /src/start.go:5", "who is in that function", "frame", "↑↓ scroll")
	for range 10 {
		s.Press("pgdown")
	}
	wantScreen(t, s.Lines(), "frame", "the last")
	s.Press("esc", "up", "enter")
	wantScreen(t, s.Lines(), "this task has ended")
	s.Press("q")
	wantScreen(t, s.Lines(), "└─ main")
	if !s.Press("q") {
		t.Error("q does not end it")
	}
}

func TestTopPausesAndSurvives(t *testing.T) {
	s := command.NewScreen(shop(), nil, 100, 15)
	s.Press("space")
	less := shop()
	less.Tasks = less.Tasks[:1]
	s.Look(less)
	wantScreen(t, s.Lines(), "shop", "   ├─ night")
	if !strings.Contains(s.Lines()[0], "paused") {
		t.Errorf("it says %q", s.Lines()[0])
	}
	s.Press("space", "down")
	s.Look(less)
	wantScreen(t, s.Lines(), "└─ main")
	hasNot(t, s.Lines(), "night")
	s.Look(nil)
	if !strings.Contains(s.Lines()[0], "it hangs") {
		t.Errorf("it says %q", s.Lines()[0])
	}
	none := command.NewScreen(nil, nil, 40, 5)
	none.Press("down", "enter", "left", "s", "F", "esc")
	wantScreen(t, none.Lines(), "it hangs")
}

// What a program calls its tasks does nothing to the terminal, and any size will do.
func TestTopInAnySize(t *testing.T) {
	evil := shop()
	evil.Tasks[1].Name = "evil\x1b[2J\nname" + strings.Repeat("長い", 50)
	evil.Program = "\x1b]0;owned\x07"
	for width := range 60 {
		for height := range 12 {
			s := command.NewScreen(evil, nil, width, height)
			s.Press("down", "end", "s", "home")
			if lines := s.Lines(); len(lines) != max(1, height) && width > 0 {
				t.Fatalf("%d × %d: %d lines", width, height, len(lines))
			}
			hasNot(t, s.Lines(), "owned\x07")
		}
	}
}

func TestTopNeedsATerminal(t *testing.T) {
	if code, _, errOut := run(t, process(t, "top", "1")); code != 2 || !strings.Contains(errOut, "terminal") {
		t.Errorf("%d %s", code, errOut)
	}
}
