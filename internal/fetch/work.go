package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/internal/connect"
	"github.com/inflight-go/inflight/internal/request"
	"github.com/inflight-go/inflight/internal/source"
	"github.com/inflight-go/inflight/retry"
	"github.com/inflight-go/inflight/session"
)

// work makes the line of one row. It returns an error only when ctx has ended, and
// the row is not done.
func (j *Job) work(ctx context.Context, u batch.Unit[source.Row]) ([]byte, error) {
	if j.ramp != nil {
		patience, done := beforeStop(ctx)
		err := j.ramp.Acquire(patience)
		done()
		if err != nil {
			return nil, batch.Again(0, err)
		}
		defer j.ramp.Release()
	}
	r := &record{Index: u.Index, Input: raw(&u.Row), OK: true, Started: time.Now()}
	if err := j.fetch(ctx, &u.Row, r); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if errors.Is(err, errNotSent) || errors.Is(err, errStopping) || errors.Is(err, session.ErrDraining) {
			return nil, batch.Again(0, err)
		}
		r.fail(class(err), err.Error())
	}
	j.note(r)
	return r.append(make([]byte, 0, 512+len(r.Body.data)), j.show.fields), nil
}

// errStopping ends waits of rows whose request was not sent when the run stops.
var errStopping = errors.New("the run stops")

// beforeStop returns a context for such waits.
func beforeStop(ctx context.Context) (_ context.Context, done func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(stopping{ctx, batch.Stopping(ctx)}, func() { cancel(errStopping) })
	return ctx, func() { stop(); cancel(nil) }
}

// stopping is a context that ends when the run stops.
type stopping struct {
	context.Context
	stop <-chan struct{}
}

func (s stopping) Done() <-chan struct{} { return s.stop }
func (s stopping) Err() error {
	select {
	case <-s.stop:
		return context.Canceled
	default:
		return nil
	}
}

// fetch makes the request of a row, sends it, and fills the record in.
func (j *Job) fetch(ctx context.Context, row *source.Row, r *record) error {
	if row.Err != nil {
		r.fail("input", row.Err.Error())
		r.Failure.File, r.Failure.Line = row.Err.File, row.Err.Line
		if j.o.Strict {
			j.badRow(row.Err)
		}
		return nil
	}
	req, err := j.plan.Build(*row)
	if err != nil {
		r.URL = j.shownURL(row.URL)
		r.fail("template", err.Error())
		r.Failure.File, r.Failure.Line = row.File, row.Line
		if j.o.Strict {
			j.badRow(fmt.Errorf("%s:%d: %w", row.File, row.Line, err))
		}
		return nil
	}
	r.Key, r.Method, r.URL = req.Key, req.Method, j.shownURL(req.URL)
	if r.Input == nil && row.Request == nil && r.URL != row.URL {
		r.Input = j.inputOf(row)
	}
	if j.sent != nil && j.sent.uncertain[r.Index] {
		r.fail("uncertain", "it was being sent when an earlier run ended, and may have been acted upon; --retry-failed sends it again")
		return nil
	}
	spent, err := j.reserveBeforeStop(ctx, row.Value)
	if err != nil {
		return err
	}
	resp, err := j.send(ctx, &req, spent, r)
	if err != nil {
		spent.cancelOrPay(err)
		return err
	}
	return j.receive(resp, spent, r)
}

// badRow stops the job because of a row that can't be used.
func (j *Job) badRow(err error) {
	j.mu.Lock()
	if j.bad == nil {
		j.bad = err
	}
	j.mu.Unlock()
	j.stop(err)
}

// cancelOrPay gives the reservations back when the request was never sent, and pays
// the estimate otherwise.
func (s *spending) cancelOrPay(err error) {
	if e, ok := errors.AsType[*session.Error](err); ok && len(e.Attempts) > 0 {
		s.settle(nil)
		return
	}
	s.cancel()
}

// send sends the request and records how that went.
func (j *Job) send(ctx context.Context, req *request.Request, spent *spending, r *record) (*session.Response, error) {
	s := &session.Request{
		Method: req.Method, URL: connect.DemoURL(req.URL), Header: req.Header, Body: req.Body,
		IdempotencyKey: req.IdempotencyKey,
	}
	path := ""
	switch {
	case j.show.files != nil:
		var err error
		if path, err = j.show.files.path(r.Index, r.Key); err != nil {
			return nil, &classed{"save", err}
		}
		s.Save = func(*http.Response) (io.WriteCloser, error) { return j.show.files.create(path, r.Index) }
	case !j.show.keeps() && len(j.budgets) == 0:
		s.Save = func(*http.Response) (io.WriteCloser, error) { return discard{}, nil }
	}
	if j.judge.retryIf != nil {
		s.Retry = j.retryIf
	}
	s.Starting = spent.begins(j.guard(ctx, r.Index, req))
	j.watchRow(s, r)
	resp, err := j.session.Do(ctx, s)
	if err != nil {
		r.failed(err)
		return nil, err
	}
	r.answered(resp)
	if resp.URL != withoutUser(s.URL) {
		r.FinalURL = j.shownURL(resp.URL)
	}
	if path != "" {
		r.Body = body{"body_file", []byte(path)}
	}
	return resp, nil
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) Close() error                { return nil }

// retryIf is asked about answers that would not be tried again otherwise.
func (j *Job) retryIf(resp *session.Response, err error) bool {
	if err != nil || resp == nil {
		return false
	}
	r := &record{OK: true}
	r.answered(resp)
	r.FinalURL = j.shownURL(resp.URL)
	r.Body = newBody("auto", r.ContentType, resp.Body)
	again, err := j.judge.retryIf.Bool(r.value())
	return err == nil && again
}

// receive makes of an answer what is shown of it, and judges it.
func (j *Job) receive(resp *session.Response, spent *spending, r *record) error {
	answer := func() (v any, err error) { return v, json.Unmarshal(resp.Body, &v) }
	if len(j.budgets) > 0 {
		v, err := answer()
		if err != nil {
			v = nil
		}
		r.Cost = spent.settle(v)
	}
	if j.show.files == nil {
		b, err := j.show.bodyOf(r.ContentType, resp.Body, answer)
		r.Body = b
		if err != nil && r.Status < 400 {
			return err
		}
	}
	if j.show.fields&fieldHeaders != 0 {
		r.Headers = resp.Header
	}
	if j.show.fields&fieldRequest != 0 {
		r.Sent = j.shownHeaders(resp.Sent)
	}
	if j.show.fields&fieldTLS != 0 && resp.TLS != nil {
		r.TLS = tlsOf(resp.TLS)
	}
	j.judge.judge(r)
	if r.Failure != nil && r.Status == http.StatusNotFound {
		r.Failure.Message += connect.DemoHint(r.URL)
	}
	return nil
}

// answered takes an answer down.
func (r *record) answered(resp *session.Response) {
	r.Status, r.Proto, r.Remote = resp.Status, resp.Proto, resp.Remote
	r.Bytes, r.Truncated = resp.Bytes, resp.Truncated
	if resp.SHA256 != [32]byte{} {
		r.SHA256 = fmt.Sprintf("%x", resp.SHA256)
	}
	r.ContentType = resp.Header.Get("Content-Type")
	r.Started, r.Duration = resp.Started, resp.Timings.Total
	r.timed(&resp.Timings)
	r.tried(resp.Attempts)
}

// failed takes down that there was no answer.
func (r *record) failed(err error) {
	e, ok := errors.AsType[*session.Error](err)
	if !ok {
		return
	}
	r.Status = e.Status
	r.Started, r.Duration = e.Started, e.Timings.Total
	r.timed(&e.Timings)
	r.tried(e.Attempts)
}

// timed takes the phases down that took any time.
func (r *record) timed(t *session.Timings) {
	r.waited = t.Queue + t.Rate + t.Backoff
	for _, phase := range [...]timing{
		{"queue", t.Queue}, {"rate", t.Rate}, {"backoff", t.Backoff}, {"dns", t.DNS}, {"connect", t.Connect},
		{"tls", t.TLS}, {"ttfb", t.TTFB}, {"body", t.Body},
	} {
		if phase.d >= time.Microsecond {
			r.Timings = append(r.Timings, phase)
		}
	}
}

// tried takes the attempts down; those before the last are part of a failure.
func (r *record) tried(attempts []session.Attempt) {
	r.Attempts = len(attempts)
	if len(attempts) < 2 {
		return
	}
	r.tries = make([]attempt, len(attempts))
	for i, a := range attempts {
		r.tries[i] = attemptOf(a)
		if i+1 < len(attempts) {
			r.tries[i].Wait = attempts[i+1].Wait
		}
	}
}

func attemptOf(a session.Attempt) attempt {
	made := attempt{Status: a.Status, Class: string(a.Class)}
	if a.Err != nil {
		made.Message = a.Err.Error()
	}
	return made
}

// class is the class of an error of a row.
func class(err error) string {
	if e, ok := errors.AsType[*classed](err); ok {
		return e.class
	}
	if e, ok := errors.AsType[*session.Error](err); ok && e.Class != "" {
		return string(e.Class)
	}
	return string(retry.Classify(err))
}

// note counts a record.
func (j *Job) note(r *record) {
	took := max(0, r.Duration-r.waited)
	j.latencies.add(took)
	j.times.add(took)
	if r.Failure != nil {
		r.Failure.Message = j.hide(r.Failure.Message)
		for i := range r.tries {
			r.tries[i].Message = j.hide(r.tries[i].Message)
		}
		r.Failure.Attempts = r.tries
		j.tellOf(r)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.noteHost(r, took)
	j.statuses[statusClass(r.Status)]++
	j.bytes += r.Bytes
	j.retries += int64(max(r.Attempts-1, 0))
	if r.Failure != nil {
		class := r.Failure.Class
		j.classes[class]++
		if first, ok := j.first[class]; !ok || r.Index < first {
			j.first[class] = r.Index
		}
	}
}
