package main

import (
	"fmt"
	"time"

	"github.com/inflight-go/inflight/internal/origin"
	"github.com/spf13/cobra"
)

func newDemo() *cobra.Command {
	var o origin.Options
	var listen string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Serve an awkward origin on loopback, to try things on",
		Long: `demo serves an origin that delays, refuses, resets, redirects, lies about its
lengths and counts tokens, on a port of the loopback interface. The same origin
is inside fetch, at demo://. Its page / lists all paths.`,
		Example: `  inflight demo
  inflight fetch 'http://127.0.0.1:8080/delay/1s?id={1..100}' -o results.jsonl`,
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return serveDemo(cmd, listen, o)
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&listen, "listen", "127.0.0.1:8080", "the `address`, of the loopback interface; port 0 for a free one")
	fs.Uint64Var(&o.Seed, "seed", 0, "decides what is made up, such as users and failures: the same `seed`, the same answers")
	fs.IntVar(&o.Requests, "requests", 0, "how many requests a minute /chat/completions allows (default: any number)")
	fs.IntVar(&o.Tokens, "tokens", 0, "and how many tokens a minute (default: any number)")
	fs.DurationVar(&o.Minute, "minute", time.Minute, "how long a minute is for --requests and --tokens, to try limits on without waiting")
	return cmd
}

func serveDemo(cmd *cobra.Command, listen string, o origin.Options) error {
	ctx := cmd.Context()
	s, err := origin.Listen(ctx, listen, origin.New(o))
	if err != nil {
		return &exitError{exitUsage, err}
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s\n", s.URL())
	fmt.Fprintf(cmd.ErrOrStderr(), "serving the demo origin until Ctrl-C; its first page lists what it does\n")
	<-ctx.Done()
	s.Close()
	return ctx.Err()
}
