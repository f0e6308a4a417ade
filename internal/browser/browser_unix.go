//go:build unix

package browser

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A Browser is a Chromium without a window that shows one page. It is spoken to over a
// pipe.
type Browser struct {
	t       testing.TB
	in      *os.File
	out     *bufio.Reader
	id      int
	session string
	Console []string // what the page has logged
}

// Open starts a browser and shows a page, or skips where there is none.
func Open(t testing.TB, url string, width, height int) *Browser {
	t.Helper()
	path := Path(t)
	theirIn, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	// Not t.TempDir: processes of the browser write there when it has ended already.
	profile, err := os.MkdirTemp("", "profile")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-pipe",
		fmt.Sprintf("--window-size=%d,%d", width, height), "--user-data-dir="+profile, "about:blank")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	if err := cmd.Start(); err != nil {
		t.Skipf("%s does not run here: %v", path, err)
	}
	_, _ = theirIn.Close(), theirOut.Close()
	timer := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() }) // a read has no deadline
	b := &Browser{t: t, in: in, out: bufio.NewReaderSize(out, 1<<20)}
	t.Cleanup(func() {
		timer.Stop()
		b.session = ""
		_ = b.send("Browser.close", nil)
		_ = cmd.Wait()
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_, _ = in.Close(), out.Close()
		for range 50 {
			if os.RemoveAll(profile) == nil {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var session struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &session)
	b.session = session.SessionID
	b.call("Runtime.enable", nil, nil)
	b.call("Log.enable", nil, nil)
	b.call("Page.enable", nil, nil)
	b.call("Page.navigate", map[string]any{"url": url}, nil)
	return b
}

func (b *Browser) send(method string, params any) error {
	b.id++
	message := map[string]any{"id": b.id, "method": method, "params": params}
	if b.session != "" {
		message["sessionId"] = b.session
	}
	if params == nil {
		delete(message, "params")
	}
	text, err := json.Marshal(message)
	if err != nil {
		return err
	}
	_, err = b.in.Write(append(text, 0))
	return err
}

// call calls a method of the browser and keeps what the page logs meanwhile.
func (b *Browser) call(method string, params, result any) {
	b.t.Helper()
	if err := b.send(method, params); err != nil {
		b.t.Fatal(err)
	}
	for {
		text, err := b.out.ReadBytes(0)
		if err != nil {
			b.t.Fatalf("%s: the browser has ended: %v", method, err)
		}
		var m struct {
			ID     int
			Method string
			Params json.RawMessage
			Result json.RawMessage
			Error  *struct{ Message string }
		}
		if err := json.Unmarshal(text[:len(text)-1], &m); err != nil {
			b.t.Fatal(err)
		}
		switch {
		case m.Method == "Log.entryAdded" || m.Method == "Runtime.exceptionThrown" || m.Method == "Runtime.consoleAPICalled":
			b.Console = append(b.Console, string(m.Params))
		case m.ID != b.id:
		case m.Error != nil:
			b.t.Fatalf("%s: %s", method, m.Error.Message)
		default:
			if result != nil {
				if err := json.Unmarshal(m.Result, result); err != nil {
					b.t.Fatal(err)
				}
			}
			return
		}
	}
}

// Eval returns what an expression comes to, as text.
func (b *Browser) Eval(expression string) string {
	b.t.Helper()
	var r struct {
		Result           struct{ Value any }
		ExceptionDetails *struct{ Text string }
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true}, &r)
	if r.ExceptionDetails != nil {
		return "exception: " + r.ExceptionDetails.Text
	}
	return fmt.Sprint(r.Result.Value)
}

// Until waits for an expression to come to what is wanted.
func (b *Browser) Until(expression, want string) {
	b.t.Helper()
	got := ""
	for range 300 {
		if got = b.Eval(expression); got == want {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.t.Fatalf("%s is %q, want %q", expression, got, want)
}

// Click clicks in the middle of the element that an expression finds.
func (b *Browser) Click(element string) {
	b.t.Helper()
	var at struct{ X, Y float64 }
	text := b.Eval(fmt.Sprintf(`(() => { const r = (%s).getBoundingClientRect(); return JSON.stringify({x: r.x + r.width / 2, y: r.y + r.height / 2}) })()`, element))
	if err := json.Unmarshal([]byte(text), &at); err != nil {
		b.t.Fatalf("%s: %s", element, text)
	}
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		b.call("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": at.X, "y": at.Y, "button": "left", "clickCount": 1}, nil)
	}
}

// Key presses a key: a name such as ArrowDown, or a character.
func (b *Browser) Key(name string) {
	b.t.Helper()
	down := map[string]any{"type": "keyDown", "key": name}
	if len(name) == 1 {
		down["text"] = name
	}
	if name == "Enter" {
		down["text"] = "\r"
	}
	b.call("Input.dispatchKeyEvent", down, nil)
	b.call("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": name}, nil)
}

// Picture writes what is seen into the folder INFLIGHT_PICTURES, if that is set.
func (b *Browser) Picture(name string) {
	b.t.Helper()
	dir := os.Getenv("INFLIGHT_PICTURES")
	if dir == "" {
		return
	}
	var shot struct{ Data string }
	b.call("Page.captureScreenshot", map[string]any{"format": "png"}, &shot)
	data, err := base64.StdEncoding.DecodeString(shot.Data)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), data, 0o666)
	}
	if err != nil {
		b.t.Error(err)
	}
}

// Prefer makes the browser prefer dark or light pages.
func (b *Browser) Prefer(scheme string) {
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

// Quiet fails the test if the page has logged anything.
func (b *Browser) Quiet() {
	b.t.Helper()
	if len(b.Console) > 0 {
		b.t.Errorf("the page says on its console:\n%s", strings.Join(b.Console, "\n"))
	}
}
