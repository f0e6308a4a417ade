package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/pprof"
	"strconv"
	"time"
)

// blockTime is how long one contender runs in one round, at least.
const (
	blockTime = 40 * time.Millisecond
	quickTime = 4 * time.Millisecond
)

// A child is a process that measures one case with one value of GOMAXPROCS.
type child struct {
	of     string // the case
	who    string // the only contender, for a case whose samples are alone
	procs  int
	rounds int
	quick  bool
}

// results are the samples of a case: by GOMAXPROCS, contender and round.
type results map[int]map[string][]sample

// measure runs the case in processes of their own and gathers their samples.
func (c child) measure(ctx context.Context, b *bench) (results, error) {
	c.of = b.name
	if b.rounds != 0 {
		c.rounds = min(c.rounds, b.rounds)
	}
	got := make(results)
	for _, c.procs = range b.procs {
		got[c.procs] = make(map[string][]sample)
		if !b.alone {
			if err := c.spawn(ctx, got[c.procs]); err != nil {
				return nil, err
			}
			continue
		}
		alone := c
		alone.rounds = 1
		for range c.rounds {
			for _, k := range b.contenders {
				alone.who = k.name
				if err := alone.spawn(ctx, got[c.procs]); err != nil {
					return nil, err
				}
			}
		}
	}
	return got, nil
}

// spawn runs the process and adds its samples.
func (c child) spawn(ctx context.Context, into map[string][]sample) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, "-child", c.of, "-who", c.who,
		"-rounds", strconv.Itoa(c.rounds), "-quick="+strconv.FormatBool(c.quick))
	cmd.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(c.procs))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%s, GOMAXPROCS=%d: %w", c.of, c.procs, err)
	}
	var got map[string][]sample
	if err := json.Unmarshal(out, &got); err != nil {
		return fmt.Errorf("%s: %w", c.of, err)
	}
	for who, s := range got {
		into[who] = append(into[who], s...)
	}
	return nil
}

// main is the life of that process.
func (c child) main(w io.Writer) error {
	for _, b := range suite() {
		if b.name == c.of {
			return json.NewEncoder(w).Encode(c.rotate(b))
		}
	}
	return fmt.Errorf("there is no case %q", c.of)
}

// rotate lets the contenders run one after the other, round by round, so that
// what else the machine does hits all of them alike. Each round begins with
// another one, because to be first may be a disadvantage: it is to sleepers.
func (c child) rotate(b *bench) map[string][]sample {
	got := make(map[string][]sample)
	block := blockTime
	if c.quick {
		block = quickTime
	}
	var runners []*runner
	for i := range b.contenders {
		if c.who == "" || c.who == b.contenders[i].name {
			r := newRunner(b, &b.contenders[i])
			defer r.close()
			r.warm(block)
			runners = append(runners, r)
		}
	}
	most := c.rounds * patience
	if b.alone {
		most = c.rounds
	}
	first := 0
	for _, played := range calmest(c.rounds, most, func() []sample {
		ss := make([]sample, len(runners))
		for i := range runners {
			at := (first + i) % len(runners)
			ss[at] = runners[at].sample()
		}
		first++
		return ss
	}) {
		for i, r := range runners {
			played.samples[i][others] = played.foreign
			got[r.c.name] = append(got[r.c.name], played.samples[i])
		}
	}
	return got
}

// A runner is a contender that is being measured.
type runner struct {
	b     *bench
	c     *contender
	run   func(n int) int64
	close func()
	times int // runs in one sample
}

func newRunner(b *bench, c *contender) *runner {
	r := &runner{b: b, c: c, close: func() {}}
	if c.probe != nil {
		return r
	}
	var end func()
	if r.run, end = c.open(); end != nil {
		r.close = end
	}
	return r
}

// warm runs the contender until it is known how many runs fill a block.
func (r *runner) warm(block time.Duration) {
	if r.c.probe != nil {
		return
	}
	r.times = 1
	for {
		start := time.Now()
		r.repeat()
		took := time.Since(start)
		if took >= block/2 {
			r.times = max(1, int(float64(r.times)*float64(block)/float64(took)+0.5))
			return
		}
		r.times *= 2
	}
}

func (r *runner) repeat() {
	for range r.times {
		if got, want := r.run(r.b.n), r.b.want(r.b.n); got != want {
			panic(fmt.Sprintf("%s: %s: a run gave %d, and should give %d", r.b.name, r.c.name, got, want))
		}
	}
}

// sample measures one block. It begins with a collection, so that nobody pays
// for the garbage of the one before, and with a run that does not count, because
// the collection has taken the stacks of ended goroutines from the runtime's
// store.
func (r *runner) sample() sample {
	if r.c.probe != nil {
		return r.c.probe(r.b.n)
	}
	runtime.GC()
	r.run(r.b.n)
	var m0, m1 runtime.MemStats
	runtime.ReadMemStats(&m0)
	c0, t0 := cpuTime(), time.Now()
	r.repeat()
	t1, c1 := time.Since(t0), cpuTime()
	runtime.ReadMemStats(&m1)
	units := float64(r.times) * float64(r.b.n)
	return sample{
		wall:   float64(t1) / units,
		cpu:    float64(c1-c0) / units,
		allocs: float64(m1.Mallocs-m0.Mallocs) / units,
		bytes:  float64(m1.TotalAlloc-m0.TotalAlloc) / units,
	}
}

// profile runs one contender for some seconds under the CPU profiler.
func profile(chosen []*bench, c *child, file string) error {
	k := chosen[0].contender(c.who)
	if len(chosen) != 1 || k == nil || k.probe != nil {
		return fmt.Errorf("-pprof wants one case and one of its contenders, by -only and -who")
	}
	runtime.GOMAXPROCS(c.procs)
	r := newRunner(chosen[0], k)
	defer r.close()
	r.warm(3 * time.Second)
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	r.repeat()
	pprof.StopCPUProfile()
	return f.Close()
}
