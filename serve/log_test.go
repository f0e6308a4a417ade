package serve_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"testing/slogtest"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/serve"
)

func TestLogHandler(t *testing.T) {
	var buf bytes.Buffer
	log := slog.New(serve.LogHandler(slog.NewTextHandler(&buf, nil)))
	_ = inflight.Run(t.Context(), func(ctx context.Context, _ *inflight.TaskGroup) error {
		log.InfoContext(ctx, "a")
		log.InfoContext(ctx, "b", "task", "mine")
		return nil
	}, inflight.Label("import"))
	log.Info("c")
	lines := strings.Split(buf.String(), "\n")
	for i, want := range []string{"msg=a task=import", "msg=b task=mine", "msg=c"} {
		if !strings.HasSuffix(lines[i], want) {
			t.Errorf("line %d: %s", i, lines[i])
		}
	}
}

// It is a handler as all are.
func TestLogHandlerIsAHandler(t *testing.T) {
	var buf bytes.Buffer
	err := slogtest.TestHandler(serve.LogHandler(slog.NewJSONHandler(&buf, nil)), func() (all []map[string]any) {
		for line := range bytes.Lines(buf.Bytes()) {
			m := map[string]any{}
			if err := json.Unmarshal(line, &m); err != nil {
				t.Fatal(err)
			}
			all = append(all, m)
		}
		return all
	})
	if err != nil {
		t.Error(err)
	}
}
