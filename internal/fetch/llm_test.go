package fetch_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/internal/fetch"
)

// The limits of an LLM's API are kept to, exactly, and used: 2000 rows under 500
// requests and so many tokens in any minute, settled by the usage that the answers
// report. One time the requests are what binds, one time the tokens, and one time one
// and then the other: what is reserved waits for its turn in the rate.
func TestChatLimits(t *testing.T) {
	for name, tokens := range map[string]int{"requests": 100_000, "tokens": 25_000, "both": 25_001} {
		t.Run(name, func(t *testing.T) {
			const rows = 2000
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				o := fetch.Defaults()
				o.Input, o.Output = []string{prompts(t, dir, rows)}, filepath.Join(dir, "out.jsonl")
				o.Post = fmt.Sprintf("demo:///chat/completions?latency=1500ms&rpm=500&tpm=%d", tokens)
				o.JSON = `{"model":"m","messages":{{json .messages}}}`
				if o.Rate = "500/1m"; name != "both" {
					o.Burst = 500
				}
				o.Budget, o.Cost, o.Settle = []string{fmt.Sprintf("tokens=%d/1m", tokens)}, []string{"(.messages[0].content|length)/4 + 110"}, []string{".usage.total_tokens"}
				job, err := fetch.New(t.Context(), o, nil, nil)
				if err != nil {
					t.Fatal(err)
				}
				defer job.Close()
				if _, err := job.Run(t.Context()); err != nil {
					t.Fatal(err)
				}
			})
			checkChat(t, filepath.Join(dir, "out.jsonl"), rows, tokens)
		})
	}
}

// With nothing but what the answers say of the limits, none is passed either, and the
// job takes little longer than it has to: 4 min by the requests, 5.5 min by the tokens.
func TestChatLearned(t *testing.T) {
	for tokens, most := range map[int]time.Duration{100_000: 5 * time.Minute, 25_000: 8 * time.Minute} {
		t.Run(fmt.Sprintf("%d tokens", tokens), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o, dir := fetch.Defaults(), t.TempDir()
				o.Input, o.Output = []string{prompts(t, dir, 2000)}, filepath.Join(dir, "out.jsonl")
				o.Post = fmt.Sprintf("demo:///chat/completions?latency=1500ms&rpm=500&tpm=%d", tokens)
				o.JSON = `{"model":"m","messages":{{json .messages}}}`
				o.Learn = true
				job, err := fetch.New(t.Context(), o, nil, nil)
				if err != nil {
					t.Fatal(err)
				}
				defer job.Close()
				began := time.Now()
				sum, err := job.Run(t.Context())
				if err != nil || sum.OK != 2000 || sum.Retries > 0 || time.Since(began) > most {
					t.Errorf("%d ok, %d refused, in %v: %v", sum.OK, sum.Retries, time.Since(began), err)
				}
			})
		})
	}
}

func prompts(t *testing.T, dir string, rows int) string {
	t.Helper()
	var b strings.Builder
	for i := range rows {
		fmt.Fprintf(&b, `{"messages":[{"role":"user","content":"row %d, %s"}]}`+"\n", i, strings.Repeat("word ", i%13))
	}
	path := filepath.Join(dir, "prompts.jsonl")
	if err := os.WriteFile(path, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

type chatLine struct {
	OK       bool
	Attempts int
	Started  time.Time
	Cost     struct{ Tokens int }
	Timings  struct{ Rate, Queue float64 } // in ms
	JSON     struct {
		Usage struct {
			Total int `json:"total_tokens"`
		}
	}
}

// sent is when the request was sent.
func (l *chatLine) sent() time.Time {
	return l.Started.Add(time.Duration((l.Timings.Rate + l.Timings.Queue) * float64(time.Millisecond)))
}

func checkChat(t *testing.T, path string, rows, tokens int) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var lines []chatLine
	for line := range strings.Lines(string(text)) {
		var l chatLine
		if err := json.Unmarshal([]byte(line), &l); err != nil || !l.OK || l.Attempts != 1 || l.Cost.Tokens != l.JSON.Usage.Total {
			t.Fatalf("%s: %v", line, err) // a limit that is passed would be a second attempt
		}
		lines = append(lines, l)
	}
	if len(lines) != rows {
		t.Fatalf("%d lines", len(lines))
	}
	slices.SortFunc(lines, func(a, b chatLine) int { return a.sent().Compare(b.sent()) })
	first, last := lines[0].sent(), lines[rows-1].sent()
	whole := int(last.Sub(first) / time.Minute)
	spent, requests := 0, 0
	for _, l := range lines {
		if l.sent().Sub(first) < time.Duration(whole)*time.Minute {
			spent += l.Cost.Tokens
			requests++
		}
	}
	share := max(float64(requests)/float64(500*whole), float64(spent)/float64(tokens*whole))
	t.Logf("%d rows in %v; of %d whole minutes %d requests, %d tokens: %.1f %%", rows, last.Sub(first), whole, requests, spent, 100*share)
	if whole < 3 || share < 0.95 || share > 1 {
		t.Errorf("%.1f %% of what binds is used, want 95 %% to 100 %%", 100*share)
	}
}
