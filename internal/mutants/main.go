// Command mutants proves that the tests would notice: it puts one small bug at a
// time into a copy of the module and runs the tests that should fail.
//
//	go run ./internal/mutants             # all that the tables have
//	go run ./internal/mutants -every 4    # each fourth of them
//	go run ./internal/mutants -only NAME
//	go run ./internal/mutants -explore    # how many exploration finds by itself
//
// It exits with 1 when a mutant survives, or a row of the table is broken: the
// text to replace is not there exactly once, the mutant does not compile, or no
// test was run. With -explore it does not matter how many survive.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/inflight-go/inflight"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

type options struct {
	root     string
	table    string
	only     string
	every    int
	explore  bool
	parallel int
	timeout  time.Duration
}

func (o *options) addFlags(fs *flag.FlagSet) {
	fs.StringVar(&o.root, "C", ".", "the `folder` of the module")
	fs.StringVar(&o.table, "table", "internal/mutants/*.txt", "the tables of mutants, below the module's folder")
	fs.StringVar(&o.only, "only", "", "run those mutants alone that have this `name`, or begin with it")
	fs.IntVar(&o.every, "every", 1, "run each `n`-th mutant of the table only")
	fs.BoolVar(&o.explore, "explore", false, "count the mutants of the primitives that the explored tests find alone")
	fs.IntVar(&o.parallel, "p", 2, "how many to run at once")
	fs.DurationVar(&o.timeout, "timeout", time.Minute, "what a test binary may take")
}

// run is main without the process: it returns the exit code.
func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	var o options
	fs := flag.NewFlagSet("mutants", flag.ContinueOnError)
	fs.SetOutput(errOut)
	o.addFlags(fs)
	if fs.Parse(args) != nil {
		return 2
	}
	if fs.NArg() > 0 || o.parallel < 1 || o.every < 1 {
		fs.Usage()
		return 2
	}
	ok, err := o.run(ctx, out)
	if err != nil {
		fmt.Fprintln(errOut, "mutants:", err)
		return 1
	}
	if !ok {
		return 1
	}
	return 0
}

// run judges the mutants and reports whether all were killed.
func (o *options) run(ctx context.Context, out io.Writer) (ok bool, err error) {
	mutants, err := o.load()
	if err != nil {
		return false, err
	}
	dir, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	l := &lab{module: filepath.Join(dir, "module"), scratch: dir, timeout: o.timeout}
	if err := copyTree(l.module, o.root); err != nil {
		return false, err
	}
	if err := l.control(ctx, mutants); err != nil {
		return false, err
	}
	killed, isBroken := 0, false
	verdicts := inflight.Each(ctx, slices.Values(mutants), o.parallel, l.judge, inflight.Ordered())
	for m, v := range verdicts {
		if v.Err != nil {
			return false, v.Err
		}
		switch v.Value.state {
		case dead:
			killed++
		case broken:
			isBroken = true
		}
		fmt.Fprintf(out, "%-8s  %-40s  %5.1fs  %s\n", v.Value.state, m.name, v.Value.took.Seconds(), v.Value.why)
	}
	fmt.Fprintf(out, "killed %d/%d\n", killed, len(mutants))
	return killed == len(mutants) || o.explore && !isBroken, nil
}

// load reads the tables, in the order of their names.
func (o *options) load() ([]mutant, error) {
	paths, err := filepath.Glob(filepath.Join(o.root, o.table))
	if err != nil || len(paths) == 0 {
		return nil, fmt.Errorf("there is no table %s: %w", o.table, cmp.Or(err, os.ErrNotExist))
	}
	var mutants []mutant
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		rows, err := parse(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s:%w", filepath.Join(filepath.Dir(o.table), filepath.Base(path)), err)
		}
		mutants = append(mutants, rows...)
	}
	if o.explore {
		mutants = explored(mutants)
	}
	if o.every > 1 {
		i := -1
		mutants = slices.DeleteFunc(mutants, func(mutant) bool { i++; return i%o.every != 0 })
	}
	if o.only != "" {
		mutants = slices.DeleteFunc(mutants, func(m mutant) bool { return !strings.HasPrefix(m.name, o.only) })
		if len(mutants) == 0 {
			return nil, fmt.Errorf("%s has no mutant %q", o.table, o.only)
		}
	}
	return mutants, nil
}
