//go:build unix

package serve_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/serve"
)

const asServer = "INFLIGHT_TEST_SERVER"

// TestMain is the server of the tests below, in a process of its own.
func TestMain(m *testing.M) {
	if os.Getenv(asServer) != "" {
		inflight.Main(server, inflight.Drain(time.Minute))
	}
	os.Exit(m.Run())
}

// server says where it listens; a request for /hold ends when a line comes on stdin.
func server(ctx context.Context) error {
	s := serve.New(serve.Options{Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	mux := http.NewServeMux()
	mux.HandleFunc("/hold", func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("holding")
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
		_, _ = io.WriteString(w, "held")
	})
	api := s.HTTP("127.0.0.1:0", mux)
	echo := s.Conns("127.0.0.1:0", func(_ context.Context, c net.Conn) error {
		_, err := io.Copy(c, c)
		return err
	})
	admin := s.Admin("127.0.0.1:0", nil)
	if err := s.Listen(ctx); err != nil {
		return err
	}
	fmt.Println(api.Addr(), echo.Addr(), admin.Addr())
	return s.Run(ctx)
}

// A process is the server, and what it said.
type process struct {
	*exec.Cmd
	in               io.Writer
	out              *bufio.Reader
	log              logBuffer
	api, echo, admin string
}

func startProcess(t *testing.T) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(os.Args[0])}
	p.Env = append(os.Environ(), asServer+"=1")
	p.Stderr = &p.log
	in, err := p.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Process.Kill(); _ = p.Wait() })
	p.in, p.out = in, bufio.NewReader(out)
	if n, err := fmt.Sscan(p.line(t), &p.api, &p.echo, &p.admin); n != 3 {
		t.Fatal(err)
	}
	return p
}

func (p *process) line(t *testing.T) string {
	t.Helper()
	line, err := p.out.ReadString('\n')
	if err != nil {
		t.Fatalf("%v, and it said\n%s", err, &p.log)
	}
	return strings.TrimSpace(line)
}

// The first signal drains: what is under way is answered, what waits is closed, the
// probe says no, and the process ends by 0.
func TestASignalDrains(t *testing.T) {
	p := startProcess(t)
	held := make(chan string, 1)
	go func() {
		resp, err := http.Get("http://" + p.api + "/hold")
		if err != nil {
			held <- err.Error()
			return
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		held <- resp.Status + " " + string(body)
	}()
	if line := p.line(t); line != "holding" {
		t.Fatal(line)
	}
	if status := p.ready(t); status != 200 {
		t.Errorf("ready: %d", status)
	}
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for p.ready(t) != 503 {
		time.Sleep(time.Millisecond)
	}
	for { // it says no a moment before the listener is closed
		c, err := net.Dial("tcp", p.api)
		if err != nil {
			break
		}
		_ = c.Close()
	}
	fmt.Fprintln(p.in, "go on")
	if answer := <-held; answer != "200 OK held" {
		t.Errorf("what was under way: %q", answer)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("%v, and it said\n%s", err, &p.log)
	}
}

// The second ends at once.
func TestASecondSignalEnds(t *testing.T) {
	p := startProcess(t)
	c, err := net.Dial("tcp", p.echo)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "x"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if err := p.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	for p.ready(t) != 503 {
		time.Sleep(time.Millisecond)
	}
	if err := p.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = p.Wait()
	if code := p.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d, and it said\n%s", code, &p.log)
	}
}

func (p *process) ready(t *testing.T) int {
	t.Helper()
	resp, err := http.Get("http://" + p.admin + "/readyz")
	if err != nil {
		t.Fatalf("%v, and it said\n%s", err, &p.log)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}
