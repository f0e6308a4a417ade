package fetch

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/internal/atomicfile"
	"github.com/inflight-go/inflight/internal/option"
	"github.com/inflight-go/inflight/internal/secret"
	"github.com/inflight-go/inflight/internal/shell"
	"github.com/inflight-go/inflight/internal/source"
)

// open opens the input and then the output, which is made only when all else is
// well.
func (j *Job) open(in io.Reader, out io.Writer) error {
	if j.o.Ramp > 0 {
		j.ramp = inflight.NewLimiter(1)
	}
	job, err := j.job()
	if err != nil {
		return err
	}
	if j.source, err = source.Open(j.input(in)); err != nil {
		return option.Wrap(err)
	}
	if j.o.DryRun {
		return nil
	}
	if err := j.checkFiles(); err != nil {
		return err
	}
	return j.openSink(job, out)
}

// checkFiles refuses an output that is one of the files that are read, and rows for
// another run of what has no rows.
func (j *Job) checkFiles() error {
	o := &j.o
	request, _, _ := strings.Cut(o.Request, "#")
	for _, to := range []string{o.Output, j.out.journal, j.out.errors} {
		for _, from := range append([]string{o.Request, request, o.DataFile}, o.Input...) {
			if info, err := os.Stat(to); err == nil && info.Mode().IsRegular() && atomicfile.Same(from, to) {
				return option.Errorf("%s is written, and read as %s: give the output a name of its own", to, from)
			}
		}
	}
	for _, from := range o.Input {
		format := source.Format(o.In)
		if format == "" {
			format = source.FormatOf(from)
		}
		if o.Errors != "" && (format == source.HTTP || format == source.Curl) {
			return option.Errorf("--errors makes rows, and %s has whole requests: --retry-failed runs those again that failed", from)
		}
	}
	return nil
}

// resumeCommand is the command line that goes on with what this one began, without what
// is secret in it.
func resumeCommand(args []string) string {
	words := make([]string, 0, len(args)+1)
	resumed := false
	for i, a := range secret.Args(args) {
		if a == "--force" {
			continue
		}
		if a == "--" && !resumed { // what is behind it is no flag
			words, resumed = append(words, "--resume"), true
		}
		if i == 0 { // it may be anywhere, also where go run has put it
			a = filepath.Base(a)
		}
		resumed = resumed || a == "--resume"
		words = append(words, shell.Word(a))
	}
	if !resumed {
		words = append(words, "--resume")
	}
	return strings.Join(words, " ")
}

// input says what to read.
func (j *Job) input(in io.Reader) source.Options {
	o := source.Options{
		Files:  j.o.Input,
		Stdin:  in,
		Format: source.Format(j.o.In),
		Args:   j.args,
		Data:   j.data,
		Offset: j.o.Offset,
		Limit:  j.o.Limit,
		Sample: j.o.Sample,
		Done:   func(index int64) bool { return j.journal != nil && j.journal.Done(index) },
	}
	o.NoGlobs = !j.globs
	switch j.o.Dedupe {
	case "key":
		o.Unique = func(r source.Row) (string, error) {
			req, err := j.plan.Build(r)
			return req.Key, err
		}
	case "request":
		o.Unique = func(r source.Row) (string, error) {
			req, err := j.plan.Build(r)
			return req.Method + " " + req.URL + "\n" + string(req.Body), err
		}
	}
	return o
}

// job identifies the job by its input and by the options that change what its lines
// mean.
func (j *Job) job() (batch.Job, error) {
	o := &j.o
	job := batch.Job{Options: make(map[string]string)}
	for _, path := range o.Input {
		in := batch.Input{Name: "stdin"}
		if path != "-" {
			var err error
			if in, err = batch.Fingerprint(path); err != nil {
				return job, unreadable(path, err)
			}
		}
		job.Inputs = append(job.Inputs, in)
	}
	j.again = !slices.ContainsFunc(o.Input, func(path string) bool {
		info, err := os.Stat(path)
		return path == "-" || err != nil || !info.Mode().IsRegular()
	})
	add := func(name, value string) {
		if value != "" {
			job.Options[name] = value
		}
	}
	for i, arg := range o.Args {
		add(fmt.Sprintf("url %d", i+1), j.withoutSecrets(arg))
	}
	add("in", o.In)
	add("key", o.KeyExpr)
	add("limit", number(o.Limit))
	add("offset", number(o.Offset))
	if o.Sample > 0 {
		add("sample", fmt.Sprint(o.Sample))
	}
	if o.Dedupe != "none" {
		add("dedupe", o.Dedupe)
	}
	add("method", o.Method)
	add("post", j.withoutSecrets(o.Post))
	add("data", digest(o.Data+o.JSON+strings.Join(o.Form, "\n")+strings.Join(o.Multipart, "\n")))
	add("request", j.sentRequest)
	add("data-file", j.sentData)
	add("query", digest(strings.Join(o.Query, "\n")))
	add("header", digest(strings.Join(o.Header, "\n")))
	add("select", o.Select)
	include := o.Include
	if j.out.form == nil {
		add("fields", o.Fields)
	} else {
		include = j.show.included()
	}
	add("body", o.Body)
	add("include", include)
	return job, nil
}

// unreadable is what is wrong with a file of the input.
func unreadable(path string, err error) error {
	if path == "" { // a variable of the shell that is not set
		return option.Wrong("input", "", "the name of a file, or - for stdin")
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	return option.Errorf("--input %s: %w", path, err)
}

// withoutSecrets is what is written of a URL.
func (j *Job) withoutSecrets(url string) string {
	if safe := j.shownURL(url); safe != url {
		return safe + " " + batch.Digest(url)
	}
	return url
}

// digest is what is written of a value that may be secret.
func digest(value string) string {
	if strings.Trim(value, "\n") == "" {
		return ""
	}
	return batch.Digest(value)
}

func number(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}
