// Command instructions counts what a request costs a client, in instructions: a bare
// loop over net/http, inflight fetch, and curl, each under valgrind, against nginx.
// README.md tells more.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"

	"github.com/inflight-go/inflight/bench/valgrind"
)

// options are the flags of the command.
type options struct {
	valgrind string
	inflight string
	profile  string
	only     string
	procs    string
	few      int
	many     int
	at       int
	rounds   int
	bare     string
}

func (o *options) addFlags(fs *flag.FlagSet) {
	fs.StringVar(&o.valgrind, "valgrind", "valgrind", "the `program` that counts; its version 3.24 can, and 3.19 not")
	fs.StringVar(&o.inflight, "inflight", "", "the `program` that is counted; built if there is none")
	fs.StringVar(&o.profile, "profile", "", "leave the counts of all functions in this `folder`, for cg_annotate")
	fs.StringVar(&o.only, "only", "", "the `clients` that take part, by parts of their names, with | between")
	fs.StringVar(&o.procs, "procs", "1,2", "the values of `GOMAXPROCS`")
	fs.IntVar(&o.few, "few", 2_000, "the requests of the run that is taken away")
	fs.IntVar(&o.many, "many", 6_000, "the requests of the run it is taken away from")
	fs.IntVar(&o.at, "c", 64, "how many requests at once")
	fs.IntVar(&o.rounds, "rounds", 3, "how often each is counted")
	fs.StringVar(&o.bare, "bare", "", "internal: be the bare loop, over the URLs of this `file`")
}

func main() {
	var o options
	o.addFlags(flag.CommandLine)
	flag.Parse()
	if err := o.main(); err != nil {
		fmt.Fprintln(os.Stderr, "instructions:", err)
		os.Exit(1)
	}
}

func (o *options) main() error {
	if o.bare != "" {
		return o.loop()
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return o.run(ctx)
}

func (o *options) run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "instructions")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if o.inflight == "" {
		o.inflight = filepath.Join(dir, "inflight")
		if said, err := exec.CommandContext(ctx, "go", "build", "-C", "..", "-o", o.inflight, "./cmd/inflight").CombinedOutput(); err != nil {
			return fmt.Errorf("the command is built from the folder bench: %w\n%s", err, said)
		}
	}
	url, stop, err := serve(ctx, dir)
	if err != nil {
		return err
	}
	defer stop()
	for _, n := range []int{o.few, o.many} {
		if err := writeInputs(dir, url, n); err != nil {
			return err
		}
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "GOMAXPROCS\tclient\tinstructions/request\tleast\tmost\tof net/http\t")
	for procs := range strings.SplitSeq(o.procs, ",") {
		if err := o.row(ctx, table, dir, procs); err != nil {
			return err
		}
	}
	return table.Flush()
}

// row counts all clients with one value of GOMAXPROCS, which curl does not heed.
func (o *options) row(ctx context.Context, table *tabwriter.Writer, dir, procs string) error {
	var floor int64
	for _, c := range clients {
		if !o.takesPart(c.name) {
			continue
		}
		counts := make([]int64, o.rounds)
		for i := range counts {
			n, err := o.perRequest(ctx, c, dir, procs)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			counts[i] = n
		}
		slices.Sort(counts)
		median, ratio := counts[len(counts)/2], "-"
		if c.name == bareLoop {
			floor = median
		}
		if floor > 0 {
			ratio = fmt.Sprintf("%.2f", float64(median)/float64(floor))
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\t%s\t\n", procs, c.name, median, counts[0], counts[len(counts)-1], ratio)
	}
	return nil
}

func (o *options) takesPart(name string) bool {
	for part := range strings.SplitSeq(o.only, "|") {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// perRequest counts two runs and divides what one has more, so that the start is not
// in it.
func (o *options) perRequest(ctx context.Context, c client, dir, procs string) (int64, error) {
	var counts [2]int64
	for i, n := range []int{o.few, o.many} {
		cmd, err := c.command(o, dir, n)
		if err != nil {
			return 0, err
		}
		cmd.Env = append(os.Environ(), "GOMAXPROCS="+procs)
		profile := ""
		if o.profile != "" {
			profile = filepath.Join(o.profile, fmt.Sprintf("%s.%s.%d", strings.NewReplacer(" ", "", "/", "").Replace(c.name), procs, n))
		}
		if counts[i], err = valgrind.Count(ctx, o.valgrind, cmd, profile); err != nil {
			return 0, err
		}
	}
	return (counts[1] - counts[0]) / int64(o.many-o.few), nil
}
