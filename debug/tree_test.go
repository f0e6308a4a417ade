package debug_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/inflight-go/inflight/debug"
)

// outline writes tasks that are given as "ID<PARENT name [wait]" as a tree.
func outline(t testing.TB, tasks ...debug.Task) string {
	t.Helper()
	for i := range tasks {
		if tasks[i].Kind == "" {
			tasks[i].Kind = "task"
		}
		if tasks[i].State == "" {
			tasks[i].State = "running"
		}
	}
	var b strings.Builder
	if err := (&debug.Snapshot{Tasks: tasks}).Tree().WriteText(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func wantText(t testing.TB, got, want string) {
	t.Helper()
	if want = strings.TrimLeft(want, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestIN9_siblings_that_are_alike_are_folded(t *testing.T) {
	get := func(id, parent uint64, name string, wait time.Duration) debug.Task {
		return debug.Task{ID: id, Parent: parent, Name: name, Func: "main.get", File: "/src/main.go", Line: 7, Waiting: "queue.get", On: 9, Wait: wait}
	}
	other := get(6, 1, "get-4", time.Second)
	other.Line = 8
	wantText(t, outline(t,
		debug.Task{ID: 1, Name: "main", Kind: "group", Waiting: "group.join", On: 1},
		get(2, 1, "get-1", 2*time.Second),
		debug.Task{ID: 3, Parent: 1, Name: "report"},
		get(4, 1, "get-22", 3*time.Second),
		get(5, 1, "get-3", time.Second),
		other,
		debug.Task{ID: 7, Parent: 1, Name: "get-5", State: "pending", Func: "main.get", File: "/src/main.go", Line: 7},
		debug.Task{ID: 8, Name: "other root", Cancelled: true, Asked: time.Minute},
	), `
├─ main [group.join]
│  ├─ get-* ×3 [queue.get #9] 3.0s  main.go:7
│  ├─ report [running]
│  ├─ get-4 [queue.get #9] 1.0s  main.go:8
│  └─ get-5 [pending]  main.go:7
└─ other root [running, cancelled 1m0s ago]
`)
}

// What is below counts too: branches are folded when they are alike to their leaves.
func TestIN9_folded_by_what_is_below(t *testing.T) {
	var tasks []debug.Task
	id := uint64(0)
	add := func(parent uint64, name string) uint64 {
		id++
		tasks = append(tasks, debug.Task{ID: id, Parent: parent, Name: name})
		return id
	}
	for _, kids := range []int{2, 2, 3} {
		p := add(0, "host")
		for range kids {
			add(p, "get")
		}
	}
	wantText(t, outline(t, tasks...), `
├─ host ×2 [running]
│  └─ get ×2 [running]
└─ host [running]
   └─ get ×3 [running]
`)
}

func TestWhatIsWaitedFor(t *testing.T) {
	wait := func(id uint64, change debug.Task) debug.Task {
		change.ID, change.Name = id, fmt.Sprintf("%c", 'a'+id-1)
		return change
	}
	wantText(t, outline(t,
		wait(1, debug.Task{Waiting: "task.await", On: 2}),
		wait(2, debug.Task{Waiting: "mutex.lock", On: 70, Holder: 3}),
		wait(3, debug.Task{Waiting: "mutex.lock", On: 71, Holder: 99}),
		wait(4, debug.Task{Waiting: "wait", Targets: []uint64{1, 2, 3, 5, 6}, All: true}),
		wait(5, debug.Task{Waiting: "completed", Targets: []uint64{98, 6}}),
		wait(6, debug.Task{Waiting: "wait", Targets: []uint64{98}}),
		wait(7, debug.Task{Waiting: "sleep"}),
	), `
├─ a [task.await b]
├─ b [mutex.lock #70, held by c]
├─ c [mutex.lock #71, held by task #99, which has returned]
├─ d [wait for a, b, c, 2 more]
├─ e [completed for one of f]
├─ f [wait]
└─ g [sleep]
`)
	wantText(t, outline(t,
		debug.Task{ID: 1, Name: "x1", Waiting: "event.wait", On: 70},
		debug.Task{ID: 2, Name: "x2", Waiting: "event.wait", On: 71},
		debug.Task{ID: 3, Name: "x3", Waiting: "event.wait", On: 72},
	), "└─ x* ×3 [event.wait of 3]\n")
}

// A task that nobody knows the parent of, or that is its own, or is there twice, is
// shown all the same: a snapshot may come from anywhere.
func TestIN9_odd_snapshots(t *testing.T) {
	wantText(t, outline(t,
		debug.Task{ID: 1, Parent: 1, Name: "own parent"},
		debug.Task{ID: 2, Parent: 77, Name: "orphan"},
		debug.Task{ID: 2, Parent: 77, Name: "twice"},
		debug.Task{ID: 3, Name: "", Waiting: "task.await", On: 55},
		debug.Task{ID: 4, Name: "evil\x1b[31m\nname"},
	), `
├─ own parent [running]
├─ orphan [running]
├─  [task.await #55]
└─ evil�[31m�name [running]
`)
}

// Whatever waits for whatever, a task is one line: with each of 36 tasks awaited by
// two others the output does not double 18 times.
func TestIN11_output_is_linear(t *testing.T) {
	var tasks []debug.Task
	for i := range uint64(20_000) {
		tasks = append(tasks, debug.Task{ID: i + 1, Parent: i / 2, Name: "t", Waiting: "wait", Targets: []uint64{i + 2, i + 3}, All: true, Line: int(i)})
	}
	text := outline(t, tasks...)
	if n := strings.Count(text, "\n"); n != len(tasks) {
		t.Errorf("%d lines for %d tasks", n, len(tasks))
	}
	if len(text) > 100*len(tasks) {
		t.Errorf("%d bytes", len(text))
	}
}

func TestKeysAreStable(t *testing.T) {
	build := func(n int) *debug.Folded {
		s := &debug.Snapshot{Tasks: []debug.Task{{ID: uint64(n), Name: "main", Kind: "group", State: "running"}}}
		for i := range n {
			s.Tasks = append(s.Tasks, debug.Task{ID: uint64(100*n + i), Parent: uint64(n), Name: fmt.Sprintf("w%d", i), Kind: "task", State: "running"})
		}
		return s.Tree()
	}
	a, b := build(3), build(5)
	for _, key := range []string{a.Roots[0].Key, a.Roots[0].Kids[0].Key} {
		if b.Find(key) == nil {
			t.Errorf("%s is not found again", key)
		}
	}
	if a.Roots[0].Key == a.Roots[0].Kids[0].Key || b.Find("x") != nil {
		t.Error("a key stands for two")
	}
}

func TestFilterKeepsWhatIsAbove(t *testing.T) {
	s := &debug.Snapshot{Tasks: []debug.Task{
		{ID: 1, Name: "main", Kind: "group", State: "running"},
		{ID: 2, Parent: 1, Name: "Fetch", Kind: "task", State: "running"},
		{ID: 3, Parent: 1, Name: "store", Kind: "task", State: "running", Waiting: "queue.get"},
	}}
	var b strings.Builder
	_ = s.Tree().Filter("FETCH").WriteText(&b)
	wantText(t, b.String(), "└─ main [running]\n   └─ Fetch [running]\n")
	if got := s.Tree().Filter("queue.G").Roots[0].Kids; len(got) != 1 || got[0].Name != "store" {
		t.Errorf("found %v", got)
	}
	if len(s.Tree().Filter("nobody").Roots) != 0 {
		t.Error("something is left")
	}
}

func TestBrief(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0ms": time.Microsecond, "850ms": 850 * time.Millisecond, "4.2s": 4290 * time.Millisecond, "59.9s": 59999 * time.Millisecond,
		"3m20s": 200 * time.Second, "5h12m": 312 * time.Minute, "9d3h": 219 * time.Hour,
	} {
		if got := debug.Brief(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
