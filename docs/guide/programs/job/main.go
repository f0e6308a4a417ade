// Command job runs a bulk job that is stopped on the way, and goes on with it.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/batch"
)

var errHome = errors.New("time to go home")

func main() {
	dir, err := os.MkdirTemp("", "guide")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "out.jsonl")
	cities := []string{"Lima", "Oslo", "Cairo", "Quito", "Turin", "Kyoto", "Porto", "Cusco"}

	ctx, cancel := context.WithTimeoutCause(context.Background(), 250*time.Millisecond, errHome)
	defer cancel()
	first, err := batch.Map(ctx, path, slices.Values(cities), 2, measure)
	fmt.Println(first.Done, "done,", err)

	second, err := batch.Map(context.Background(), path, slices.Values(cities), 2, measure)
	fmt.Println(second.Skipped, "were done,", second.Done, "done now,", err)
}

// measure is the work on one city.
func measure(ctx context.Context, city string) (int, error) {
	return len(city), inflight.Sleep(ctx, 100*time.Millisecond)
}
