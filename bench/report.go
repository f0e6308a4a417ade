package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// A report gathers what was measured and judges it.
type report struct {
	Go      string    `json:"go"`
	Arch    string    `json:"arch"`
	CPUs    int       `json:"cpus"`
	Load    string    `json:"load_before"`
	Rounds  int       `json:"rounds"`
	Started time.Time `json:"started"`
	Cases   []outcome `json:"cases"`
}

// An outcome is a case with its samples and verdicts.
type outcome struct {
	Case     string    `json:"case"`
	N        int       `json:"n"`
	Samples  results   `json:"samples"`
	Verdicts []verdict `json:"verdicts"`
	bench    *bench
}

// A verdict is a line of the table.
type verdict struct {
	Who    string  `json:"who"`
	Procs  int     `json:"procs"`
	Metric metric  `json:"metric"`
	Ours   float64 `json:"ours"`
	Rival  string  `json:"rival"`       // who it was measured against
	Theirs float64 `json:"rival_value"` // and what that took
	Ratio  float64 `json:"ratio"`       // median over the rounds of ours over theirs
	Best   string  `json:"best_peer"`
	BestAt float64 `json:"best_peer_value"`
	Target string  `json:"target"`
	Met    *bool   `json:"met"`    // nil for a line that only informs
	Others float64 `json:"others"` // the share of the machine that others used, in the median round
}

func newReport(o *options) *report {
	return &report{
		Go: runtime.Version(), Arch: runtime.GOOS + "/" + runtime.GOARCH, CPUs: runtime.NumCPU(),
		Load: load(), Rounds: o.rounds, Started: time.Now().UTC(),
	}
}

// load tells what else the machine does, where that can be had.
func load() string {
	b, _ := os.ReadFile("/proc/loadavg")
	f := strings.Fields(string(b))
	if len(f) < 3 {
		return "unknown"
	}
	return strings.Join(f[:3], " ")
}

func (r *report) add(b *bench, got results) {
	o := outcome{Case: b.name, N: b.n, Samples: got, bench: b}
	for _, t := range b.targets {
		for _, p := range b.procs {
			if t.procs == 0 || t.procs == p {
				o.Verdicts = append(o.Verdicts, t.judge(b, p, got[p]))
			}
		}
	}
	r.Cases = append(r.Cases, o)
}

// judge holds what was measured with one GOMAXPROCS against the target.
func (t target) judge(b *bench, procs int, got map[string][]sample) verdict {
	v := verdict{Who: t.who, Procs: procs, Metric: t.metric, Target: t.String(), Ours: median(got[t.who], t.metric),
		Others: median(got[t.who], others)}
	v.Best, v.BestAt = best(b, got, t.metric, peer, part)
	switch t.rival {
	case "":
	case anyPeer:
		v.Rival, v.Theirs = best(b, got, t.metric, peer)
	case anybody:
		v.Rival, v.Theirs = best(b, got, t.metric, hand, peer, part)
	default:
		v.Rival, v.Theirs = t.rival, median(got[t.rival], t.metric)
	}
	judged := v.Ours
	if v.Rival != "" {
		v.Ratio = ratio(got[t.who], got[v.Rival], t.metric)
		judged = v.Ratio
	}
	if t.atMost != 0 {
		met := judged <= t.atMost
		v.Met = &met
	}
	return v
}

// ratio is the median of what a took over what b took in the same round: a spell
// in which the machine was busy with something else has slowed both.
func ratio(a, b []sample, m metric) float64 {
	var rs []sample
	for i := range min(len(a), len(b)) {
		rs = append(rs, sample{m: a[i][m] / b[i][m]})
	}
	return median(rs, m)
}

// best returns the contender of the given kinds that took least.
func best(b *bench, got map[string][]sample, m metric, kinds ...kind) (name string, least float64) {
	for _, c := range b.contenders {
		if !slices.Contains(kinds, c.kind) {
			continue
		}
		if x := median(got[c.name], m); name == "" || x < least {
			name, least = c.name, x
		}
	}
	return name, least
}

// median of no samples is not a number.
func median(ss []sample, m metric) float64 {
	if len(ss) == 0 {
		return math.NaN()
	}
	xs := make([]float64, len(ss))
	for i, s := range ss {
		xs[i] = s[m]
	}
	slices.Sort(xs)
	half := len(xs) / 2
	if len(xs)%2 == 1 {
		return xs[half]
	}
	return (xs[half-1] + xs[half]) / 2
}

func (r *report) print(w io.Writer, all bool) {
	fmt.Fprintf(w, "%s %s, %d processors, medians of %d rounds, %s\n", r.Go, r.Arch, r.CPUs, r.Rounds, time.Since(r.Started).Round(time.Second))
	fmt.Fprintf(w, "load %s before, %s after\n\n", r.Load, load())
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "case\tP\tper unit\tinflight\t\tbest peer\t\trival\tratio\ttarget\tmet\tothers")
	met, of, busy := 0, 0, 0
	for _, o := range r.Cases {
		for _, v := range o.Verdicts {
			fmt.Fprintln(tw, v.line(o.Case))
			switch {
			case v.Met == nil:
			case v.busy():
				busy++
			default:
				of++
				if *v.Met {
					met++
				}
			}
		}
	}
	tw.Flush()
	fmt.Fprintf(w, `
%d of %d targets met, %d not judged. P is GOMAXPROCS; a ratio is inflight over its rival, the median
over the rounds, so less is better. Others is the share of the machine that other programs used
meanwhile. With more than %.0f %% P = 2 is no longer two processors: such a line has a question mark.
`, met, of, busy, 100*calm)
	if all {
		r.printAll(w)
	}
}

// busy reports whether the line can't be judged: what takes two processors was
// measured when others used one of them.
func (v verdict) busy() bool {
	return v.Others > calm && v.Procs > 1 && (v.Metric == wall || v.Metric == cpu)
}

func (v verdict) line(name string) string {
	rival, ratio, peer, met := "", "", "", "–"
	if v.Rival != "" {
		rival, ratio = figure(v.Theirs), fmt.Sprintf("%.2f", v.Ratio)
	}
	if v.Best != "" {
		peer = figure(v.BestAt)
	}
	if v.Met != nil {
		met = "NO"
		if *v.Met {
			met = "yes"
		}
		if v.busy() {
			met += "?"
		}
	}
	return strings.Join([]string{name, fmt.Sprint(v.Procs), string(v.Metric), v.Who, figure(v.Ours),
		v.Best, peer, rival, ratio, v.Target, met, fmt.Sprintf("%.0f %%", 100*v.Others)}, "\t")
}

// printAll prints every contender of every case.
func (r *report) printAll(w io.Writer) {
	for _, o := range r.Cases {
		fmt.Fprintf(w, "\n%s: each of %d × %s\n", o.Case, o.N, o.bench.unit)
		tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
		metrics := o.metrics()
		for i, p := range o.bench.procs {
			if i == 0 {
				fmt.Fprint(tw, "P\t")
				for _, m := range metrics {
					fmt.Fprintf(tw, "%s\t", m)
				}
				fmt.Fprintln(tw)
			}
			for _, c := range o.bench.contenders {
				fmt.Fprintf(tw, "%d\t", p)
				for _, m := range metrics {
					fmt.Fprintf(tw, "%s\t", figure(median(o.Samples[p][c.name], m)))
				}
				fmt.Fprintf(tw, "  %s\n", c.name)
			}
		}
		tw.Flush()
	}
}

// metrics lists what the case measures, in the order of the columns.
func (o outcome) metrics() (ms []metric) {
	one := o.Samples[o.bench.procs[0]][o.bench.contenders[0].name]
	for _, m := range []metric{wall, cpu, allocs, bytes, held, sys, p50, p99, more, look, stall} {
		if _, ok := one[0][m]; ok {
			ms = append(ms, m)
		}
	}
	return ms
}

// figure prints with three digits that mean something.
func figure(x float64) string {
	switch {
	case x == 0 || x >= 100:
		return fmt.Sprintf("%.0f", x)
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	case x >= 0.01:
		return fmt.Sprintf("%.2f", x)
	default:
		return fmt.Sprintf("%.4f", x)
	}
}

func (r *report) write(file string) error {
	b, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(b, '\n'), 0o644)
}
