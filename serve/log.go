package serve

import (
	"context"
	"log/slog"

	"github.com/inflight-go/inflight"
)

// LogHandler returns a handler that adds to each record what its context knows: the
// name of the task as "task", and the id of the request as "request_id".
func LogHandler(h slog.Handler) slog.Handler { return &logHandler{h} }

type logHandler struct{ next slog.Handler }

func (h *logHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

func (h *logHandler) Handle(ctx context.Context, r slog.Record) error {
	var task, id bool // are there already
	r.Attrs(func(a slog.Attr) bool {
		task, id = task || a.Key == "task", id || a.Key == "request_id"
		return true
	})
	r = r.Clone()
	if current, ok := inflight.Current(ctx); ok && !task {
		r.AddAttrs(slog.String("task", current.Name))
	}
	if request := RequestID(ctx); request != "" && !id {
		r.AddAttrs(slog.String("request_id", request))
	}
	return h.next.Handle(ctx, r)
}

func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &logHandler{h.next.WithAttrs(attrs)}
}

func (h *logHandler) WithGroup(name string) slog.Handler { return &logHandler{h.next.WithGroup(name)} }
