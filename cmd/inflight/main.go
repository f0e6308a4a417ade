// Command inflight runs many requests at once and loses none of them.
//
//	inflight fetch -i urls.txt -o results.jsonl
//
// See inflight help.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"runtime/debug"

	"github.com/inflight-go/inflight"
)

func main() {
	log.SetOutput(io.Discard) // net/http writes there what a server does wrong
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(150) // memory is flat and small: the collector need not run as often
	}
	inflight.Main(func(ctx context.Context) error {
		return execute(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	}, inflight.Grace(inflight.Never)) // each command has a grace of its own
}
