package fetch

import (
	"context"
	"strings"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/internal/option"
	"github.com/inflight-go/inflight/internal/request"
	"github.com/inflight-go/inflight/internal/shell"
)

// maxDataFile is how large the file of --data-file may be.
const maxDataFile = 64 << 20

// newPlan makes the plan by which rows become requests, and finds out what the rows are.
// It fails with the cause of ctx when that ends while a file is waited for.
func (j *Job) newPlan(ctx context.Context) error {
	o := &j.o
	s := request.Spec{
		Method: o.Method, Headers: o.Header, Query: o.Query,
		Data: o.Data, JSON: o.JSON, Form: o.Form, Multipart: o.Multipart, IdempotencyKey: o.IdemKey, Key: o.KeyExpr,
	}
	if o.Post != "" && s.Method == "" {
		s.Method = "POST"
	}
	if strings.HasPrefix(o.Data, "@") {
		return option.Errorf("--data %q would be sent as it is: for what is in the file, --data-file %s", o.Data, shell.Word(o.Data[1:]))
	}
	for _, part := range []func(context.Context, *request.Spec) error{j.dataFile, j.requestFile, j.rows} {
		if err := part(ctx, &s); err != nil {
			return err
		}
	}
	for i, c := range o.Cookie {
		if name, _, found := strings.Cut(c, "="); !found || name == "" {
			return option.Errorf("--cookie, number %d: want name=value", i+1) // it may be a secret
		}
		s.Headers = append(s.Headers, "Cookie: "+c)
	}
	var err error
	if j.plan, err = request.Compile(s); err != nil {
		return option.Wrap(inFlags(err))
	}
	return j.oneRow(&s)
}

// inFlags is what is wrong with a request, without the name of the package that says it.
func inFlags(err error) error {
	if text, ok := strings.CutPrefix(err.Error(), request.ErrSpec.Error()+": "); ok {
		return option.Errorf("%s", text)
	}
	return err
}

// dataFile reads the body of --data-file.
func (j *Job) dataFile(ctx context.Context, s *request.Spec) error {
	if j.o.DataFile == "" {
		return nil
	}
	if s.Data != "" {
		return option.Errorf("--data and --data-file: there can be one of them")
	}
	// It may be a pipe, which nobody writes to.
	text, err := inflight.Offload(ctx, func() (string, error) { return request.ReadText(j.o.DataFile, maxDataFile) })
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return option.Errorf("--data-file: %w", err)
	}
	j.sentData = batch.Digest(text)
	s.Data = text
	return nil
}

// requestFile reads the request of --request.
func (j *Job) requestFile(ctx context.Context, s *request.Spec) error {
	o := &j.o
	if o.Request == "" {
		return nil
	}
	f, err := inflight.Offload(ctx, func() (*request.File, error) { return request.ReadFile(o.Request) })
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return option.Errorf("--request: %w", err)
	}
	for _, secret := range []string{f.User, f.Bearer} {
		if strings.HasPrefix(secret, "cmd:") {
			return option.Errorf("--request %s: cmd: runs a command, which a file may not ask for; give it by --bearer or --user", o.Request)
		}
	}
	if o.User == "" && o.Bearer == "" && o.OAuth2 == "" {
		o.User, o.Bearer = f.User, f.Bearer
	}
	if o.Agent == "" {
		o.Agent = f.UserAgent
	}
	j.sentRequest = f.Digest
	s.File = f
	return nil
}

// rows finds out what the rows are: the arguments, data for a template, or URLs.
func (j *Job) rows(_ context.Context, s *request.Spec) error {
	o := &j.o
	switch {
	case o.Post != "" && len(o.Args) > 0:
		return option.Errorf("--post and the argument %s: for a POST to arguments, -X POST", shell.Word(o.Args[0]))
	case len(o.Input) > 0 && len(o.Args) == 1:
		s.URL = o.Args[0]
	case len(o.Args) > 0:
		j.args, j.globs, s.RowURL = o.Args, true, true
	default:
		s.URL = o.Post
	}
	return nil
}

// oneRow makes a row of the URL that the plan has where there are no others.
func (j *Job) oneRow(s *request.Spec) error {
	o := &j.o
	if j.data = j.plan.HasURL(); len(o.Input) > 0 || len(j.args) > 0 {
		return nil
	}
	url, same := j.plan.URL()
	switch {
	case !j.data:
		return option.Errorf("--request %s: there is no URL in it; give URLs, or an input with -i", o.Request)
	case !same:
		return option.Errorf("the URL is a template, and there are no rows to fill it from: give an input with -i")
	}
	j.args, j.data = []string{url}, false
	return nil
}
