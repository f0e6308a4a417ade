// Command bench measures inflight side by side with its peers, and says where the
// figures that it is held to are met. README.md tells what is measured and how.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"time"
)

// options are the flags of the command.
type options struct {
	only   string
	rounds int
	quick  bool
	all    bool
	list   bool
	json   string
	wait   time.Duration
	pprof  string
	child  child
}

func (o *options) addFlags(fs *flag.FlagSet) {
	fs.StringVar(&o.only, "only", "", "run the cases whose name matches this `regexp`")
	fs.IntVar(&o.rounds, "rounds", 0, "rounds of each case; 0 means 6, and 2 with -quick")
	fs.BoolVar(&o.quick, "quick", false, "few and short rounds, to see that everything runs; the figures mean little")
	fs.BoolVar(&o.all, "all", false, "print what every contender took, not the table of targets alone")
	fs.BoolVar(&o.list, "list", false, "list the cases and their contenders, and run nothing")
	fs.StringVar(&o.json, "json", "", "write every sample to this `file`")
	fs.DurationVar(&o.wait, "wait", 0, "before each case, wait up to this long for the rest of the machine to be quiet")
	fs.StringVar(&o.pprof, "pprof", "", "run one contender of one case, given by -only and -who, for a while and write its CPU profile to this `file`")
	fs.StringVar(&o.child.who, "who", "", "the `contender` for -pprof")
	fs.IntVar(&o.child.procs, "procs", 2, "GOMAXPROCS for -pprof")
	fs.StringVar(&o.child.of, "child", "", "internal: measure this case and write the samples to standard output")
}

func main() {
	var o options
	o.addFlags(flag.CommandLine)
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := o.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (o *options) run(ctx context.Context) error {
	only, err := regexp.Compile(o.only)
	if err != nil {
		return err
	}
	if o.rounds == 0 {
		o.rounds = 6
		if o.quick {
			o.rounds = 2
		}
	}
	o.child.rounds, o.child.quick = o.rounds, o.quick
	if o.child.of != "" {
		return o.child.main(os.Stdout)
	}
	var chosen []*bench
	for _, b := range suite() {
		if only.MatchString(b.name) {
			chosen = append(chosen, b)
		}
	}
	switch {
	case len(chosen) == 0:
		return fmt.Errorf("no case matches %q; -list shows them", o.only)
	case o.list:
		list(os.Stdout, chosen)
		return nil
	case o.pprof != "":
		return profile(chosen, &o.child, o.pprof)
	}
	return o.compare(ctx, chosen)
}

// compare runs the chosen cases and prints the table.
func (o *options) compare(ctx context.Context, chosen []*bench) error {
	rep := newReport(o)
	for _, b := range chosen {
		fmt.Fprintf(os.Stderr, "\r\x1b[K%s", b.name)
		awaitCalm(ctx, o.wait)
		got, err := o.child.measure(ctx, b)
		if err != nil {
			fmt.Fprintln(os.Stderr)
			return err
		}
		rep.add(b, got)
	}
	fmt.Fprint(os.Stderr, "\r\x1b[K")
	rep.print(os.Stdout, o.all)
	if o.json != "" {
		return rep.write(o.json)
	}
	return nil
}
