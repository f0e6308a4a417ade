package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/inflight-go/inflight/debug"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

func newTop() *cobra.Command {
	var f targetFlags
	every := time.Second
	cmd := &cobra.Command{
		Use:   "top [flags] [PID | URL]",
		Short: "Watch what a running program waits for",
		Long: `top shows the tree of a running program's tasks, live.

  up, down     move          left, right  fold, unfold      enter   details and stack
  s            sort: tree, wait, age, name                  /       filter
  space        pause         F, U         fold all, none    q       quit

The program has to allow it: see inflight help ps.`,
		Args: takes(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			out, ok := cmd.OutOrStdout().(*os.File)
			if !ok || !term.IsTerminal(int(out.Fd())) || os.Getenv("TERM") == "dumb" {
				return &exitError{exitUsage, errors.New("top needs a terminal that it can draw on; inflight tree and ps do not")}
			}
			if every < 50*time.Millisecond {
				return &exitError{exitUsage, fmt.Errorf("--every %v: want 50ms or more", every)}
			}
			t, err := f.open(cmd.Context(), args)
			if err != nil {
				return err
			}
			m := &top{ctx: cmd.Context(), source: t, every: every, folded: make(map[string]bool)}
			_, err = tea.NewProgram(m, tea.WithContext(cmd.Context()), tea.WithoutSignalHandler(), tea.WithInput(cmd.InOrStdin()), tea.WithOutput(out)).Run()
			if err != nil && cmd.Context().Err() != nil {
				return context.Cause(cmd.Context())
			}
			return err
		},
	}
	f.add(cmd.Flags())
	cmd.Flags().DurationVar(&every, "every", every, "how often to look")
	return cmd
}

// A source is where top gets what it shows.
type source interface {
	snapshot(ctx context.Context) (*debug.Snapshot, error)
	detail(ctx context.Context, id uint64) (*debug.Detail, error)
}

// mostDetail bounds what a process may say of one task.
const mostDetail = 8 << 20

func (t *target) detail(ctx context.Context, id uint64) (*debug.Detail, error) {
	text, err := t.get(ctx, http.MethodGet, fmt.Sprintf("task?id=%d", id), mostDetail)
	if err != nil {
		return nil, err
	}
	d := new(debug.Detail)
	return d, json.Unmarshal(text, d)
}

// top is the state of the screen.
type top struct {
	ctx    context.Context
	source source
	every  time.Duration

	last   *debug.Snapshot
	err    error // of the last look
	paused bool

	width, height int
	order         int // into orders
	filter        string
	typing        bool
	folded        map[string]bool // by key
	rows          []topRow
	active        string // the key of the row that the cursor is on
	offset        int    // of the first row that is seen

	detail *debug.Detail // nil for none
	about  string        // instead of it: what went wrong
	open   bool          // details are shown
	scroll int
}

// orders are the ways to sort; the tree is as the program is.
var orders = []string{"tree", "wait", "age", "name"}

// A topRow is a branch with what is drawn before it.
type topRow struct {
	indent string
	*debug.Branch
}

type (
	looked struct {
		s   *debug.Snapshot
		err error
	}
	told struct {
		d   *debug.Detail
		err error
	}
	lookAgain struct{}
)

func (m *top) Init() tea.Cmd { return m.look }

func (m *top) look() tea.Msg {
	s, err := m.source.snapshot(m.ctx)
	return looked{s, err}
}

func (m *top) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case looked:
		if m.err = msg.err; msg.err == nil && !m.paused {
			m.last = msg.s
			m.arrange()
		}
		return m, tea.Tick(m.every, func(time.Time) tea.Msg { return lookAgain{} })
	case lookAgain:
		return m, m.look
	case told:
		m.detail, m.about = msg.d, ""
		if msg.err != nil {
			m.detail, m.about = nil, msg.err.Error()
		}
	case tea.KeyPressMsg:
		return m, m.press(msg)
	}
	return m, nil
}

// press does what a key is for.
func (m *top) press(k tea.KeyPressMsg) tea.Cmd {
	key := k.String()
	switch {
	case key == "ctrl+c":
		return tea.Quit
	case m.typing:
		m.edit(key, k.Text)
		return nil
	case m.open:
		return m.pressInDetails(key)
	}
	switch key {
	case "q":
		return tea.Quit
	case "up", "k":
		m.move(-1)
	case "down", "j":
		m.move(1)
	case "pgup":
		m.move(-m.room())
	case "pgdown":
		m.move(m.room())
	case "home", "g":
		m.move(-len(m.rows))
	case "end", "G":
		m.move(len(m.rows))
	case "left", "h":
		m.foldOrLeave()
	case "right", "l":
		m.fold(false)
	case "F", "U":
		m.foldAll(key == "F")
	case "s":
		m.order, m.active = (m.order+1)%len(orders), "" // the cursor goes to the top
		m.arrange()
	case "/":
		m.typing = true
	case "esc":
		m.filter = ""
		m.arrange()
	case "space", " ":
		m.paused = !m.paused
	case "enter":
		return m.details()
	}
	return nil
}

// edit changes the filter.
func (m *top) edit(key, text string) {
	switch key {
	case "enter":
		m.typing = false
	case "esc":
		m.typing, m.filter = false, ""
	case "backspace":
		if r := []rune(m.filter); len(r) > 0 {
			m.filter = string(r[:len(r)-1])
		}
	default:
		m.filter += text
	}
	m.arrange()
}

func (m *top) pressInDetails(key string) tea.Cmd {
	switch key {
	case "q", "esc", "left", "h", "enter":
		m.open, m.detail, m.scroll = false, nil, 0
	case "up", "k":
		m.scroll = max(0, m.scroll-1)
	case "down", "j":
		m.scroll++
	case "pgup":
		m.scroll = max(0, m.scroll-m.height)
	case "pgdown", "space", " ":
		m.scroll += m.height
	}
	return nil
}

// details asks for those of the task at the cursor.
func (m *top) details() tea.Cmd {
	i := m.at()
	if i < 0 {
		return nil
	}
	m.open, m.detail, m.about, m.scroll = true, nil, "asking …", 0
	id := m.rows[i].ID
	return func() tea.Msg {
		d, err := m.source.detail(m.ctx, id)
		return told{d, err}
	}
}

// arrange makes the rows of the snapshot.
func (m *top) arrange() {
	if m.last == nil {
		return
	}
	m.rows = m.rows[:0]
	if m.order > 0 {
		m.list()
	} else {
		tree := m.last.Tree()
		if m.filter != "" {
			tree = tree.Filter(m.filter)
		}
		m.add(tree.Roots, "")
	}
	if m.at() < 0 && len(m.rows) > 0 {
		m.active = m.rows[0].Key
	}
	m.show()
}

func (m *top) add(list []*debug.Branch, indent string) {
	for i, b := range list {
		own, below := "├─ ", "│  "
		if i == len(list)-1 {
			own, below = "└─ ", "   "
		}
		m.rows = append(m.rows, topRow{indent + own, b})
		if !m.folded[b.Key] {
			m.add(b.Kids, indent+below)
		}
	}
}

// list makes a row for each task, sorted.
func (m *top) list() {
	doing := doings(m.last)
	for _, t := range sorted(m.last, orders[m.order]) {
		b := &debug.Branch{Task: *t, Key: fmt.Sprint(t.ID), Label: t.Name, Doing: doing(t), Count: 1, Longest: t.Age}
		if t.Waiting != "" && orders[m.order] != "age" {
			b.Longest = t.Wait
		}
		line := strings.ToLower(b.String())
		if strings.Contains(line, strings.ToLower(m.filter)) {
			m.rows = append(m.rows, topRow{"", b})
		}
	}
}

// at is the row that the cursor is on, -1 for none.
func (m *top) at() int {
	for i := range m.rows {
		if m.rows[i].Key == m.active {
			return i
		}
	}
	return -1
}

func (m *top) move(by int) {
	if len(m.rows) == 0 {
		return
	}
	m.active = m.rows[min(len(m.rows)-1, max(0, m.at()+by))].Key
	m.show()
}

// show scrolls to where the cursor is seen.
func (m *top) show() {
	at, room := max(0, m.at()), m.room()
	m.offset = max(0, min(m.offset, at, len(m.rows)-room))
	if at >= m.offset+room {
		m.offset = at - room + 1
	}
}

func (m *top) fold(yes bool) {
	if i := m.at(); i >= 0 && len(m.rows[i].Kids) > 0 {
		m.folded[m.active] = yes
		m.arrange()
	}
}

// foldOrLeave folds an open branch, and goes up from one that is not.
func (m *top) foldOrLeave() {
	i := m.at()
	if i < 0 {
		return
	}
	if len(m.rows[i].Kids) > 0 && !m.folded[m.active] {
		m.fold(true)
		return
	}
	for k := i - 1; k >= 0; k-- {
		if len(m.rows[k].indent) < len(m.rows[i].indent) {
			m.move(k - i)
			return
		}
	}
}

func (m *top) foldAll(yes bool) {
	clear(m.folded)
	if yes && m.last != nil {
		m.last.Tree().Lines(func(_ string, b *debug.Branch) bool {
			m.folded[b.Key] = len(b.Kids) > 0
			return true
		})
	}
	m.arrange()
}
