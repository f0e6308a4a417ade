package main

import (
	"context"
	_ "embed" // the contenders in Python
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"syscall"
	"time"
)

//go:embed aio.py
var script []byte

// python is the one that the packages of the system belong to.
const python = "/usr/bin/python3"

func haveAiofiles(ctx context.Context) bool {
	return exec.CommandContext(ctx, python, "-c", "import aiofiles").Run() == nil
}

// result is how it went. Took is without the start of the process; CPU and RSS are those
// of the whole process.
type result struct {
	Units int64         // lines or files
	Bytes int64         // that were read
	Took  time.Duration // in nanoseconds
	cpu   time.Duration
	rss   int64 // KiB, at most
}

func (r result) String() string {
	units := float64(max(r.Units, 1))
	return fmt.Sprintf("%.3f\t%.0f\t%.1f\t%.1f\t%d", r.Took.Seconds(), float64(r.Bytes)/(1<<20)/r.Took.Seconds(),
		float64(r.Took)/units, float64(r.cpu)/units, r.rss>>10)
}

// best is the fastest of the rounds.
func (o *options) best(ctx context.Context, dir string, c contender) (best result, err error) {
	for range o.rounds {
		r, err := o.measure(ctx, dir, c)
		if err != nil {
			return best, err
		}
		if best.Took == 0 || r.Took < best.Took {
			best = r
		}
	}
	return best, nil
}

// measure runs a contender in a process of its own.
func (o *options) measure(ctx context.Context, dir string, c contender) (r result, err error) {
	self, err := os.Executable()
	if err != nil {
		return r, err
	}
	cmd := exec.CommandContext(ctx, self, "-child", c.kind+" "+c.name, "-dir", dir, "-files", strconv.Itoa(o.small), "-pprof", o.pprof)
	if c.script {
		path := filepath.Join(dir, "aio.py")
		if err := os.WriteFile(path, script, 0o600); err != nil {
			return r, err
		}
		cmd = exec.CommandContext(ctx, python, path, c.kind, c.name, dir, strconv.Itoa(o.small))
	}
	cmd.Stderr = os.Stderr
	said, err := cmd.Output()
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(said, &r); err != nil {
		return r, fmt.Errorf("it said %q: %w", said, err)
	}
	use := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	r.cpu, r.rss = time.Duration(use.Utime.Nano()+use.Stime.Nano()), use.Maxrss
	return r, nil
}

// be runs a contender and says how it went.
func (o *options) be(ctx context.Context) error {
	for _, c := range contenders() {
		if c.kind+" "+c.name != o.child {
			continue
		}
		if o.pprof != "" {
			f, err := os.Create(o.pprof)
			if err != nil {
				return err
			}
			if err := pprof.StartCPUProfile(f); err != nil {
				return err
			}
			defer pprof.StopCPUProfile()
		}
		began := time.Now()
		r, err := c.run(ctx, o)
		if err != nil {
			return err
		}
		r.Took = time.Since(began)
		return json.NewEncoder(os.Stdout).Encode(r)
	}
	return fmt.Errorf("there is no contender %q", o.child)
}
