package flow

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"

	"github.com/inflight-go/inflight/internal/atomicfile"
)

// sincePath is where a run leaves for the next one what it has seen.
func sincePath(state string) string { return filepath.Join(state, "since.json") }

// readSince reads what the last whole run has left; nil for nothing.
func readSince(state string) (any, error) {
	text, err := os.ReadFile(sincePath(state))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	value, err := decodeJSON(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: remove it, and the next run begins from the start", sincePath(state), err)
	}
	fields, _ := value.(map[string]any)
	return fields["since"], nil
}

// writeSince leaves it for the next run.
func writeSince(state string, value any) error {
	text, err := json.Marshal(map[string]any{"since": value})
	if err != nil {
		return err
	}
	return atomicfile.Write(sincePath(state), func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
}

// listVars are the variables with what since has for the list.
func (r *run) listVars() map[string]any {
	if r.f.list.since == nil {
		return r.vars
	}
	vars := maps.Clone(r.vars)
	vars["since"] = r.since
	return vars
}
