// Package attach is the way from the command to a process: a unix socket for each
// process, in a folder that is its user's alone.
package attach

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Host is the only Host that is served on a socket.
const Host = "inflight"

// Errors of both sides; what is returned wraps them and says more.
var (
	ErrUnsupported = errors.New("inflight/attach: not possible on this platform")
	ErrNotAttached = errors.New("inflight/attach: no socket")
	ErrUnsafe      = errors.New("inflight/attach: not safe")
)

// longestPath is what fits into a socket's address on all platforms.
const longestPath = 103

// opening is at the end of the name of a socket that nobody listens at yet.
const opening = ".new"

// folders are where sockets may be, the first choice first.
func folders() (list []string) {
	add := func(base, name string) {
		if path := filepath.Join(base, name); filepath.IsAbs(base) && !slices.Contains(list, path) {
			list = append(list, path)
		}
	}
	uid := strconv.Itoa(os.Getuid())
	if base := os.Getenv("XDG_RUNTIME_DIR"); base != "" {
		add(base, "inflight")
	}
	add(os.TempDir(), "inflight-"+uid)
	add("/tmp", "inflight-"+uid)
	add("/run/user/"+uid, "inflight")
	return list
}

// A Listener accepts connections of the same user only.
type Listener struct {
	*net.UnixListener
	path   string
	closed sync.Once
	err    error // of closing
}

// Listen opens the socket of this process.
func Listen() (*Listener, error) {
	var first error
	for _, dir := range folders() {
		l, err := listenIn(dir)
		if err == nil {
			return l, nil
		}
		if first == nil {
			first = err
		}
		if !errors.Is(err, os.ErrNotExist) && !errors.Is(err, os.ErrPermission) && !errors.Is(err, errTooLong) {
			break
		}
	}
	return nil, first
}

var errTooLong = errors.New("its path is too long")

func listenIn(dir string) (*Listener, error) {
	if err := makeSafe(dir); err != nil {
		return nil, err
	}
	Sweep(dir)
	path := filepath.Join(dir, strconv.Itoa(os.Getpid())+".sock")
	if len(path+opening) > longestPath {
		return nil, fmt.Errorf("%s: %w", path, errTooLong)
	}
	if c, err := net.DialTimeout("unix", path, time.Second); err == nil { // in another pid namespace
		_ = c.Close()
		return nil, fmt.Errorf("%s: somebody else listens there", path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	return publish(path)
}

// publish opens a socket under another name first: one that is bound is a file before
// anybody can connect to it, and looks to others like one that was left behind.
func publish(path string) (*Listener, error) {
	early := path + opening
	if err := os.Remove(early); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: early, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false)
	err = os.Chmod(early, 0o600)
	if err == nil {
		err = os.Rename(early, path)
	}
	if err != nil {
		_ = l.Close()
		_ = os.Remove(early)
		return nil, err
	}
	return &Listener{UnixListener: l, path: path}, nil
}

// Close closes the socket and removes it.
func (l *Listener) Close() error {
	l.closed.Do(func() {
		_ = os.Remove(l.path)
		l.err = l.UnixListener.Close()
	})
	return l.err
}

// Path is where the socket is.
func (l *Listener) Path() string { return l.path }

// Accept returns the next connection of the same user; it closes those of others.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		c, err := l.AcceptUnix()
		if err != nil {
			return nil, err
		}
		if err := sameUser(c); err != nil {
			_ = c.Close()
			continue
		}
		return &conn{c}, nil
	}
}

// conn is a type of its own, so that the goroutines that wait for an attached command
// can be told from those of the program.
type conn struct{ *net.UnixConn }

func (c *conn) Read(p []byte) (int, error) { return c.UnixConn.Read(p) }

// makeSafe makes a folder that is the user's alone, or refuses one that is not.
func makeSafe(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return safe(dir)
}

// safe refuses a folder into which others may have put something.
func safe(dir string) error {
	info, err := os.Lstat(dir)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%w: %s is no folder", ErrUnsafe, dir)
	case !owned(info):
		return fmt.Errorf("%w: %s belongs to another user", ErrUnsafe, dir)
	case info.Mode().Perm()&0o077 != 0:
		return fmt.Errorf("%w: others may enter %s (mode %#o): chmod 700 it", ErrUnsafe, dir, info.Mode().Perm())
	}
	return nil
}

// A Process is one that can be attached to.
type Process struct {
	PID  int
	Path string // of its socket
}

// List returns the processes of the user that can be attached to, by number.
func List() (all []Process) {
	for _, dir := range folders() {
		if safe(dir) == nil {
			all = append(all, Sweep(dir)...)
		}
	}
	slices.SortFunc(all, func(a, b Process) int { return a.PID - b.PID })
	return slices.CompactFunc(all, func(a, b Process) bool { return a.PID == b.PID })
}

// Sweep returns the processes that have a socket in the folder, and removes the
// sockets of those that are gone.
func Sweep(dir string) (live []Process) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		published, early := strings.CutSuffix(e.Name(), opening)
		name, ok := strings.CutSuffix(published, ".sock")
		pid, err := strconv.Atoi(name)
		if !ok || err != nil || e.Type()&os.ModeSocket == 0 {
			continue
		}
		path := filepath.Join(dir, e.Name())
		if !alive(pid) && !answers(path) {
			_ = os.Remove(path)
			continue
		}
		if early {
			continue
		}
		live = append(live, Process{pid, path})
	}
	return live
}

// answers reports whether anybody accepts there: a process in another pid namespace
// looks gone, and is not.
func answers(path string) bool {
	c, err := net.DialTimeout("unix", path, time.Second)
	if err == nil {
		_ = c.Close()
	}
	return err == nil
}

// Client returns an HTTP client all of whose requests go to the process; their URLs
// begin with http://inflight/.
func Client(pid int) (*http.Client, error) {
	for _, p := range List() {
		if p.PID == pid {
			return p.Client(), nil
		}
	}
	switch {
	case !alive(pid):
		return nil, fmt.Errorf("%w: there is no process %d", ErrNotAttached, pid)
	default:
		return nil, fmt.Errorf("%w: process %d has none that is yours: it must call debug.Start or debug.Attach, with INFLIGHT_ATTACH=1, as the same user", ErrNotAttached, pid)
	}
}

// Client returns an HTTP client all of whose requests go to the process.
func (p Process) Client() *http.Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, "unix", p.Path)
		if err != nil {
			return nil, fmt.Errorf("process %d does not answer: its socket is stale or it hangs: %w", p.PID, err)
		}
		if err := sameUser(c.(*net.UnixConn)); err != nil {
			_ = c.Close()
			return nil, err
		}
		return c, nil
	}
	return &http.Client{Transport: &http.Transport{DialContext: dial, MaxIdleConns: 1}}
}
