package main

import (
	"github.com/inflight-go/inflight/internal/fetch"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func newFetch() *cobra.Command {
	o := fetch.Defaults()
	var v view
	cmd := &cobra.Command{
		Use:   "fetch [flags] [URL...]",
		Short: "Work through a list of requests concurrently",
		Example: `  inflight fetch 'demo:///delay/2s?id={1..100}' -o results.jsonl
  inflight fetch -i urls.txt -o results.jsonl                      # 100 at once, retries, progress
  inflight fetch -i users.csv 'https://api.example.com/u/{{path .id}}' --rate 50/s -o users.jsonl
  inflight fetch -i prompts.jsonl --post https://api.example.com/v1/chat/completions \
      --bearer env:API_KEY --json '{"model":"m","messages":{{json .messages}}}' \
      --rate 500/1m --budget tokens=150000/1m --cost '(.messages|tostring|length)/4' \
      --settle .usage.total_tokens -o answers.jsonl
  inflight fetch -i requests.curl -o results.jsonl                 # commands of curl, or a .http file
  inflight fetch -i urls.txt -o results.jsonl --resume             # after a crash, Ctrl-C, or a reboot`,
		Args: cobra.ArbitraryArgs,
	}
	groups := flagGroups{cmd: cmd}
	groups.group("What to fetch", inputFlags(&o))
	groups.group("The request", requestFlags(&o))
	groups.group("How many, how fast", paceFlags(&o))
	groups.group("How long", timeFlags(&o))
	groups.group("When it fails", retryFlags(&o))
	groups.group("The connection", o.NetworkFlags)
	groups.group("The results", outputFlags(&o))
	groups.group("Stopping, and going on", safetyFlags(&o))
	groups.group("Seeing", v.flags)
	cmd.SetUsageFunc(groups.usage)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := v.configure(cmd); err != nil {
			return err
		}
		o.Args = v.dryRows(args)
		return runFetch(cmd, o, v)
	}
	return cmd
}

func inputFlags(o *fetch.Options) func(*pflag.FlagSet) {
	return func(fs *pflag.FlagSet) {
		fs.StringArrayVarP(&o.Input, "input", "i", nil, "read rows from this `file`, - for stdin; .gz and .zst too (repeatable)")
		fs.StringVar(&o.In, "in", "", "the input is `lines`, jsonl, json (one array), csv, tsv, http (a .http file) or curl (commands) (default: by the suffix)")
		fs.StringVar(&o.KeyExpr, "key", "", "the row's key: a `jq` expression over it, such as .id")
		fs.Int64Var(&o.Limit, "limit", 0, "take `n` rows only")
		fs.Int64Var(&o.Offset, "offset", 0, "leave the first `n` rows out")
		fs.Float64Var(&o.Sample, "sample", 0, "take this `share` of the rows, such as 0.01, spread over all")
		fs.StringVar(&o.Dedupe, "dedupe", o.Dedupe, "leave out what was there before, by `request` or key; none")
		fs.BoolVar(&o.Strict, "strict", false, "stop at the first row that can't be read")
	}
}

func requestFlags(o *fetch.Options) func(*pflag.FlagSet) {
	return func(fs *pflag.FlagSet) {
		fs.StringVarP(&o.Method, "method", "X", "", "the request's `method` (default GET, with a body POST)")
		fs.StringVar(&o.Request, "request", "", "send the request in this `file`, YAML or .http (FILE#NAME: one of several); a template")
		fs.StringVar(&o.Post, "post", "", "send a POST to this `url`")
		fs.StringArrayVarP(&o.Header, "header", "H", nil, "send this header, `'Name: value'`; a template")
		fs.StringVarP(&o.Data, "data", "d", "", "send this `body`; a template")
		fs.StringVar(&o.DataFile, "data-file", "", "send what is in this `file`; a template")
		fs.StringVar(&o.JSON, "json", "", "send this JSON `body`; a template")
		fs.StringArrayVar(&o.Form, "form", nil, "send a form with this `name=value`; a template (repeatable)")
		fs.StringArrayVar(&o.Multipart, "multipart", nil, "send a form with files, `name=value` or name=@path; a template (repeatable)")
		fs.StringArrayVar(&o.Query, "query", nil, "add `name=value` to the URL; a template (repeatable)")
		fs.StringArrayVar(&o.Cookie, "cookie", nil, "send this cookie, `name=value` (repeatable)")
		o.AuthFlags(fs)
		fs.StringVar(&o.OAuth2, "oauth2", "", "bearer auth by a token endpoint: a YAML `file` with token_url, client_id, client_secret, ...")
		fs.BoolVar(&o.Netrc, "netrc", false, "take names and passwords from ~/.netrc")
		fs.StringVar(&o.IdemKey, "idempotency-key", "", "send an Idempotency-Key, a `template`; then a POST may be sent again")
	}
}

func paceFlags(o *fetch.Options) func(*pflag.FlagSet) {
	return func(fs *pflag.FlagSet) {
		fs.IntVarP(&o.Concurrency, "concurrency", "c", o.Concurrency, "how many requests at once")
		fs.IntVar(&o.PerHost, "per-host", 0, "how many of them to one host (default: no limit)")
		fs.BoolVar(&o.Adaptive, "adaptive", false, "find out how many a host can take, up to --concurrency")
		fs.DurationVar(&o.Ramp, "ramp", 0, "begin with one at once, and reach --concurrency after this `time`")
		o.RateFlags(fs)
		fs.IntVar(&o.Burst, "burst", o.Burst, "how many may start at once under a rate; 1 spaces them evenly")
		fs.StringArrayVar(&o.Budget, "budget", nil, "never spend more than `name=N/T`, such as tokens=150000/1m")
		fs.StringArrayVar(&o.Cost, "cost", nil, "what a row costs: a `jq` expression over it (name=... with several budgets)")
		fs.StringArrayVar(&o.Settle, "settle", nil, "what it has cost: a `jq` expression over the answer")
		fs.BoolVar(&o.Learn, "learn-headers", false, "spread requests over the limits that servers announce in headers")
	}
}

func timeFlags(o *fetch.Options) func(*pflag.FlagSet) {
	return func(fs *pflag.FlagSet) {
		o.TimeFlags(fs)
		fs.DurationVar(&o.Deadline, "deadline", 0, "for the whole run; it can be resumed (default: none)")
	}
}

func retryFlags(o *fetch.Options) func(*pflag.FlagSet) {
	return func(fs *pflag.FlagSet) {
		o.RetryFlags(fs)
		fs.StringVar(&o.RetryIf, "retry-if", "", "try again also after an answer of which this `jq` expression is true")
	}
}

func outputFlags(o *fetch.Options) func(*pflag.FlagSet) {
	return func(fs *pflag.FlagSet) {
		fs.StringVarP(&o.Output, "output", "o", o.Output, "write a line for each row to this `file`; .gz and .zst too; - for stdout")
		fs.StringVar(&o.Format, "format", "", "as `jsonl`, csv, tsv, or 'template:{{.url}} {{.status}}' (default: by the suffix of -o, else jsonl)")
		fs.StringVar(&o.Order, "order", o.Order, "lines in the order of `completion` or input")
		fs.StringVar(&o.Body, "body", o.Body, "show bodies as `auto`, json, text, base64, none, or in files: file:DIR/{{.key}}")
		fs.StringVar(&o.Select, "select", "", "show this of a JSON body only: a `jq` expression")
		fs.StringVar(&o.Include, "include", "", "show also: `headers`, timings (those of connecting too), tls (version and certificate), request (the headers that were sent), sha256, with commas between")
		fs.StringVar(&o.Fields, "fields", "", "show only these `fields` (index and ok are always there); of a table the columns, json.id and such too")
		fs.StringVar(&o.FailOn, "fail-on", "", "a row has failed when this `jq` expression over its result is true (default: .status >= 400)")
		fs.StringVar(&o.Expect, "expect", "", "and also when this `jq` expression over its result is not true")
		fs.StringVar(&o.Errors, "errors", "", "write the rows that failed to this `file`, as an input for another run")
	}
}

func safetyFlags(o *fetch.Options) func(*pflag.FlagSet) {
	return func(fs *pflag.FlagSet) {
		fs.StringVar(&o.State, "state", "", "keep in this `folder` what the next run goes on with: holds, rates and budgets, and of a stdout or a table the results")
		fs.BoolVar(&o.Resume, "resume", false, "go on where the output ends")
		fs.BoolVar(&o.RetryFailed, "retry-failed", false, "and run again what has failed")
		fs.StringVar(&o.OnUncertain, "on-uncertain", o.OnUncertain, "a POST and such that was under way when a run died: `retry` it; or, for which each is recorded before, skip (it has failed) or report (and stop)")
		fs.BoolVar(&o.Force, "force", false, "write over an output that is there")
		fs.BoolVar(&o.CutDamaged, "cut-damaged", false, "with --resume: cut an output that is damaged in its middle there, and fetch again what came behind")
		fs.StringVar(&o.MaxErrors, "max-errors", "", "stop after `N` failures, or when P% have failed")
		fs.BoolVar(&o.FailFast, "fail-fast", false, "stop at the first")
		fs.DurationVar(&o.Grace, "grace", o.Grace, "what requests in flight may take when the run is stopped")
		fs.StringVar(&o.Fsync, "fsync", o.Fsync, "have lines on the disk after this `time`, always, or never")
	}
}
