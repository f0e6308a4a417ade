package main

import (
	"context"
	"errors"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/inflight-go/inflight/debug"
)

// Main is main.
func Main() { main() }

// A Screen is top without a terminal.
type Screen struct{ m *top }

// fixed is a process that does not change.
type fixed struct {
	s *debug.Snapshot
	d *debug.Detail
}

func (f fixed) snapshot(context.Context) (*debug.Snapshot, error) {
	if f.s == nil {
		return nil, errors.New("it hangs")
	}
	return f.s, nil
}

func (f fixed) detail(_ context.Context, id uint64) (*debug.Detail, error) {
	if f.d == nil || f.d.ID != id {
		return nil, errors.New("this task has ended")
	}
	return f.d, nil
}

// NewScreen shows a snapshot on a screen of a size.
func NewScreen(s *debug.Snapshot, d *debug.Detail, width, height int) *Screen {
	m := &top{ctx: context.Background(), source: fixed{s, d}, every: time.Hour, folded: make(map[string]bool)}
	m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	m.Update(m.look())
	return &Screen{m}
}

// Press presses keys: names such as down, or characters. It reports whether one of
// them has ended the program.
func (s *Screen) Press(keys ...string) (over bool) {
	codes := map[string]rune{"down": tea.KeyDown, "up": tea.KeyUp, "left": tea.KeyLeft, "right": tea.KeyRight, "enter": tea.KeyEnter,
		"esc": tea.KeyEscape, "backspace": tea.KeyBackspace, "space": tea.KeySpace, "home": tea.KeyHome, "end": tea.KeyEnd, "pgdown": tea.KeyPgDown}
	for _, k := range keys {
		msg := tea.KeyPressMsg{Code: codes[k]}
		if msg.Code == 0 {
			msg.Code, msg.Text = []rune(k)[0], k
		}
		if _, cmd := s.m.Update(msg); cmd != nil {
			answer := cmd()
			if _, quit := answer.(tea.QuitMsg); quit {
				return true
			}
			s.m.Update(answer)
		}
	}
	return false
}

// Look shows another snapshot.
func (s *Screen) Look(next *debug.Snapshot) {
	s.m.source = fixed{next, nil}
	s.m.Update(s.m.look())
}

// Lines are what is seen, without colours.
func (s *Screen) Lines() []string { return strings.Split(ansi.Strip(s.m.View().Content), "\n") }

// Coloured is a line of the tree, as a terminal shows it.
func Coloured(b *debug.Branch) string { return paint(true).branch(b) }

// Ask runs a command that looks at processes, which have so long to answer.
func Ask(d time.Duration, args ...string) (out string, err error) {
	was, wasList := patience, listPatience
	patience, listPatience = d, d
	defer func() { patience, listPatience = was, wasList }()
	var b strings.Builder
	err = execute(context.Background(), args, strings.NewReader(""), &b, &b)
	return b.String(), err
}
