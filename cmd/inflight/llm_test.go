package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/inflight-go/inflight/internal/origin"
)

// A paying is the chat endpoint of an origin that counts what was paid for: the
// answers 200, by prompt.
type paying struct {
	origin   *origin.Origin
	mu       sync.Mutex
	paid     map[string]int
	refused  int
	inFlight int
}

func (p *paying) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	var ask struct{ Messages []struct{ Content string } }
	json.Unmarshal(body, &ask)
	p.count(func() { p.inFlight++ })
	watch := &statusWriter{ResponseWriter: w, status: 200}
	p.origin.ServeHTTP(watch, r)
	p.count(func() {
		p.inFlight--
		if watch.status == 200 {
			p.paid[ask.Messages[0].Content]++
		} else {
			p.refused++
		}
	})
}

func (p *paying) count(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// What was paid for before the process was killed is not paid for again, but for what
// was in flight: a request for each worker, and lines on their way to the file.
func TestChatKilled(t *testing.T) {
	const most = 4 * 40 // as package batch has it, for 40 workers
	rows, window, kills := 800, 500*time.Millisecond, 3
	if os.Getenv("INFLIGHT_SOAK") != "" {
		rows, window, kills = 2000, 10*time.Second, 10
	}
	served := &paying{origin: origin.New(origin.Options{Requests: 500, Tokens: 25_000, Minute: window * 9 / 10}), paid: make(map[string]int)}
	url := httpServer(t, served.ServeHTTP)
	dir := t.TempDir()
	var prompts strings.Builder
	for i := range rows {
		fmt.Fprintf(&prompts, `{"messages":[{"role":"user","content":"row %d, %s"}]}`+"\n", i, strings.Repeat("word ", i%13))
	}
	if err := os.WriteFile(dir+"/prompts.jsonl", []byte(prompts.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	lost := 0
	for ; ; kills-- {
		cmd := process(t, "fetch", "-i", "prompts.jsonl", "--post", url+"/chat/completions?latency=10ms", "-o", "out.jsonl", "-c", "40", "--resume",
			"--json", `{"model":"m","messages":{{json .messages}}}`, "--rate", fmt.Sprintf("500/%v", window), "--burst", "20",
			"--budget", fmt.Sprintf("tokens=25000/%v", window), "--cost", "(.messages[0].content|length)/4 + 110", "--settle", ".usage.total_tokens")
		cmd.Dir = dir
		if kills <= 0 {
			if code, _, errOut := run(t, cmd); code != 0 {
				t.Fatalf("exit code %d: %s", code, errOut)
			}
			break
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(window/2 + rand.N(window))
		cmd.Process.Signal(syscall.SIGKILL)
		cmd.Wait()
		unwritten := served.answers() - lost - written(t, dir+"/out.jsonl")
		t.Logf("%d were paid for and have no line", unwritten)
		if unwritten > most {
			t.Errorf("%d were paid for and have no line, want at most %d", unwritten, most)
		}
		lost += unwritten
	}
	wantLines(t, results(t, dir+"/out.jsonl"), rows)
	if n := served.answers(); len(served.paid) != rows || n != rows+lost {
		t.Errorf("%d rows of %d were paid for, %d times in all, and %d have lost their answer", len(served.paid), rows, n, lost)
	}
}

// answers waits until nothing is in flight, and returns how many were paid for.
func (p *paying) answers() (n int) {
	for busy := true; busy; time.Sleep(time.Millisecond) {
		p.count(func() { busy = p.inFlight > 0 })
	}
	p.count(func() {
		for _, times := range p.paid {
			n += times
		}
	})
	return n
}

// written returns how many whole lines a file has, if it is there.
func written(t *testing.T, path string) int {
	text, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.Count(string(text), "\n")
}
