package main

import (
	"context"
	"io"
	"net/http"

	"github.com/spf13/cobra"
)

func newDump() *cobra.Command {
	var f targetFlags
	cmd := &cobra.Command{
		Use:   "dump [flags] [PID | URL]",
		Short: "Write all that is known of a running program's tasks, as JSON",
		Long: `dump writes a snapshot of a running program: its tasks, what each waits for, the
last that did not succeed, and what is probably wrong. Times are in nanoseconds.`,
		Example: `  inflight dump 4711 | jq '.tasks[] | select(.waiting == "queue.get") | .name'`,
		Args:    takes(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := f.open(cmd.Context(), args)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), patience)
			defer cancel()
			body, err := t.open(ctx, http.MethodGet, "tasks")
			if err != nil {
				return &exitError{exitIO, err}
			}
			defer body.Close()
			if _, err := io.Copy(cmd.OutOrStdout(), body); err != nil {
				return &exitError{exitIO, err}
			}
			return nil
		},
	}
	f.add(cmd.Flags())
	return cmd
}
