package fetch

import (
	"context"
	"log/slog"
	"time"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/session"
)

// LevelNotice is that of what people want to know who have asked for nothing: that the
// run stops, or that the disk is full.
const LevelNotice = slog.LevelWarn + 2

// tell logs, if somebody listens.
func (j *Job) tell(level slog.Level, what string, attrs ...slog.Attr) {
	if j.Log != nil {
		j.Log.LogAttrs(context.Background(), level, what, attrs...)
	}
}

// tells reports whether somebody listens.
func (j *Job) tells(level slog.Level) bool {
	return j.Log != nil && j.Log.Enabled(context.Background(), level)
}

// watchHosts has the session say what becomes of hosts.
func (j *Job) watchHosts(o *session.Options) {
	o.OnHold = func(h session.Hold) {
		j.holds.Add(1)
		j.tell(slog.LevelWarn, "hold", slog.String("host", h.Host), ms("for_ms", time.Until(h.Until)))
	}
	if o.Breaker != nil {
		o.Breaker.OnChange = func(host, state string) {
			j.tell(slog.LevelWarn, "breaker", slog.String("host", host), slog.String("state", state))
		}
	}
}

// watchRow has the session say what is tried again of a row.
func (j *Job) watchRow(s *session.Request, r *record) {
	if !j.tells(slog.LevelInfo) {
		return
	}
	attempts := 0
	s.OnRetry = func(a session.Attempt) {
		attempts++
		told := attemptOf(a)
		told.Message = j.hide(told.Message)
		j.tell(slog.LevelInfo, "retry", append([]slog.Attr{slog.Int64("index", r.Index), slog.String("url", r.URL),
			slog.Int("attempt", attempts)}, outcome(told)...)...)
	}
}

// tellOf logs a row that has failed.
func (j *Job) tellOf(r *record) {
	if r.Failure == nil || !j.tells(slog.LevelWarn) {
		return
	}
	attrs := []slog.Attr{slog.Int64("index", r.Index), slog.String("url", r.URL)}
	if r.Key != "" {
		attrs = append(attrs, slog.String("key", r.Key))
	}
	if r.Status != 0 {
		attrs = append(attrs, slog.Int("status", r.Status))
	}
	attrs = append(attrs, slog.String("class", r.Failure.Class), slog.String("message", r.Failure.Message),
		slog.Int("attempts", r.Attempts), ms("duration_ms", r.Duration))
	if len(r.tries) > 0 {
		tries := make([]map[string]any, len(r.tries))
		for i, a := range r.tries {
			tries[i] = make(map[string]any)
			for _, attr := range append(outcome(a), ms("wait_ms", a.Wait)) {
				tries[i][attr.Key] = attr.Value.Any()
			}
		}
		attrs = append(attrs, slog.Any("tries", tries))
	}
	j.tell(slog.LevelWarn, "failed", attrs...)
}

// outcome is what an attempt came to.
func outcome(a attempt) (attrs []slog.Attr) {
	if a.Status != 0 {
		attrs = append(attrs, slog.Int("status", a.Status))
	}
	if a.Class != "" {
		attrs = append(attrs, slog.String("class", a.Class))
	}
	if a.Message != "" {
		attrs = append(attrs, slog.String("message", a.Message))
	}
	return attrs
}

func ms(name string, d time.Duration) slog.Attr {
	return slog.Float64(name, millis(d))
}

// tellBatch logs what happens to the run.
func (j *Job) tellBatch(e batch.Event) {
	switch e.Kind {
	case batch.EventStopping:
		j.tell(LevelNotice, "stopping", slog.String("why", e.Err.Error()), slog.Int64("in_flight", j.counts.Counts().InFlight), slog.Duration("grace", j.o.Grace))
	case batch.EventKilled:
		j.tell(LevelNotice, "the grace is over: what is in flight is cut short", slog.Int64("in_flight", j.counts.Counts().InFlight))
	case batch.EventPanicked:
		j.tell(slog.LevelError, "panic", slog.Int64("index", e.Index), slog.String("message", e.Err.Error()))
	}
}

// tellFull logs that there is no room for lines.
func (j *Job) tellFull(err error, wait time.Duration) {
	j.tell(LevelNotice, "no room for the output", slog.String("message", err.Error()), slog.Duration("next_try_in", wait.Round(time.Millisecond)))
}

// tellBegin and tellEnd log the run.
func (j *Job) tellBegin() {
	j.tell(slog.LevelInfo, "begin", slog.String("output", j.o.Output), slog.Int64("done_before", j.skipped), slog.Int("concurrency", j.o.Concurrency))
}

func (j *Job) tellEnd(s *Summary) {
	attrs := []slog.Attr{slog.Int64("done", s.Done), slog.Int64("ok", s.OK), slog.Int64("failed", s.Failed),
		slog.Int64("retries", s.Retries), slog.Int64("bytes", s.Bytes), ms("elapsed_ms", s.Elapsed)}
	if s.Stopped != nil {
		attrs = append(attrs, slog.String("stopped", s.Stopped.Error()))
	}
	j.tell(slog.LevelInfo, "end", attrs...)
}
