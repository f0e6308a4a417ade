package fetch

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/internal/atomicfile"
	"github.com/inflight-go/inflight/internal/option"
	"github.com/inflight-go/inflight/internal/table"
)

// An output says where results go. The journal is what a run goes on with; where it is
// not itself what was asked for, that is derived from it.
type output struct {
	stream  string      // the name of what can't be read again, "-" for stdout; "" for a file
	journal string      // the journal's path, "" for none
	form    *table.Form // nil for the journal's own
	derived string      // a file that is written from the journal at the end, "" for none
	errors  string      // the same for what has failed
}

// newOutput decides where what goes.
func newOutput(o *Options) (*output, error) {
	if o.Output == "" { // a variable of the shell that is not set
		return nil, option.Wrong("output", "", "the name of a file, or - for stdout")
	}
	out := &output{errors: o.Errors}
	format := o.Format
	if format == "" {
		format = formatOf(o.Output)
	}
	if format != "jsonl" {
		var err error
		if out.form, err = table.Parse(format, o.Fields, table.Fields); err != nil {
			return nil, option.Wrap(err)
		}
	}
	stream, err := isStream(o.Output)
	switch {
	case err != nil:
		return nil, err
	case stream:
		out.stream = o.Output
	case out.form == nil:
		out.journal = o.Output
	default:
		out.derived, out.journal = o.Output, o.Output+".jsonl"
	}
	if o.State != "" && out.journal != o.Output {
		out.journal = filepath.Join(o.State, "results.jsonl")
	}
	if o.DryRun {
		return out, nil
	}
	return out, out.check(o)
}

// formatOf tells the format by the end of a file's name.
func formatOf(path string) string {
	path = strings.TrimSuffix(strings.TrimSuffix(path, ".gz"), ".zst")
	switch filepath.Ext(path) {
	case ".csv":
		return "csv"
	case ".tsv":
		return "tsv"
	}
	return "jsonl"
}

// isStream reports whether an output is a terminal, a pipe or a device.
func isStream(path string) (bool, error) {
	if path == "-" {
		return true, nil
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, &Error{IO, err}
	case info.IsDir():
		return false, option.Wrong("output", path, "a file; it is a folder")
	}
	return !info.Mode().IsRegular(), nil
}

// check finds what does not go together.
func (out *output) check(o *Options) error {
	switch {
	case out.journal == "" && (o.Resume || o.RetryFailed):
		return option.Errorf("--resume needs an output that is a file, -o FILE, or a --state DIR that knows what was done")
	case out.journal == "" && o.Errors != "":
		return option.Errorf("--errors needs an output that is a file, -o FILE, or a --state DIR that knows what has failed")
	case out.journal == "" && o.OnUncertain != "retry":
		return option.Errorf("--on-uncertain needs an output that is a file, -o FILE, or a --state DIR")
	case o.Fields != "" && strings.HasPrefix(o.Format, "template:"):
		return option.Errorf("--fields and a template: the template says what is shown")
	case o.Errors != "" && out.form == nil && o.Fields != "" && !(option.Has(o.Fields, "input") && option.Has(o.Fields, "url")):
		return option.Errorf("--errors makes rows of the fields input and url: name them in --fields too, or leave that out")
	}
	if err := out.apart(o, ownFile{o.Errors, "--errors"}); err != nil {
		return err
	}
	for _, path := range []string{out.derived, out.errors} {
		if err := out.mayReplace(o, path); err != nil {
			return err
		}
	}
	return nil
}

// An ownFile is one that the run reads or writes, and what it is.
type ownFile struct{ path, what string }

// own are the files that nothing else may be written to.
func (out *output) own(o *Options) (files []ownFile) {
	add := func(path, what string) {
		if path != "" && path != "-" {
			files = append(files, ownFile{path, what})
		}
	}
	add(o.Output, "--output")
	if out.journal != "" {
		add(out.journal, "the journal")
		add(out.journal+".job", "what the journal is of")
		add(out.journal+".sent", "what was sent")
	}
	for _, path := range o.Input {
		add(path, "--input")
	}
	request, _, _ := strings.Cut(o.Request, "#")
	add(request, "--request")
	add(o.DataFile, "--data-file")
	add(o.Errors, "--errors")
	return files
}

// CheckLog refuses a name for a log, which is written by whoever runs the job, that is
// of another file.
func (o *Options) CheckLog(path string) error {
	out, err := newOutput(o)
	if err != nil {
		return nil // New tells it
	}
	return out.apart(o, ownFile{path, "--log"})
}

// apart refuses a file that is one of the others.
func (out *output) apart(o *Options, file ownFile) error {
	if info, err := os.Stat(file.path); file.path == "" || err == nil && !info.Mode().IsRegular() {
		return nil // /dev/null may be any number of them
	}
	for _, other := range out.own(o) {
		if other.what != file.what && atomicfile.Same(other.path, file.path) {
			return option.Errorf("%s %s is %s: take another name", file.what, file.path, other.what)
		}
	}
	return nil
}

// mayReplace refuses to write over what is not known to be an earlier run's.
func (out *output) mayReplace(o *Options, path string) error {
	info, err := os.Stat(path)
	switch {
	case path == "" || err != nil || !info.Mode().IsRegular() || info.Size() == 0 || o.Force:
		return nil
	case !o.Resume && !o.RetryFailed:
		return outputError(path, batch.ErrExists)
	}
	if _, err := os.Stat(out.journal); err != nil {
		return &Error{OtherJob, fmt.Errorf("%s is not of this job: there is no %s that it was made of; write to another one, or --force", path, out.journal)}
	}
	return nil
}

// openSink opens what results are committed to.
func (j *Job) openSink(job batch.Job, stdout io.Writer) error {
	if j.out.journal != "" {
		if err := j.openJournal(job); err != nil {
			return err
		}
		if err := j.openSent(job); err != nil {
			return err
		}
		j.sink = j.journal
		j.resume = resumeCommand(os.Args)
	}
	if j.out.stream == "" {
		return nil
	}
	if j.out.stream != "-" {
		// A pipe that nobody reads from yet is waited for here, before anything is sent.
		f, err := os.OpenFile(j.out.stream, os.O_WRONLY, 0)
		if err != nil {
			return &Error{IO, err}
		}
		j.closers = append(j.closers, f)
		stdout = f
	}
	if j.journal == nil {
		j.sink = batch.NewWriter(j.stream(stdout))
		return nil
	}
	return j.openRelay(stdout)
}

func (j *Job) openJournal(job batch.Job) (err error) {
	o := batch.JournalOptions{Resume: j.o.Resume, RetryFailed: j.o.RetryFailed, Force: j.o.Force, CutDamaged: j.o.CutDamaged, OnFull: j.tellFull}
	if o.Sync, o.SyncDelay, err = option.Fsync(j.o.Fsync); err != nil {
		return err
	}
	if j.o.State != "" {
		if err := os.MkdirAll(j.o.State, 0o777); err != nil {
			return &Error{IO, err}
		}
	}
	if j.journal, err = batch.Open(j.out.journal, job, o); err != nil {
		return outputError(j.out.journal, err)
	}
	stats := j.journal.Stats()
	j.skipped, j.torn = stats.Done, stats.Cut
	if j.o.RetryFailed {
		j.skipped -= stats.Failed
	} else {
		j.before = stats.Failed
	}
	return nil
}

// outputError says what to do about an output that can't be used.
func outputError(path string, err error) error {
	switch {
	case errors.Is(err, batch.ErrExists):
		return option.Errorf("%s exists: go on with it by --resume, or write over it by --force", path)
	case errors.Is(err, batch.ErrCorrupt):
		return &Error{IO, fmt.Errorf("%w; or add --cut-damaged, which cuts everything from there on and fetches it again", err)}
	case errors.Is(err, batch.ErrOtherJob):
		return &Error{OtherJob, fmt.Errorf("%w (--force, without --resume)", err)}
	case errors.Is(err, batch.ErrForeign):
		return &Error{OtherJob, fmt.Errorf("%w (--force)", err)}
	case errors.Is(err, batch.ErrLocked):
		return &Error{OtherJob, err}
	}
	return &Error{IO, fmt.Errorf("the output %s: %w", path, err)}
}
