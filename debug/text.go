package debug

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"
)

// Dump writes the tree of all tasks of this process, after what is probably wrong.
func Dump(w io.Writer) error { return Take().WriteText(w) }

// WriteText writes a line about the process, the findings, and the tree.
func (s *Snapshot) WriteText(w io.Writer) error {
	out := bufio.NewWriter(w)
	running, waiting := s.Running()
	fmt.Fprintf(out, "%s (pid %d): %s, %d running, %d waiting; %s; level %d\n",
		s.Program, s.PID, plural(running+waiting, "task"), running, waiting, plural(s.Goroutines, "goroutine"), s.Level)
	for _, f := range s.Findings {
		fmt.Fprintf(out, "! %s: %s\n", f.Kind, strings.ReplaceAll(strings.TrimSpace(f.Text), "\n", "\n    "))
	}
	s.Tree().write(out)
	return out.Flush()
}

// WriteText writes the tree, a line for each branch.
func (t *Folded) WriteText(w io.Writer) error {
	out := bufio.NewWriter(w)
	t.write(out)
	return out.Flush()
}

func (t *Folded) write(out *bufio.Writer) {
	t.Lines(func(indent string, b *Branch) bool {
		fmt.Fprintf(out, "%s%s\n", indent, b)
		return true
	})
}

// Lines calls line for each branch from top to bottom with what to draw before it,
// until that returns false.
func (t *Folded) Lines(line func(indent string, b *Branch) bool) { lines(t.Roots, "", line) }

func lines(list []*Branch, indent string, line func(indent string, b *Branch) bool) bool {
	for i, b := range list {
		own, below := "├─ ", "│  "
		if i == len(list)-1 {
			own, below = "└─ ", "   "
		}
		if !line(indent+own, b) || !lines(b.Kids, indent+below, line) {
			return false
		}
	}
	return true
}

// String returns a line such as "fetch-* ×3 [queue.get #7] 1.2s main.go:27".
func (b *Branch) String() string {
	s := clean(b.Label)
	if b.Count > 1 {
		s += fmt.Sprintf(" ×%d", b.Count)
	}
	s += " [" + b.Doing + "]"
	if b.Longest > 0 {
		s += " " + Brief(b.Longest)
	}
	if where := b.Where(); where != "" {
		s += "  " + where
	}
	return s
}

// Where is the file and line of the function, without the folder, "" if unknown.
func (t *Task) Where() string {
	if t.File == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d", t.File[strings.LastIndexAny(t.File, `/\`)+1:], t.Line)
}

// clean keeps a name that a program has made up from doing more to a terminal than
// to be read.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || 0x7f <= r && r < 0xa0 || r == 0x2028 || r == 0x2029 || 0x202a <= r && r <= 0x202e || 0x2066 <= r && r <= 0x2069 {
			return '�'
		}
		return r
	}, s)
}

// doing says what the tasks of a branch wait for, or what state they are in.
func (t *Folded) doing(b *Branch) string {
	s := b.State
	if b.Waiting != "" {
		s = b.Waiting + t.what(b)
	}
	if b.Cancelled {
		s += ", cancelled"
		if b.Asked > 0 {
			s += " " + Brief(b.Asked) + " ago"
		}
	}
	return s
}

func (t *Folded) what(b *Branch) string {
	name, isTask := t.names[b.On]
	switch {
	case len(b.Targets) > 0:
		return t.several(b)
	case b.On == 0 || b.On == b.ID:
		return ""
	case b.Things > 1 && isTask:
		return fmt.Sprintf(" of %d tasks", b.Things)
	case b.Things > 1:
		return fmt.Sprintf(" of %d", b.Things)
	case isTask:
		return " " + clean(name)
	}
	s := fmt.Sprintf(" #%d", b.On)
	if b.Holder != 0 {
		s += ", held by " + t.name(b.Holder)
	}
	return s
}

func (t *Folded) name(id uint64) string {
	if name, ok := t.names[id]; ok {
		return clean(name)
	}
	return fmt.Sprintf("task #%d, which has returned", id)
}

// several names the tasks that a wait is for: a few, and how many more.
func (t *Folded) several(b *Branch) string {
	var names []string
	more := 0
	for _, id := range b.Targets {
		name, there := t.names[id]
		switch {
		case !there: // it is done
		case len(names) < 3:
			names = append(names, clean(name))
		default:
			more++
		}
	}
	how := " for one of "
	if b.All {
		how = " for "
	}
	if more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	if len(names) == 0 {
		return ""
	}
	return how + strings.Join(names, ", ")
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Brief writes a duration with two or three digits: 850ms, 4.2s, 3m20s, 5h12m, 9d3h.
func Brief(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return "0ms"
	case d < time.Second:
		return fmt.Sprintf("%dms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1fs", d.Truncate(100*time.Millisecond).Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%dm%ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd%dh", int(d.Hours())/24, int(d.Hours())%24)
}
