package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// A bench is one case: the same work, done by several contenders.
type bench struct {
	name  string
	n     int    // units of work in one run
	unit  string // what a unit is
	procs []int  // values of GOMAXPROCS to measure with; nil for 1 and 2
	// alone gives each sample a process of its own, because what the case
	// measures stays with a process: memory that the runtime never returns.
	alone bool
	// rounds caps the number of rounds, for a case that takes long whatever is
	// measured; 0 for no cap.
	rounds     int
	want       func(n int) int64 // what a right run returns
	contenders []contender
	targets    []target
}

// A contender does the work of a bench in its own way.
type contender struct {
	name string
	kind kind
	// open prepares what one run may take over from the last, a pool that is
	// meant to live long; run does n units and returns their sum; close may be
	// nil. What a user writes anew for each piece of work stands in run.
	open func() (run func(n int) int64, close func())
	// probe, where it is set, does the measuring itself, of one run of n units.
	probe func(n int) sample
}

// A kind says how a contender's figures may be used.
type kind int

const (
	ours  kind = iota // inflight
	hand              // the standard library, by hand
	peer              // a library that does the same: context, errors, results
	part              // a library that leaves out some of it
	least             // a floor: what it would take at best
)

// once is open for a contender that keeps nothing from one run to the next.
func once(run func(n int) int64) func() (func(n int) int64, func()) {
	return func() (func(n int) int64, func()) { return run, nil }
}

// A metric is something measured per unit of work.
type metric string

const (
	wall   metric = "wall ns"
	cpu    metric = "cpu ns"
	allocs metric = "allocs"
	bytes  metric = "B alloc"
	held   metric = "B held" // heap and stacks in use
	sys    metric = "B sys"  // got from the operating system
	p50    metric = "p50 µs" // lateness
	p99    metric = "p99 µs"
	more   metric = "ns more"  // than without
	look   metric = "ms look"  // a whole one
	stall  metric = "ms stall" // the longest that somebody else had to wait meanwhile
	others metric = "others"   // the share of the machine that others used
)

// A sample is one contender's figures in one round.
type sample map[metric]float64

// A target is a figure that inflight is held to.
type target struct {
	who    string // our contender
	metric metric
	procs  int // the GOMAXPROCS it is for; 0 for each
	// rival is a contender's name, or anyPeer for the best of kind peer, or
	// anybody for the best that is not ours, or empty for a limit in itself.
	rival  string
	atMost float64 // times the rival's figure; 0 for a row that only informs
	faster bool    // say it as "n × ahead", n = 1/atMost
}

const (
	anyPeer = "any peer"
	anybody = "anybody"
)

// within says that who takes at most x times what rival takes.
func within(x float64, who string, m metric, procs int, rival string) target {
	return target{who: who, metric: m, procs: procs, rival: rival, atMost: x}
}

// ahead says that who is at least x times as fast as rival.
func ahead(x float64, who string, m metric, procs int, rival string) target {
	return target{who: who, metric: m, procs: procs, rival: rival, atMost: 1 / x, faster: true}
}

// atMost says that who takes no more than x.
func atMost(x float64, who string, m metric, procs int) target {
	return target{who: who, metric: m, procs: procs, atMost: x}
}

// beside sets who beside rival, and promises nothing.
func beside(who string, m metric, procs int, rival string) target {
	return target{who: who, metric: m, procs: procs, rival: rival}
}

func (t target) String() string {
	switch {
	case t.rival == "":
		return fmt.Sprintf("≤ %.4g", t.atMost)
	case t.atMost == 0:
		return "beside " + t.rival
	case t.faster:
		return fmt.Sprintf("≥ %.3g × ahead of %s", 1/t.atMost, t.rival)
	default:
		return fmt.Sprintf("≤ %.3g × %s", t.atMost, t.rival)
	}
}

// suite is every case, the only list there is: the command, go test -bench and
// the smoke test all run it.
func suite() []*bench {
	var all []*bench
	for _, of := range []func() []*bench{
		spawning, tasks, running, blocking, mapping, queues, semaphores, mutexes, sleepers, looking,
	} {
		all = append(all, of()...)
	}
	for _, b := range all {
		if b.procs == nil {
			b.procs = []int{1, 2}
		}
	}
	return all
}

func (b *bench) contender(name string) *contender {
	for i := range b.contenders {
		if b.contenders[i].name == name {
			return &b.contenders[i]
		}
	}
	return nil
}

func list(w io.Writer, all []*bench) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	defer tw.Flush()
	for _, b := range all {
		fmt.Fprintf(tw, "%s\t%d × %s\n", b.name, b.n, b.unit)
		for _, c := range b.contenders {
			fmt.Fprintf(tw, "\t%s\n", c.name)
		}
	}
}

// must ends a run that went wrong: its figure would be worthless.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
