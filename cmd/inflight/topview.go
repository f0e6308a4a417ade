package main

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/inflight-go/inflight/debug"
)

const topKeys = "↑↓ move  ←→ fold  enter details  s sort  / filter  space pause  q quit"

// View draws the screen.
func (m *top) View() tea.View {
	v := tea.NewView(m.draw())
	v.AltScreen = true
	v.WindowTitle = "inflight top"
	return v
}

func (m *top) draw() string {
	if m.width == 0 || m.height == 0 {
		return ""
	}
	lines := m.head()
	switch {
	case m.open:
		lines = append(lines, m.page(m.height-len(lines)-1)...)
	case m.last != nil:
		lines = append(lines, m.columns("NAME", "DOES", "FOR", "WHERE", func(s string) string { return paint(true).with("1;7", s) }))
		end := min(len(m.rows), m.offset+m.room())
		for i := m.offset; i < end; i++ {
			lines = append(lines, m.row(m.rows[i]))
		}
		if len(m.rows) == 0 {
			lines = append(lines, "nothing that runs is like that")
		}
	}
	for len(lines) < m.height-1 {
		lines = append(lines, "")
	}
	lines = append(lines[:max(0, m.height-1)], m.foot())
	for i := range lines {
		lines[i] = ansi.Truncate(lines[i], m.width, "…")
	}
	return strings.Join(lines, "\n")
}

// head says which process that is, and what is wrong.
func (m *top) head() (lines []string) {
	p := paint(true)
	if m.last == nil {
		if m.err != nil {
			return []string{p.red(printable(m.err.Error()))}
		}
		return []string{"looking …"}
	}
	s := m.last
	running, waiting := s.Running()
	line := fmt.Sprintf("%s  %s  %s running  %s waiting  %s", p.bold(printable(s.Program)),
		p.faint(fmt.Sprintf("pid %d  up %s", s.PID, debug.Brief(s.Up))), p.with("32", fmt.Sprint(running)), p.with("36", fmt.Sprint(waiting)),
		p.faint(fmt.Sprintf("%d goroutines  level %d", s.Goroutines, s.Level)))
	switch {
	case m.err != nil:
		line += "  " + p.red("it does not answer: "+printable(m.err.Error()))
	case m.paused:
		line += "  " + p.with("1;33", "paused")
	}
	lines = append(lines, line)
	for _, f := range s.Findings[:min(len(s.Findings), m.findings())] {
		first, _, more := strings.Cut(f.Text, "\n")
		if more {
			first += " …"
		}
		lines = append(lines, p.red("! "+printable(f.Kind)+": ")+printable(first))
	}
	return lines
}

// findings is how many findings there is room for.
func (m *top) findings() int { return max(1, m.height/6) }

// room is how many rows there is room for.
func (m *top) room() int {
	findings := 0
	if m.last != nil {
		findings = min(len(m.last.Findings), m.findings())
	}
	return max(1, m.height-3-findings)
}

func (m *top) foot() string {
	p := paint(true)
	switch {
	case m.typing:
		return p.bold("filter: ") + printable(m.filter) + p.with("7", " ") + p.faint("  enter keeps it, esc drops it")
	case m.open:
		return p.faint("↑↓ scroll  esc back")
	}
	s := p.faint(topKeys)
	if m.filter != "" {
		s = p.with("1;33", "filter "+printable(m.filter)) + p.faint("  (esc drops it)  ") + s
	}
	return p.with("1", "by "+orders[m.order]) + "  " + s
}

// columns lays a line out: a name and a place of fixed shares, the rest between them.
func (m *top) columns(name, does, long, where string, style func(string) string) string {
	left, right := m.left(), 0
	if m.width >= 90 {
		right = 24
	}
	middle := max(10, m.width-left-right-9)
	s := pad(name, left) + " " + pad(does, middle) + " " + padLeft(long, 7)
	if right > 0 {
		s += padLeft(where, right-1)
	}
	return style(s)
}

// left is how wide the names are that are seen, within two fifths of the screen.
func (m *top) left() int {
	widest := 16
	for _, r := range m.rows[m.offset:min(len(m.rows), m.offset+m.room())] {
		widest = max(widest, ansi.StringWidth(m.name(r))+1)
	}
	return min(widest, max(16, m.width*2/5))
}

// name is a row's name with what is before it.
func (m *top) name(r topRow) string {
	s := r.indent
	if len(r.Kids) > 0 && m.folded[r.Key] {
		s += "+ "
	}
	s += printable(r.Label)
	if r.Count > 1 {
		s += fmt.Sprintf(" ×%d", r.Count)
	}
	return s
}

func pad(s string, n int) string {
	s = ansi.Truncate(s, n, "…")
	return s + strings.Repeat(" ", max(0, n-ansi.StringWidth(s)))
}

func padLeft(s string, n int) string {
	s = ansi.Truncate(s, n-1, "…")
	return strings.Repeat(" ", max(0, n-ansi.StringWidth(s))) + s
}

func (m *top) row(r topRow) string {
	p := paint(true)
	name := m.name(r)
	does := printable(r.Doing)
	long := ""
	if r.Longest > 0 {
		long = debug.Brief(r.Longest)
	}
	if r.Key == m.active {
		return m.columns(name, does, long, printable(r.Where()), func(s string) string { return p.with("30;46", s) })
	}
	code := "36"
	switch {
	case r.Cancelled || m.suspect(r.Branch):
		code = "31"
	case r.Waiting == "":
		code = "32"
	}
	return m.columns(p.faint(r.indent)+p.bold(strings.TrimPrefix(name, r.indent)), p.with(code, does), long, p.faint(printable(r.Where())), func(s string) string { return s })
}

// suspect reports whether a finding is about one of the branch.
func (m *top) suspect(b *debug.Branch) bool {
	for _, f := range m.last.Findings {
		for _, id := range f.Tasks {
			if id == b.ID {
				return true
			}
		}
	}
	return false
}

// page shows the details, as many lines as there is room for.
func (m *top) page(room int) []string {
	p := paint(true)
	if m.detail == nil {
		return []string{"", printable(m.about)}
	}
	d := m.detail
	lines := []string{""}
	say := func(name, value string) {
		if value != "" {
			lines = append(lines, p.faint(pad(name, 12))+printable(value))
		}
	}
	say("name", d.Name)
	say("number", fmt.Sprint(d.ID))
	say("kind", d.Kind)
	say("does", d.Doing)
	say("for", brief(d.Wait))
	say("age", brief(d.Age))
	say("deadline in", brief(d.Deadline))
	say("cause", d.Cause)
	say("function", d.Func)
	if d.File != "" {
		say("where", fmt.Sprintf("%s:%d", d.File, d.Line))
	}
	say("started at", d.Creator)
	if d.Stack != "" {
		title := "who is in that function (at level 2 a task has a stack of its own)"
		if d.Own {
			title = "its stack"
		}
		lines = append(lines, "", p.bold(title))
		lines = append(lines, printableLines(strings.TrimRight(strings.ReplaceAll(d.Stack, "\t", "    "), "\n"))...)
	}
	m.scroll = max(0, min(m.scroll, len(lines)-room))
	return lines[m.scroll:min(len(lines), m.scroll+max(1, room))]
}
