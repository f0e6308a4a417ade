package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/chart"
	"github.com/inflight-go/inflight/internal/origin"
	"github.com/inflight-go/inflight/retry"
	"github.com/inflight-go/inflight/session"
	"github.com/spf13/cobra"
)

// A bench compares one after the other with all at once.
var noRetries = retry.Policy{Retries: -1}

type bench struct {
	counts  string
	delay   time.Duration
	measure time.Duration
	svg     string
}

func newBench() *cobra.Command {
	var b bench
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure what it brings to send requests at once",
		Long: `bench sends requests that take a second each to an origin of its own, on a port of
the loopback interface: one after the other, and all at once. What would take too
long one after the other is computed, and marked.`,
		Example: `  inflight bench
  inflight bench -n 5,10,20 --delay 200ms --svg bench.svg`,
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return b.run(cmd) },
	}
	fs := cmd.Flags()
	fs.StringVarP(&b.counts, "requests", "n", "5,10,20,50,100,1000", "how many requests, a `list`")
	fs.DurationVar(&b.delay, "delay", time.Second, "how long each takes")
	fs.DurationVar(&b.measure, "measure", 10*time.Second, "measure one after the other up to this time, compute what is longer")
	fs.StringVar(&b.svg, "svg", "", "write a picture to this `file`")
	return cmd
}

func (b *bench) run(cmd *cobra.Command) error {
	counts, err := b.parse()
	if err != nil {
		return &exitError{exitUsage, err}
	}
	ctx := cmd.Context()
	server, err := origin.Listen(ctx, "127.0.0.1:0", origin.New(origin.Options{}))
	if err != nil {
		return &exitError{exitIO, err}
	}
	defer server.Close()
	url := fmt.Sprintf("%s/delay/%v", server.URL(), b.delay)
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "%10s  %18s  %10s  %8s\n", "requests", "one by one", "at once", "times")
	var cases []chart.Case
	computed := false
	for _, n := range counts {
		c, err := b.compare(ctx, url, n)
		if err != nil {
			return &exitError{exitFailed, err}
		}
		mark := " "
		if c.Computed {
			mark, computed = "*", true
		}
		fmt.Fprintf(out, "%10s  %17s%s  %10s  %8.1f\n", chart.Count(int64(n)), chart.Duration(c.Sequential), mark,
			chart.Duration(c.Concurrent), c.Sequential.Seconds()/c.Concurrent.Seconds())
		cases = append(cases, c)
	}
	if computed {
		fmt.Fprintf(out, "* computed: %v for each\n", b.delay)
	}
	if b.svg == "" {
		return nil
	}
	return b.draw(cases)
}

func (b *bench) parse() (counts []int, err error) {
	for word := range strings.SplitSeq(b.counts, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || n < 1 || n > 100_000 {
			return nil, fmt.Errorf("--requests %q: want numbers from 1 to 100000, with commas between", b.counts)
		}
		counts = append(counts, n)
	}
	if b.delay <= 0 || b.delay > time.Minute {
		return nil, fmt.Errorf("--delay %v: want more than 0 and at most a minute", b.delay)
	}
	return counts, nil
}

// compare measures n requests in both ways.
func (b *bench) compare(ctx context.Context, url string, n int) (chart.Case, error) {
	c := chart.Case{N: n, Sequential: time.Duration(n) * b.delay, Computed: true}
	var err error
	if c.Sequential <= b.measure {
		c.Computed = false
		if c.Sequential, err = timed(ctx, url, n, 1); err != nil {
			return c, err
		}
	}
	c.Concurrent, err = timed(ctx, url, n, n)
	return c, err
}

// timed sends n requests, so many at once, over new connections, and says how long
// they took.
func timed(ctx context.Context, url string, n, atOnce int) (time.Duration, error) {
	s, err := session.New(session.Options{IdleConns: atOnce, Backoff: noRetries, MaxBody: 1 << 10})
	if err != nil {
		return 0, err
	}
	defer s.Close()
	began := time.Now()
	_, err = inflight.Map(ctx, make([]struct{}, n), atOnce, func(ctx context.Context, _ struct{}) (int, error) {
		r, err := s.Get(ctx, url)
		if err != nil {
			return 0, err
		}
		return r.Status, r.Err()
	})
	return time.Since(began), err
}

// draw writes the picture.
func (b *bench) draw(cases []chart.Case) error {
	f, err := os.Create(b.svg)
	if err != nil {
		return &exitError{exitIO, err}
	}
	picture := chart.Timeline{
		Figure: chart.Figure{
			Title: fmt.Sprintf("Requests that take %v each", b.delay),
			Desc:  "How long they take one after the other, and all at once.",
		},
		Cases: cases,
	}
	if err := write(f, picture.WriteSVG); err != nil {
		return &exitError{exitIO, err}
	}
	return nil
}

// write writes a file and closes it.
func write(f *os.File, to func(io.Writer) error) error {
	if err := to(f); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
