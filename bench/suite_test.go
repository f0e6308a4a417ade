package main

import (
	"math"
	"runtime"
	"strings"
	"testing"
)

// Each contender does a few units of its case, and gets them right.
func TestEveryContenderIsRight(t *testing.T) {
	for _, b := range suite() {
		t.Run(b.name, func(t *testing.T) {
			for i := range b.contenders {
				c := &b.contenders[i]
				if c.probe != nil {
					for m, x := range c.probe(20) {
						if math.IsNaN(x) || math.IsInf(x, 0) {
							t.Errorf("%s: %s is %v", c.name, m, x)
						}
					}
					continue
				}
				run, end := c.open()
				for _, n := range []int{1, 7, 250, 250} {
					if got, want := run(n), b.want(n); got != want {
						t.Errorf("%s: %d units gave %d, want %d", c.name, n, got, want)
					}
				}
				if end != nil {
					end()
				}
			}
		})
	}
}

// Names are unique, and targets speak of contenders that exist, of the right
// kind, with a GOMAXPROCS that is measured.
func TestTargetsNameWhatThereIs(t *testing.T) {
	names := make(map[string]bool)
	for _, b := range suite() {
		if names[b.name] {
			t.Errorf("two cases are called %q", b.name)
		}
		names[b.name] = true
		seen := make(map[string]bool)
		for _, c := range b.contenders {
			if seen[c.name] {
				t.Errorf("%s: two contenders are called %q", b.name, c.name)
			}
			seen[c.name] = true
		}
		for _, x := range b.targets {
			if c := b.contender(x.who); c == nil || c.kind != ours {
				t.Errorf("%s: target of %q, which is not ours", b.name, x.who)
			}
			switch x.rival {
			case "", anyPeer, anybody:
			default:
				if c := b.contender(x.rival); c == nil || c.kind == ours {
					t.Errorf("%s: rival %q, which is none", b.name, x.rival)
				}
			}
			measured := x.procs == 0
			for _, p := range b.procs {
				measured = measured || p == x.procs
			}
			if !measured {
				t.Errorf("%s: target for GOMAXPROCS=%d, which is not measured", b.name, x.procs)
			}
		}
	}
}

// A verdict compares with the rival that the target names, round by round: the
// second one, in which the machine was busy, changes nothing.
func TestVerdict(t *testing.T) {
	series := func(xs ...float64) (ss []sample) {
		for _, x := range xs {
			ss = append(ss, sample{wall: x})
		}
		return ss
	}
	b := &bench{contenders: []contender{
		{name: "we", kind: ours}, {name: "hand", kind: hand},
		{name: "slow", kind: peer}, {name: "fast", kind: peer}, {name: "half", kind: part},
	}}
	got := map[string][]sample{
		"we": series(12, 90, 9), "hand": series(4, 45, 3), "slow": series(90, 810, 90),
		"fast": series(60, 360, 40), "half": series(20, 20, 20),
	}
	busy := map[string][]sample{"we": {{wall: 1, others: 0.5}}, "hand": {{wall: 2}}}
	if line := within(1, "we", wall, 2, "hand").judge(b, 2, busy).line("x"); !strings.Contains(line, "\tyes?\t") {
		t.Errorf("%q has no question mark, and others used half of the machine", line)
	}
	for _, c := range []struct {
		target
		rival  string
		theirs float64
		met    string
	}{
		{within(3, "we", wall, 2, "hand"), "hand", 4, "yes"},
		{within(2.9, "we", wall, 2, "hand"), "hand", 4, "NO"},
		{ahead(4, "we", wall, 2, anyPeer), "fast", 60, "yes"},
		{ahead(5, "we", wall, 2, anyPeer), "fast", 60, "NO"},
		{within(1, "we", wall, 2, anybody), "hand", 4, "NO"},
		{ahead(8, "we", wall, 2, "slow"), "slow", 90, "yes"},
		{atMost(12, "we", wall, 2), "", 0, "yes"},
		{atMost(11, "we", wall, 2), "", 0, "NO"},
		{beside("we", wall, 2, "hand"), "hand", 4, "–"},
	} {
		v := c.judge(b, 2, got)
		if v.Ours != 12 || v.Rival != c.rival || v.Theirs != c.theirs {
			t.Errorf("%v: %v beside %q with %v", c.target, v.Ours, v.Rival, v.Theirs)
		}
		if v.Best != "half" || v.BestAt != 20 {
			t.Errorf("%v: best peer %q with %v", c.target, v.Best, v.BestAt)
		}
		if line := v.line("x"); !strings.Contains(line, "\t"+c.met+"\t") {
			t.Errorf("%v: %q, want %q in it", c.target, line, c.met)
		}
	}
}

// The contenders take turns, another one begins each round, and each is measured
// in every round.
func TestRotate(t *testing.T) {
	var turns strings.Builder
	contend := func(name string) contender {
		return contender{name: name, probe: func(int) sample {
			turns.WriteString(name)
			return sample{wall: 1}
		}}
	}
	b := &bench{contenders: []contender{contend("a"), contend("b"), contend("c")}}
	got := child{rounds: 3}.rotate(b)
	if order := turns.String(); !strings.HasPrefix(order, "abcbcacab") || len(order)%3 != 0 || len(order) > 9*patience {
		t.Errorf("turns were %s", order)
	}
	for _, name := range []string{"a", "b", "c"} {
		if len(got[name]) != 3 {
			t.Errorf("%s has %d samples", name, len(got[name]))
		}
	}
}

// Benchmark runs the same cases under go test, one GOMAXPROCS a process:
//
//	GOMAXPROCS=2 go test -run '^$' -bench '/map_10$' -count 6
func Benchmark(b *testing.B) {
	for _, c := range suite() {
		b.Run(c.name, func(b *testing.B) {
			for i := range c.contenders {
				k := &c.contenders[i]
				b.Run(k.name, func(b *testing.B) { benchmark(b, c, k) })
			}
		})
	}
}

func benchmark(b *testing.B, c *bench, k *contender) {
	if k.probe != nil {
		b.Skip("measures by itself: go run .")
	}
	run, end := k.open()
	if end != nil {
		defer end()
	}
	run(c.n)
	var m0, m1 runtime.MemStats
	runtime.ReadMemStats(&m0)
	before := cpuTime()
	runs := 0
	for b.Loop() {
		run(c.n)
		runs++
	}
	spent := cpuTime() - before
	runtime.ReadMemStats(&m1)
	units := float64(runs) * float64(c.n)
	b.ReportMetric(float64(b.Elapsed())/units, "ns/unit")
	b.ReportMetric(float64(spent)/units, "cpu-ns/unit")
	b.ReportMetric(float64(m1.Mallocs-m0.Mallocs)/units, "allocs/unit")
	b.ReportMetric(float64(m1.TotalAlloc-m0.TotalAlloc)/units, "B/unit")
}
