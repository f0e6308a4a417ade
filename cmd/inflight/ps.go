package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/debug"
	"github.com/inflight-go/inflight/internal/attach"
	"github.com/inflight-go/inflight/internal/option"
	"github.com/spf13/cobra"
)

func newPs() *cobra.Command {
	var f targetFlags
	order, filter, limit := "id", "", 0
	cmd := &cobra.Command{
		Use:   "ps [flags] [PID | URL]",
		Short: "List the programs that can be attached to, or the tasks of one",
		Long: `ps without an argument lists the programs of this user that can be attached to;
with the number of a process, or a URL, its tasks.

A program can be attached to by its number when it has opened a socket: fetch does
with --attach; a program of yours when it calls debug.Start and INFLIGHT_ATTACH=1 is
in its environment, or calls debug.Attach. And it can be looked at by a URL when it
serves debug.Handler, as fetch does with --ui.`,
		Example: `  inflight ps
  inflight ps 4711 --sort wait --limit 20`,
		Args: takes(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return listProcesses(cmd.Context(), cmd.OutOrStdout())
			}
			if err := option.OneOf("sort", order, "id", "name", "wait", "age", "state"); err != nil {
				return err
			}
			if limit < 0 {
				return &exitError{exitUsage, fmt.Errorf("--limit %d: want 0 or more", limit)}
			}
			t, err := f.open(cmd.Context(), args)
			if err != nil {
				return err
			}
			s, err := t.snapshot(cmd.Context())
			if err != nil {
				return &exitError{exitIO, err}
			}
			return writeTasks(cmd.OutOrStdout(), s, order, filter, limit)
		},
	}
	f.add(cmd.Flags())
	cmd.Flags().StringVar(&order, "sort", order, "by `id`, name, wait, age or state")
	cmd.Flags().StringVar(&filter, "filter", "", "only those with this `text` in their line")
	cmd.Flags().IntVar(&limit, "limit", 0, "`n` lines at most (default: all)")
	return cmd
}

// listProcesses writes a line for each process with a socket.
func listProcesses(ctx context.Context, out io.Writer) error {
	lines := [][]string{{"PID", "PROGRAM", "TASKS", "WAITING", "LEVEL", "UP", "FINDINGS"}}
	more, err := inflight.Map(ctx, attach.List(), 32, func(ctx context.Context, p attach.Process) ([]string, error) {
		return describeProcess(ctx, p), nil
	})
	if err != nil {
		return err
	}
	return writeTable(out, append(lines, more...))
}

// listPatience is how long each process has that is only listed.
var listPatience = 5 * time.Second

// describeProcess makes the line of a process.
func describeProcess(ctx context.Context, p attach.Process) []string {
	ctx, cancel := context.WithTimeout(ctx, listPatience)
	defer cancel()
	s, err := onSocket(p.PID, p.Client()).snapshot(ctx)
	if err != nil {
		return []string{fmt.Sprint(p.PID), "?", "", "", "", "", printable(err.Error())}
	}
	running, waiting := s.Running()
	return []string{
		fmt.Sprint(p.PID), printable(s.Program), fmt.Sprint(running + waiting), fmt.Sprint(waiting), fmt.Sprint(s.Level), debug.Brief(s.Up), findings(s),
	}
}

// findings names the kinds of findings, with how many there are.
func findings(s *debug.Snapshot) string {
	var kinds []string
	count := make(map[string]int)
	for _, f := range s.Findings {
		kind := printable(f.Kind)
		if count[kind]++; count[kind] == 1 {
			kinds = append(kinds, kind)
		}
	}
	for i, k := range kinds {
		if n := count[k]; n > 1 {
			kinds[i] = fmt.Sprintf("%s ×%d", k, n)
		}
	}
	return strings.Join(kinds, ", ")
}

// doings are what the tasks of a snapshot do, in words, by their IDs.
func doings(s *debug.Snapshot) func(t *debug.Task) string {
	names := make(map[uint64]string, len(s.Tasks))
	for i := range s.Tasks {
		names[s.Tasks[i].ID] = s.Tasks[i].Name
	}
	return func(t *debug.Task) string { return t.Doing(names) }
}

func writeTasks(out io.Writer, s *debug.Snapshot, order, filter string, limit int) error {
	doing := doings(s)
	lines := [][]string{{"ID", "IN", "NAME", "DOES", "FOR", "AGE", "FUNCTION"}}
	for _, t := range sorted(s, order) {
		if limit > 0 && len(lines) > limit {
			break
		}
		line := []string{fmt.Sprint(t.ID), number(t.Parent), printable(t.Name), printable(doing(t)), brief(t.Wait), brief(t.Age), printable(t.Where())}
		if strings.Contains(strings.ToLower(strings.Join(line, " ")), strings.ToLower(filter)) {
			lines = append(lines, line)
		}
	}
	return writeTable(out, lines)
}

// sorted returns the tasks in an order: the longest first for times.
func sorted(s *debug.Snapshot, order string) []*debug.Task {
	list := make([]*debug.Task, len(s.Tasks))
	for i := range s.Tasks {
		list[i] = &s.Tasks[i]
	}
	slices.SortStableFunc(list, func(a, b *debug.Task) int {
		by := 0
		switch order {
		case "name":
			by = cmp.Compare(a.Name, b.Name)
		case "wait":
			by = cmp.Compare(b.Wait, a.Wait)
		case "age":
			by = cmp.Compare(b.Age, a.Age)
		case "state":
			by = cmp.Or(cmp.Compare(a.Waiting, b.Waiting), cmp.Compare(a.State, b.State))
		}
		return cmp.Or(by, cmp.Compare(a.ID, b.ID))
	})
	return list
}

func number(id uint64) string {
	if id == 0 {
		return ""
	}
	return fmt.Sprint(id)
}

func brief(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return debug.Brief(d)
}

// writeTable writes lines with their columns under each other.
func writeTable(w io.Writer, lines [][]string) error {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = min(60, max(widths[i], ansi.StringWidth(cell)))
		}
	}
	out := bufio.NewWriter(w)
	for _, line := range lines {
		text := ""
		for i, cell := range line {
			text += cell + strings.Repeat(" ", max(0, widths[i]-ansi.StringWidth(cell))+2)
		}
		fmt.Fprintln(out, strings.TrimRight(text, " "))
	}
	if err := out.Flush(); err != nil {
		return &exitError{exitIO, err}
	}
	return nil
}
