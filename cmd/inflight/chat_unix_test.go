//go:build unix

package main_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/inflight-go/inflight/internal/chat"
)

// serveChat starts a chat as a process, and returns the URL of its page.
func serveChat(t *testing.T, dir, listen string) (cmd *exec.Cmd, url string) {
	t.Helper()
	cmd = process(t, "chat", "serve", "--listen", listen, "--tcp", "", "--data", dir, "--history", "5000", "--rate", "1000/1s")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return cmd, strings.TrimSpace(line)
}

// A record is what a guest was shown.
type record struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.Write(p)
}

// from returns what was said by somebody, in the order in which it was shown.
func (r *record) from(name string) (said []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for line := range strings.Lines(r.buf.String()) {
		if _, text, ok := strings.Cut(line, " "+name+": "); ok {
			said = append(said, strings.TrimSpace(text))
		}
	}
	return said
}

// Servers come and go, drained and killed, while people talk: everybody sees what
// everybody has said, in order, and once.
func TestChatRestarts(t *testing.T) {
	const guests, messages = 4, 150
	dir := t.TempDir()
	server, url := serveChat(t, dir, "127.0.0.1:0")
	address := strings.TrimPrefix(url, "http://")

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var talk sync.WaitGroup
	records, troubles := make([]*record, guests), new(record)
	all := make(chan struct{}) // closed when everybody has seen everything
	for i := range guests {
		records[i] = new(record)
		in, typed := io.Pipe()
		guest := chat.Guest{URL: url, Name: fmt.Sprint("guest", i), In: in, Out: records[i], Err: troubles}
		talk.Go(func() {
			if err := guest.Join(ctx); err != nil {
				t.Errorf("%s: %v", guest.Name, err)
			}
			_ = in.Close()
		})
		talk.Go(func() {
			for n := range messages {
				_, _ = fmt.Fprintf(typed, "message %d\n", n)
				time.Sleep(5 * time.Millisecond)
			}
			<-all
			_ = typed.Close()
		})
	}
	seen := func() (n int) {
		for _, r := range records {
			for i := range guests {
				n += len(r.from(fmt.Sprint("guest", i)))
			}
		}
		return n
	}
	for i, how := range []os.Signal{syscall.SIGTERM, syscall.SIGKILL, syscall.SIGTERM, syscall.SIGKILL} {
		for seen() < (i+1)*guests*guests*messages/6 && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		closed := watchClose(t, ctx, url)
		_ = server.Process.Signal(how)
		_ = server.Wait()
		if code := server.ProcessState.ExitCode(); how == syscall.SIGTERM && code != 143 {
			t.Errorf("SIGTERM: exit code %d", code)
		}
		if code := <-closed; how == syscall.SIGTERM && code != websocket.StatusGoingAway {
			t.Errorf("SIGTERM: a connection was closed with %d", code)
		}
		server, _ = serveChat(t, dir, address)
	}
	for seen() < guests*guests*messages && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	close(all)
	talk.Wait()
	if said := troubles.buf.String(); !strings.Contains(said, "connecting again") || strings.Contains(said, "key=") {
		t.Errorf("the guests are told:\n%s", said)
	}
	for i, r := range records {
		for j := range guests {
			for n, text := range append(r.from(fmt.Sprint("guest", j)), "the end") {
				if want := fmt.Sprint("message ", n); text != want && (n < messages || text != "the end") {
					t.Fatalf("guest %d saw of guest %d as number %d: %q", i, j, n, text)
				}
			}
			if n := len(r.from(fmt.Sprint("guest", j))); n != messages {
				t.Errorf("guest %d saw %d messages of guest %d", i, n, j)
			}
		}
	}
}

// watchClose connects somebody who listens, and returns by which code that ends.
func watchClose(t *testing.T, ctx context.Context, url string) <-chan websocket.StatusCode {
	t.Helper()
	conn, _, err := websocket.Dial(ctx, url+"/ws?name=listener", nil)
	if err != nil {
		t.Fatal(err)
	}
	closed := make(chan websocket.StatusCode, 1)
	go func() {
		for {
			if _, _, err := conn.Read(ctx); err != nil {
				closed <- websocket.CloseStatus(err)
				return
			}
		}
	}()
	return closed
}

// A script says what it has to, hears that it was said, and ends.
func TestChatJoinAsAScript(t *testing.T) {
	_, url := serveChat(t, t.TempDir(), "127.0.0.1:0")
	cmd := process(t, "chat", "join", "--name", "builder", "--room", "ci", strings.TrimPrefix(url, "http://"))
	cmd.Stdin = strings.NewReader("the build is green\n/me rests")
	code, out, errOut := run(t, cmd)
	if code != 0 || !strings.Contains(out, " builder: the build is green\n") || !strings.Contains(out, "* builder rests\n") || errOut != "" {
		t.Errorf("exit %d\n%s\n%s", code, out, errOut)
	}
	for range 5 { // it may be closed before it has looked at what it was told
		cmd := process(t, "chat", "join", "--name", "builder", url)
		cmd.Stdin = strings.NewReader("/who\n/dance")
		if code, out, errOut := run(t, cmd); code == 0 || !strings.Contains(out, "in lobby: builder") || !strings.Contains(errOut, "there is no /dance") {
			t.Errorf("exit %d\n%s\n%s", code, out, errOut)
		}
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	go func() {
		for {
			c, err := silent.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, "* welcome! What is your name?\n")
		}
	}()
	for args, want := range map[string]string{
		"--name=a/b " + url:               "a name has 1 to 24 letters",
		"--name=x --room=a/b " + url:      "the name of a room has 1 to 24 letters",
		silent.Addr().String():            "does not speak HTTP",
		"/":                               "want ws://HOST:PORT",
		"ftp://chat.example":              "want ws://HOST:PORT",
		url + "/nothing/here":             "is no chat: it answered 404",
		"--name=x http://127.0.0.1:1":     "no chat at 127.0.0.1:1",
		"--name=x http://127.0.0.1:1 two": "2 arguments: want inflight chat join",
	} {
		cmd := process(t, append([]string{"chat", "join"}, strings.Fields(args)...)...)
		if code, _, errOut := run(t, cmd); code == 0 || !strings.Contains(errOut, want) {
			t.Errorf("%s: exit %d, %s", args, code, errOut)
		}
	}
}

// What can't be meant is said before anything is opened.
func TestChatServeUsage(t *testing.T) {
	for args, want := range map[string]string{
		"--rate=fast":                  "--rate",
		"--history=-1":                 "--history is less than zero",
		"--max-clients=0":              "--max-clients is less than one",
		"--tls-cert=a.pem":             "--tls-cert and --tls-key go together",
		"--tls-cert=a.pem --tls-key=b": "a.pem",
		"--listen=nowhere":             "nowhere",
		"--dats=x":                     "did you mean --data?",
	} {
		cmd := process(t, append([]string{"chat", "serve"}, strings.Fields(args)...)...)
		if code, _, errOut := run(t, cmd); code != 2 || !strings.Contains(errOut, want) {
			t.Errorf("%s: exit %d, %s", args, code, errOut)
		}
	}
}
