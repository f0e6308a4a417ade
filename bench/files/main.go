// Command files measures ways to read and write files side by side: package files, plain
// Go, and Python with aiofiles. README.md of the module above says what to mind.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
	"text/tabwriter"
)

// options are the flags of the command.
type options struct {
	mib    int
	aioMiB int
	small  int
	only   string
	rounds int
	dir    string
	pprof  string
	child  string
}

func (o *options) addFlags(fs *flag.FlagSet) {
	fs.IntVar(&o.mib, "mib", 2048, "the size of the large file, in MiB")
	fs.IntVar(&o.aioMiB, "aio-mib", 16, "the size of the file that aiofiles reads by lines, in MiB")
	fs.IntVar(&o.small, "files", 1000, "how many small files, of 4 KiB each")
	fs.StringVar(&o.only, "only", "", "run the contenders whose case and name match this `regexp`")
	fs.IntVar(&o.rounds, "rounds", 3, "how often each is run; the fastest counts")
	fs.StringVar(&o.dir, "dir", "", "the `folder` for the files; empty means one for temporary files. What is made is removed")
	fs.StringVar(&o.pprof, "pprof", "", "write a CPU profile of the last contender in Go to this `file`")
	fs.StringVar(&o.child, "child", "", "internal: be this contender")
}

func main() {
	var o options
	o.addFlags(flag.CommandLine)
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := o.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "files:", err)
		os.Exit(1)
	}
}

func (o *options) run(ctx context.Context) error {
	if o.child != "" {
		return o.be(ctx)
	}
	only, err := regexp.Compile(o.only)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(o.dir, "filesbench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := o.prepare(dir); err != nil {
		return err
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer table.Flush()
	fmt.Fprintln(table, "case\tcontender\ts\tMiB/s\tns/unit\tCPU ns/unit\tRSS MiB\t")
	for _, c := range contenders() {
		if !only.MatchString(c.kind + " " + c.name) {
			continue
		}
		if c.script && !haveAiofiles(ctx) {
			fmt.Fprintf(table, "%s\t%s\tnot there\t\t\t\t\t\n", c.kind, c.name)
			continue
		}
		best, err := o.best(ctx, dir, c)
		if err != nil {
			return fmt.Errorf("%s, %s: %w", c.kind, c.name, err)
		}
		fmt.Fprintf(table, "%s\t%s\t%v\t\n", c.kind, c.name, best)
	}
	return nil
}

// prepare makes the files.
func (o *options) prepare(dir string) error {
	if err := writeLog(large(dir), o.mib); err != nil {
		return err
	}
	if err := writeLog(medium(dir), o.aioMiB); err != nil {
		return err
	}
	return writeSmall(dir, o.small)
}

func large(dir string) string  { return filepath.Join(dir, "large.log") }
func medium(dir string) string { return filepath.Join(dir, "medium.log") }
