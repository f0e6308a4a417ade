package stack_test

import (
	"strings"
	"testing"
	"time"

	"github.com/inflight-go/inflight/internal/stack"
)

const entry = `goroutine 12 [chan receive (durable), 2 minutes, synctest bubble 3]:
example.com/m.(*T).f(0x1, {0x2, 0x3}, ...)
	/src/a b/f.go:12 +0x1d
example.com/m.g(...)
	C:/src/g.go:34
created by example.com/m.h in goroutine 7
	/src/m/h.go:56 +0x5e`

func TestParse(t *testing.T) {
	g := stack.Parse(entry)
	if g.ID != 12 || g.State != "chan receive" || g.Blocked != 2*time.Minute || len(g.Frames) != 2 || g.Parent != 7 || g.Text != entry {
		t.Fatalf("parsed %+v", g)
	}
	for got, want := range map[stack.Frame]stack.Frame{
		g.Frames[0]: {Func: "example.com/m.(*T).f", File: "/src/a b/f.go", Line: 12},
		g.Frames[1]: {Func: "example.com/m.g", File: "C:/src/g.go", Line: 34},
		g.Creator:   {Func: "example.com/m.h", File: "/src/m/h.go", Line: 56},
	} {
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if !g.Calls("example.com/m.g") || g.Calls("example.com/m.h") || !g.In("example.com/m.(") || g.In("other") {
		t.Error("it is not known where it is")
	}
}

func TestAllBeginsWithTheCaller(t *testing.T) {
	release := make(chan struct{})
	go blocked(release)
	defer close(release)
	for range 1000 {
		all := stack.All()
		if !all[0].Calls("github.com/inflight-go/inflight/internal/stack.All") {
			t.Fatalf("the first is %s", all[0].Text)
		}
		for _, g := range all[1:] {
			if g.In("github.com/inflight-go/inflight/internal/stack_test.blocked") && g.State == "chan receive" {
				return
			}
		}
		time.Sleep(time.Millisecond)
	}
	t.Error("the other goroutine is not found")
}

func blocked(release chan struct{}) { <-release }

func FuzzParse(f *testing.F) {
	f.Add(entry)
	f.Add("goroutine 1 [")
	f.Add("x\ny\nz:")
	f.Fuzz(func(t *testing.T, text string) {
		g := stack.Parse(text)
		for _, frame := range g.Frames {
			if strings.Contains(frame.Func, "\n") {
				t.Errorf("a frame of two lines: %q", frame.Func)
			}
		}
	})
}
