//go:build linux

// Command hub measures broadcast side by side: what a delivery costs the server in CPU
// time, what a connection costs in memory, and what a client that does not read does to
// the others. Each server is a process of its own, on one processor; the client is one
// thread with epoll on another. README.md of the module above says what to mind.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"
)

type options struct {
	clients int
	window  string
	size    int
	seconds float64
	only    string
	stall   bool
	serve   string
}

func main() {
	var o options
	flag.IntVar(&o.clients, "clients", 1000, "how many `clients`")
	flag.StringVar(&o.window, "inflight", "1,32", "how many messages are under way, one `number` after the other")
	flag.IntVar(&o.size, "size", 128, "`bytes` of a message")
	flag.Float64Var(&o.seconds, "seconds", 2, "how long each is measured")
	flag.StringVar(&o.only, "only", "", "the `servers` to measure, with commas between; empty means all")
	flag.BoolVar(&o.stall, "stall", false, "20 clients, of whom one does not read; 2000 messages of 16 KiB in 8 s")
	flag.StringVar(&o.serve, "serve", "", "internal: be this server")
	flag.Parse()
	runtime.LockOSThread()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if o.serve != "" {
		err = serve(ctx, o.serve)
	} else {
		err = o.compare(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "hub:", err)
		os.Exit(1)
	}
}

func (o *options) compare(ctx context.Context) error {
	if err := pin(1); err != nil {
		return err
	}
	tw := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer tw.Flush()
	if o.stall {
		fmt.Fprintln(tw, "server\treached the 19\tp99 ms\tMiB before\tMiB at the end\t")
	} else {
		fmt.Fprintln(tw, "server\tin flight\tdeliveries/s\tCPU µs each\tp50 ms\tp99 ms\ta read\tKiB a client, idle\tafter\tothers\t")
	}
	for _, s := range servers {
		if o.only != "" && !strings.Contains(","+o.only+",", ","+s.name+",") || ctx.Err() != nil {
			continue
		}
		if err := o.measure(ctx, tw, s); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", s.name, err)
		}
	}
	return nil
}

// measure starts a server, connects the clients, and prints what they have seen.
func (o *options) measure(ctx context.Context, tw *tabwriter.Writer, s server) error {
	p, err := start(ctx, s)
	if err != nil {
		return err
	}
	defer p.stop()
	time.Sleep(300 * time.Millisecond)
	before := p.rss()
	if o.stall {
		return o.measureStalled(tw, s, p, before)
	}
	crowd, err := connect(p.addr, o.clients, s.lines, o.size, false)
	if err != nil {
		return err
	}
	defer crowd.close()
	time.Sleep(time.Second)
	idle := p.rss()
	for _, f := range strings.Split(o.window, ",") {
		var window int
		if _, err := fmt.Sscan(f, &window); err != nil {
			return err
		}
		if _, err := crowd.run(window, 1<<30, 300*time.Millisecond); err != nil { // to warm up
			return err
		}
		cpu, rest := p.cpu(), foreign(p.pid)
		began := time.Now()
		r, err := crowd.run(window, 1<<30, time.Duration(o.seconds*float64(time.Second)))
		if err != nil {
			return err
		}
		took := time.Since(began)
		cpu = p.cpu() - cpu
		others := (foreign(p.pid) - rest).Seconds() / took.Seconds()
		n := float64(r.deliveries)
		fmt.Fprintf(tw, "%s\t%d\t%.0f\t%.2f\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%.2f\t\n", s.name, window, n/took.Seconds(), cpu.Seconds()*1e6/n,
			ms(r.quantile(0.5)), ms(r.quantile(0.99)), n/float64(max(1, r.reads)), float64(idle-before)/1024/float64(o.clients), float64(p.rss()-before)/1024/float64(o.clients), others)
		tw.Flush()
	}
	return nil
}

func (o *options) measureStalled(tw *tabwriter.Writer, s server, p *process, before int64) error {
	crowd, err := connect(p.addr, 20, s.lines, 16<<10, true)
	if err != nil {
		return err
	}
	defer crowd.close()
	r, err := crowd.run(4, 2000, 8*time.Second)
	if err != nil {
		return err
	}
	fmt.Fprintf(tw, "%s\t%d\t%.0f\t%.1f\t%.1f\t\n", s.name, r.messages, ms(r.quantile(0.99)), float64(before)/(1<<20), float64(p.rss())/(1<<20))
	return tw.Flush()
}

func ms(d time.Duration) float64 { return d.Seconds() * 1000 }
