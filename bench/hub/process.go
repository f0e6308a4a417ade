//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

//go:embed python/*.py
var scripts embed.FS

// A process is a server that runs, on the first processor alone.
type process struct {
	cmd  *exec.Cmd
	pid  int
	addr string
	tidy func()
}

// start starts a server and waits for its address.
func start(ctx context.Context, s server) (*process, error) {
	p := &process{tidy: func() {}}
	if s.script == "" {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		p.cmd = exec.CommandContext(ctx, "taskset", "-c", "0", self, "-serve", s.name)
		p.cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	} else {
		dir, err := os.MkdirTemp("", "hub")
		if err != nil {
			return nil, err
		}
		p.tidy = func() { os.RemoveAll(dir) }
		text, err := scripts.ReadFile("python/" + s.script)
		if err != nil {
			return nil, err
		}
		file := filepath.Join(dir, s.script)
		if err := os.WriteFile(file, text, 0o600); err != nil {
			return nil, err
		}
		p.cmd = exec.CommandContext(ctx, "taskset", append([]string{"-c", "0", "/usr/bin/python3", file}, s.args...)...)
	}
	if s.script == "" { // those in Python tell at length of each client that goes
		p.cmd.Stderr = os.Stderr
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	p.pid = p.cmd.Process.Pid
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		p.stop()
		return nil, fmt.Errorf("it says no address: %w", err)
	}
	p.addr = strings.TrimSpace(line)
	return p, nil
}

func (p *process) stop() {
	p.cmd.Process.Kill()
	p.cmd.Wait()
	p.tidy()
}

// cpu returns the processor time of all threads of the server.
func (p *process) cpu() (d time.Duration) {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", p.pid))
	for _, f := range files {
		if b, err := os.ReadFile(f); err == nil {
			ns, _ := strconv.ParseInt(string(bytes.Fields(b)[0]), 10, 64)
			d += time.Duration(ns)
		}
	}
	return d
}

// rss returns the memory of the server, in bytes.
func (p *process) rss() int64 {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.pid))
	if f := bytes.Fields(b); len(f) > 1 {
		n, _ := strconv.ParseInt(string(f[1]), 10, 64)
		return n * int64(os.Getpagesize())
	}
	return 0
}

// foreign returns the processor time of the machine that is neither the server's nor
// ours.
func foreign(pid int) time.Duration {
	b, _ := os.ReadFile("/proc/stat")
	line, _, _ := bytes.Cut(b, []byte("\n"))
	var ticks int64
	for i, f := range bytes.Fields(line) {
		if n, err := strconv.ParseInt(string(f), 10, 64); err == nil && i != 4 && i != 5 && i < 9 { // not idle, not waiting
			ticks += n
		}
	}
	return time.Duration(ticks)*10*time.Millisecond - used(pid) - used(os.Getpid())
}

func used(pid int) time.Duration {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := bytes.Cut(b, []byte(") "))
	var ticks int64
	for i, f := range bytes.Fields(rest) {
		if i == 11 || i == 12 {
			n, _ := strconv.ParseInt(string(f), 10, 64)
			ticks += n
		}
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// pin keeps the calling thread on a processor, if there is more than one.
func pin(cpu int) error {
	mask := [16]uint64{1 << cpu}
	if _, _, e := syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, 0, unsafe.Sizeof(mask), uintptr(unsafe.Pointer(&mask))); e != 0 && e != syscall.EINVAL {
		return e
	}
	return nil
}
