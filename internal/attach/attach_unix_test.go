//go:build unix

package attach_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/inflight-go/inflight/internal/attach"
)

// folder makes a short folder in which the sockets are.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "a")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	t.Setenv("XDG_RUNTIME_DIR", dir)
	return filepath.Join(dir, "inflight")
}

// serve answers on the socket with the Host that was asked for.
func serve(t *testing.T) *attach.Listener {
	t.Helper()
	l, err := attach.Listen()
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Host) })}
	go server.Serve(l)
	t.Cleanup(func() { _ = server.Close() })
	return l
}

func TestAttach(t *testing.T) {
	dir := folder(t)
	l := serve(t)
	for path, want := range map[string]os.FileMode{dir: os.ModeDir | 0o700, l.Path(): os.ModeSocket | 0o600} {
		if info, err := os.Lstat(path); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v, want %v", path, info.Mode(), err, want)
		}
	}
	if all := attach.List(); len(all) == 0 || !strings.HasPrefix(l.Path(), dir) {
		t.Errorf("listed %v", all)
	}
	client, err := attach.Client(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Get("http://inflight/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, _ := io.ReadAll(resp.Body); string(text) != attach.Host {
		t.Errorf("the Host is %q", text)
	}
	if _, err := attach.Client(1 << 30); !errors.Is(err, attach.ErrNotAttached) || !strings.Contains(err.Error(), "there is no process") {
		t.Errorf("a process that is not there: %v", err)
	}
	if _, err := attach.Client(os.Getppid()); !errors.Is(err, attach.ErrNotAttached) || !strings.Contains(err.Error(), "INFLIGHT_ATTACH=1") {
		t.Errorf("a process that has none: %v", err)
	}
}

// A folder that others may enter, or that is none, is refused, by both sides.
func TestUnsafeFolders(t *testing.T) {
	for name, make := range map[string]func(dir string) error{
		"open":   func(dir string) error { return errors.Join(os.Mkdir(dir, 0o755), os.Chmod(dir, 0o755)) },
		"a file": func(dir string) error { return os.WriteFile(dir, nil, 0o600) },
		"a link": func(dir string) error { return errors.Join(os.Mkdir(dir+"2", 0o700), os.Symlink(dir+"2", dir)) },
	} {
		t.Run(name, func(t *testing.T) {
			if err := make(folder(t)); err != nil {
				t.Fatal(err)
			}
			if l, err := attach.Listen(); !errors.Is(err, attach.ErrUnsafe) {
				t.Errorf("Listen: %v, %v", l, err)
			}
			for _, p := range attach.List() {
				if strings.HasPrefix(p.Path, os.Getenv("XDG_RUNTIME_DIR")) {
					t.Errorf("listed %v", p)
				}
			}
		})
	}
}

// stale leaves a socket that nobody listens at.
func stale(t *testing.T, path string) {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	_ = l.Close()
}

// A socket of a process that is gone is swept away; one in the place of ours is
// replaced; one of a living process that does not answer is reported as stale.
func TestStaleSockets(t *testing.T) {
	dir := folder(t)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	gone, ours, other := filepath.Join(dir, "1073741824.sock"), filepath.Join(dir, strconv.Itoa(os.Getpid())+".sock"), filepath.Join(dir, strconv.Itoa(os.Getppid())+".sock")
	stale(t, gone)
	stale(t, ours)
	stale(t, other)
	serve(t)
	if _, err := os.Lstat(gone); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket of a dead process: %v", err)
	}
	client, err := attach.Client(os.Getppid())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Get("http://inflight/"); err == nil || !strings.Contains(err.Error(), "stale") {
		t.Errorf("a stale socket: %v", err)
	}
}

// Who sees the socket can connect to it.
func TestASocketThatIsThereAnswers(t *testing.T) {
	path := filepath.Join(folder(t), strconv.Itoa(os.Getpid())+".sock")
	for range 200 {
		first := make(chan error, 1)
		go func() {
			for {
				c, err := net.Dial("unix", path)
				if errors.Is(err, os.ErrNotExist) {
					continue
				}
				if err == nil {
					_ = c.Close()
				}
				first <- err
				return
			}
		}()
		l, err := attach.Listen()
		if err != nil {
			t.Fatal(err)
		}
		if err := <-first; err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// Another user who gets at the socket is not answered. It takes root to be two users.
func TestOtherUsersAreRefused(t *testing.T) {
	if path := os.Getenv("INFLIGHT_TEST_SOCKET"); path != "" { // as the other user
		c, err := net.Dial("unix", path)
		if err != nil {
			t.Fatalf("not even connected: %v", err)
		}
		_, _ = io.WriteString(c, "GET / HTTP/1.0\r\nHost: inflight\r\n\r\n")
		answer, _ := io.ReadAll(c)
		t.Logf("answer %q", answer)
		return
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can be another user too")
	}
	dir := folder(t)
	l := serve(t)
	program := filepath.Join(t.TempDir(), "test") // where the other user can read it
	self, err := os.ReadFile(os.Args[0])
	if err == nil {
		err = os.WriteFile(program, self, 0o755)
	}
	for _, path := range []string{dir, filepath.Dir(dir), filepath.Dir(program), filepath.Dir(filepath.Dir(program))} {
		err = errors.Join(err, os.Chmod(path, 0o755)) // the lock on the door, which is tested elsewhere
	}
	if err = errors.Join(err, os.Chmod(l.Path(), 0o666)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-test.run", "^TestOtherUsersAreRefused$", "-test.v")
	cmd.Env = append(os.Environ(), "INFLIGHT_TEST_SOCKET="+l.Path())
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), `answer ""`) {
		t.Errorf("as another user: %v\n%s", err, out)
	}
}
