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
	groups.group("The connection", connectionFlags(&o))
	groups.group("The results", outputFlags(&o))
	groups.group("Stopping, and going on", safetyFlags(&o))
	groups.group("Seeing", v.flags)
	cmd.SetUsageFunc(groups.usage)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		o.Args = args
		if err := v.configure(cmd); err != nil {
			return err
		}
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
		fs.BoolVar(&o.Jar, "cookie-jar", false, "keep the cookies that servers set, for the time of the run")
		fs.StringVar(&o.User, "user", "", "basic auth, `name:password`; or env:VAR, file:PATH, cmd:COMMAND")
		fs.StringVar(&o.Bearer, "bearer", "", "bearer auth: the `token`; or env:VAR, file:PATH, cmd:COMMAND")
		fs.StringVar(&o.OAuth2, "oauth2", "", "bearer auth by a token endpoint: a YAML `file` with token_url, client_id, client_secret, ...")
		fs.BoolVar(&o.Netrc, "netrc", false, "take names and passwords from ~/.netrc")
		fs.StringVar(&o.IdemKey, "idempotency-key", "", "send an Idempotency-Key, a `template`; then a POST may be sent again")
		fs.StringVar(&o.Agent, "user-agent", "", "send this User-Agent")
	}
}

func paceFlags(o *fetch.Options) func(*pflag.FlagSet) {
	return func(fs *pflag.FlagSet) {
		fs.IntVarP(&o.Concurrency, "concurrency", "c", o.Concurrency, "how many requests at once")
		fs.IntVar(&o.PerHost, "per-host", 0, "how many of them to one host (default: no limit)")
		fs.BoolVar(&o.Adaptive, "adaptive", false, "find out how many a host can take, up to --concurrency")
		fs.DurationVar(&o.Ramp, "ramp", 0, "begin with one at once, and reach --concurrency after this `time`")
		fs.StringVar(&o.Rate, "rate", "", "never start more than `N/T`, such as 50/s or 500/1m, in any T")
		fs.StringVar(&o.RateHost, "rate-host", "", "the same for each host")
		fs.IntVar(&o.Burst, "burst", o.Burst, "how many may start at once under a rate; 1 spaces them evenly")
		fs.StringArrayVar(&o.Budget, "budget", nil, "never spend more than `name=N/T`, such as tokens=150000/1m")
		fs.StringArrayVar(&o.Cost, "cost", nil, "what a row costs: a `jq` expression over it (name=... with several budgets)")
		fs.StringArrayVar(&o.Settle, "settle", nil, "what it has cost: a `jq` expression over the answer")
		fs.BoolVar(&o.Learn, "learn-headers", false, "spread requests over the limits that servers announce in headers")
	}
}

func timeFlags(o *fetch.Options) func(*pflag.FlagSet) {
	return func(fs *pflag.FlagSet) {
		fs.DurationVar(&o.Timeout, "timeout", o.Timeout, "for each attempt")
		fs.DurationVar(&o.ConnectTimeout, "connect-timeout", o.ConnectTimeout, "to connect")
		fs.DurationVar(&o.TTFBTimeout, "ttfb-timeout", 0, "to the first byte of the answer (default: --timeout)")
		fs.DurationVar(&o.IdleTimeout, "idle-timeout", o.IdleTimeout, "without a byte of the body")
		fs.DurationVar(&o.Deadline, "deadline", 0, "for the whole run; it can be resumed (default: none)")
	}
}

func retryFlags(o *fetch.Options) func(*pflag.FlagSet) {
	return func(fs *pflag.FlagSet) {
		fs.IntVar(&o.Retries, "retries", o.Retries, "how often to try again")
		fs.StringVar(&o.RetryOn, "retry-on", o.RetryOn, "try again after these classes and statuses")
		fs.StringVar(&o.RetryIf, "retry-if", "", "and after an answer of which this `jq` expression is true")
		fs.StringVar(&o.RetryMethods, "retry-methods", o.RetryMethods, "which methods: `safe` (those that may be repeated, and what has an idempotency key) or all")
		fs.StringVar(&o.Backoff, "backoff", o.Backoff, "wait this long before, `min..max`, doubled each time")
		fs.StringVar(&o.Jitter, "jitter", o.Jitter, "of that a random part, `full`, so that not all come at once, or all of it, none")
		fs.StringVar(&o.RetryBudget, "retry-budget", o.RetryBudget, "fail rather than try again more often than this `share` of all requests, such as 20%")
		fs.StringVar(&o.RetryAfter, "retry-after", o.RetryAfter, "a server's Retry-After holds the whole `host`, the request, or is ignored")
		fs.DurationVar(&o.RetryAfterMax, "retry-after-max", o.RetryAfterMax, "longer is a failure")
		fs.StringVar(&o.Breaker, "breaker", o.Breaker, "leave a host alone when this many fail, `share/samples/time` such as 50%/20/30s")
		fs.StringVar(&o.BreakerMode, "breaker-mode", o.BreakerMode, "meanwhile `wait` or fail")
	}
}

func connectionFlags(o *fetch.Options) func(*pflag.FlagSet) {
	return func(fs *pflag.FlagSet) {
		fs.StringVar(&o.HTTP, "http", o.HTTP, "HTTP `version`: 1.1, 2, auto")
		fs.StringVar(&o.Engine, "engine", o.Engine, "`auto`: plain exchanges over HTTP/1.1 by a client of our own, at half the cost; std: all by net/http")
		fs.StringVar(&o.Proxy, "proxy", "", "send requests through this proxy `url` (default: from the environment)")
		fs.StringArrayVar(&o.Resolve, "resolve", nil, "connect to another address, `host:port:address` (repeatable)")
		fs.StringVar(&o.UnixSocket, "unix-socket", "", "connect to this `socket`")
		fs.StringVar(&o.CACert, "cacert", "", "trust the certificates in this `file`")
		fs.StringVar(&o.Cert, "cert", "", "the client's certificate, a PEM `file`")
		fs.StringVar(&o.CertKey, "cert-key", "", "its key, a PEM `file` (default: in --cert)")
		fs.BoolVar(&o.Insecure, "insecure", false, "don't verify the server's certificate")
		fs.StringVar(&o.TLSMin, "tls-min", o.TLSMin, "the lowest TLS `version`: 1.2, 1.3")
		fs.BoolVar(&o.Compressed, "compressed", o.Compressed, "ask for compressed answers")
		fs.IntVar(&o.MaxRedirects, "max-redirects", o.MaxRedirects, "follow this many")
		fs.StringVar(&o.MaxBody, "max-body", o.MaxBody, "cut a body at this `size`")
		fs.BoolVar(&o.DenyPrivate, "deny-private", false, "refuse private, loopback and link-local addresses")
	}
}

func outputFlags(o *fetch.Options) func(*pflag.FlagSet) {
	return func(fs *pflag.FlagSet) {
		fs.StringVarP(&o.Output, "output", "o", o.Output, "write a line for each row to this `file`; .gz and .zst too; - for stdout")
		fs.StringVar(&o.Format, "format", "", "as `jsonl`, csv, tsv, or 'template:{{.url}} {{.status}}' (default: by the suffix of -o, else jsonl)")
		fs.StringVar(&o.Order, "order", o.Order, "lines in the order of `completion` or input")
		fs.StringVar(&o.Body, "body", o.Body, "show bodies as `auto`, json, text, base64, none, or in files: file:DIR/{{.key}}")
		fs.StringVar(&o.Select, "select", "", "show this of a JSON body only: a `jq` expression")
		fs.StringVar(&o.Include, "include", "", "show also: `headers`, timings (those of connecting too), sha256, with commas between")
		fs.StringVar(&o.Fields, "fields", "", "show only these `fields` (index and ok are always there); of a table the columns, json.id and such too")
		fs.StringVar(&o.FailOn, "fail-on", "", "a row has failed when this `jq` expression over its result is true (default: .status >= 400)")
		fs.StringVar(&o.Expect, "expect", "", "and when this one is not")
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
		fs.StringVar(&o.MaxErrors, "max-errors", "", "stop after `N` failures, or when P% have failed")
		fs.BoolVar(&o.FailFast, "fail-fast", false, "stop at the first")
		fs.DurationVar(&o.Grace, "grace", o.Grace, "what requests in flight may take when the run is stopped")
		fs.StringVar(&o.Fsync, "fsync", o.Fsync, "have lines on the disk after this `time`, always, or never")
	}
}
