// Taskgroup counts the files of a tree of folders: each folder that is found is a task
// that may start more. In asyncio that is TaskGroup, whose failures come as an
// ExceptionGroup, for except*. Here a single failure comes out of Run as it is, several
// by errors.Join, and errors.Is looks into both.
//
//	go run ./examples/taskgroup
//
// Output:
//
//	15 files
//	first failure: /var: permission denied
//	all failures:
//	/var: permission denied
//	/mnt/usb: device is gone
//	permission is among them: true
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sync/atomic"
	"time"

	"github.com/inflight-go/inflight"
)

// A folder stands for one at the other end of a network.
type folder struct {
	files   int
	folders map[string]*folder
	err     error
}

var (
	home = &folder{files: 2, folders: map[string]*folder{
		"docs":   {files: 5, folders: map[string]*folder{"old": {files: 1}}},
		"photos": {files: 7},
	}}
	system = &folder{folders: map[string]*folder{
		"etc": {files: 3},
		"var": {err: fs.ErrPermission},
		"mnt": {folders: map[string]*folder{"usb": {err: errors.New("device is gone")}}},
	}}
)

func main() { inflight.Main(run) }

func run(ctx context.Context) error {
	n, err := count(ctx, home)
	if err != nil {
		return err
	}
	fmt.Println(n, "files")

	_, err = count(ctx, system) // what is slower than the first failure is cancelled
	fmt.Println("first failure:", err)

	_, err = count(ctx, system, inflight.Supervise()) // a failure ends nobody else
	fmt.Printf("all failures:\n%v\n", err)
	fmt.Println("permission is among them:", errors.Is(err, fs.ErrPermission))
	return nil
}

// count returns how many files there are in a folder and below.
func count(ctx context.Context, root *folder, opts ...inflight.Option) (int64, error) {
	var files atomic.Int64
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		var walk func(ctx context.Context, name string, f *folder) error
		walk = func(ctx context.Context, name string, f *folder) error {
			if err := inflight.Sleep(ctx, 50*time.Millisecond); err != nil { // the network
				return err
			}
			if f.err != nil {
				return fmt.Errorf("%s: %w", name, f.err)
			}
			files.Add(int64(f.files))
			for sub, f := range f.folders {
				g.Go(func(ctx context.Context) error { return walk(ctx, path.Join(name, sub), f) })
			}
			return nil
		}
		return walk(ctx, "/", root)
	}, opts...)
	return files.Load(), err
}
