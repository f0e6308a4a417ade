// Cancellation stops a download that is under way, and leaves no half of a file. In
// asyncio that is Task.cancel, which raises CancelledError where the task waits; finally
// cleans up, and an except that is too wide swallows it. Here the task's context ends,
// with a cause that says why, and defer cleans up. That a task was cancelled is no
// failure of its group.
//
//	go run ./examples/cancellation
//
// Output:
//
//	film.mp4.part is there: true
//	film.mp4: the user has closed the window
//	film.mp4.part is there: false
//	others go on: song.mp3 is whole
//	asked to stop, and done all the same: cover.jpg is whole
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/inflight-go/inflight"
)

var errClosed = errors.New("the user has closed the window")

func main() { inflight.Main(run) }

func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "cancellation")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	part := filepath.Join(dir, "film.mp4.part")

	return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		begun := make(chan struct{})
		film := inflight.Go(g, func(ctx context.Context) (string, error) {
			return download(ctx, part, time.Hour, begun)
		}, inflight.Name("film.mp4"))
		song := inflight.Go(g, func(ctx context.Context) (string, error) {
			return "song.mp3 is whole", inflight.Sleep(ctx, 50*time.Millisecond)
		})
		cover := inflight.Go(g, func(context.Context) (string, error) {
			time.Sleep(20 * time.Millisecond) // it does not look at its context
			return "cover.jpg is whole", nil
		})

		select {
		case <-begun:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		fmt.Println("film.mp4.part is there:", exists(part))
		film.Cancel(errClosed)
		cover.Cancel(errClosed) // a request, and this one does not hear it
		_, err := film.Await(ctx)
		fmt.Printf("%s: %v\n", film.Name(), err)
		fmt.Println("film.mp4.part is there:", exists(part)) // it has cleaned up by now

		whole, err := song.Await(ctx)
		if err != nil {
			return err
		}
		fmt.Println("others go on:", whole)
		if whole, err = cover.Await(ctx); err != nil {
			return err
		}
		fmt.Println("asked to stop, and done all the same:", whole)
		return nil
	})
}

// download leaves a whole file or none.
func download(ctx context.Context, path string, d time.Duration, begun chan<- struct{}) (_ string, err error) {
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			err = errors.Join(err, os.Remove(path))
		}
	}()
	close(begun)
	return "film.mp4 is whole", inflight.Sleep(ctx, d)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
