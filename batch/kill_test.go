package batch_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/internal/killtest"
)

// A childJob is a job that runs in a process of its own.
type childJob struct {
	path  string
	units int
	order batch.Order
	retry bool // the failures again
	slow  bool // the first unit
	mode  string
}

// row is what unit i brings in an uninterrupted run; every seventh fails the first
// time.
func (c childJob) row(i int64) string {
	pad := strings.Repeat("x", int(i*i%97))
	switch {
	case i%7 != 3:
		return fmt.Sprintf(`"ok":true,"row":%d,"pad":"%s"`, i, pad)
	case c.retry:
		return fmt.Sprintf(`"ok":true,"row":%d,"again":true`, i)
	}
	return fmt.Sprintf(`"ok":false,"row":%d,"pad":"%s"`, i, pad)
}

func (c childJob) want() (lines []string) {
	for i := range int64(c.units) {
		lines = append(lines, string(line(i, c.row(i)).Data))
	}
	slices.Sort(lines)
	return lines
}

// env is what the process is told: it resumes the job, or begins it.
func (c childJob) env() []string {
	return []string{"BATCH_CHILD=run" + c.mode, "BATCH_OUT=" + c.path,
		fmt.Sprintf("BATCH_JOB=%d %d %v %v", c.units, c.order, c.retry, c.slow)}
}

// child is what the process does. It returns the exit code.
func child(mode string) int {
	if mode == "full" {
		return fullChild()
	}
	c := childJob{path: os.Getenv("BATCH_OUT")}
	if _, err := fmt.Sscan(os.Getenv("BATCH_JOB"), &c.units, &c.order, &c.retry, &c.slow); err != nil {
		fmt.Println(err)
		return 2
	}
	run := c.run
	if mode == "runcompact" {
		run = c.compact
	}
	if err := run(); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

func (c childJob) run() error {
	out, err := batch.Open(c.path, batch.Job{Options: map[string]string{"units": strconv.Itoa(c.units)}}, batch.JournalOptions{
		Resume: true, RetryFailed: c.retry, SyncDelay: 5 * time.Millisecond, SyncLines: 100, CheckpointMin: 1,
	})
	if err != nil {
		return err
	}
	fmt.Println("ready")
	in := batch.NewCursor(ints(c.units), batch.CursorOptions[int64]{Skip: out.Done})
	defer in.Close()
	work := func(ctx context.Context, u batch.Unit[int64]) ([]byte, error) {
		switch {
		case c.slow && u.Index == 0:
			time.Sleep(20 * time.Millisecond)
		case u.Index%4 == 0:
			time.Sleep(time.Duration(u.Index%5) * 100 * time.Microsecond)
		}
		return line(u.Index, c.row(u.Index)).Data, nil
	}
	_, err = batch.Run(context.Background(), in, work, out, batch.Options{
		Concurrency: 16, Order: c.order, Window: batch.Window{Lines: 50},
	})
	if err == nil {
		err = out.Compact(context.Background())
	}
	return errors.Join(err, out.Close())
}

// compact only compacts.
func (c childJob) compact() error {
	out, err := batch.Open(c.path, batch.Job{}, batch.JournalOptions{Resume: true})
	if err != nil {
		return err
	}
	fmt.Println("ready")
	return errors.Join(out.Compact(context.Background()), out.Close())
}

func ints(n int) iter.Seq2[int64, error] {
	return func(yield func(int64, error) bool) {
		for i := range int64(n) {
			if !yield(i, nil) {
				return
			}
		}
	}
}

// finish runs the job, killing it n times at random moments, until it ends by itself.
func (c childJob) finish(t *testing.T, n int, random *rand.Rand) (killed int) {
	t.Helper()
	return killtest.UntilDone(t, random, n, 40*time.Millisecond, c.env()...)
}

// A job that is killed again and again has the output of one that was not.
func TestKilled(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	for _, suffix := range suffixes {
		for _, order := range []batch.Order{batch.OrderCompletion, batch.OrderInput} {
			t.Run(order.String()+suffix, func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(seed, 0))
				for n := killtest.Kills("BATCH_KILLS", 6); n > 0; {
					c := childJob{path: outPath(t, suffix), units: 4000, order: order, slow: order == batch.OrderInput}
					n -= c.finish(t, n, random)
					c.check(t)
					c.retry = true
					n -= c.finish(t, n, random)
					c.check(t)
				}
			})
		}
	}
}

// check looks at what a finished job has left.
func (c childJob) check(t *testing.T) {
	t.Helper()
	got := linesOf(t, c.path)
	if c.order == batch.OrderInput && !c.retry && !slices.IsSortedFunc(got, byIndex) {
		t.Error("the lines are not in the order of the input")
	}
	slices.Sort(got)
	if want := c.want(); !slices.Equal(got, want) {
		missing, extra := difference(want, got), difference(got, want)
		t.Fatalf("%d lines, want %d; missing: %.300q; too many: %.300q", len(got), len(want), missing, extra)
	}
	for _, name := range []string{".compact", ".spill", ".ckpt.tmp"} {
		if _, err := os.Stat(c.path + name); err == nil {
			t.Errorf("%s was left behind", name)
		}
	}
}

func byIndex(a, b string) int {
	i, _, _ := batch.ParseLine([]byte(a))
	k, _, _ := batch.ParseLine([]byte(b))
	return int(i - k)
}

// difference returns what is in a, and not as often in b.
func difference(a, b []string) (d []string) {
	count := make(map[string]int)
	for _, s := range b {
		count[s]++
	}
	for _, s := range a {
		if count[s]--; count[s] < 0 {
			d = append(d, s)
		}
	}
	return d
}

// A compaction that is killed has happened or not; nothing is lost either way.
func TestCompactKilled(t *testing.T) {
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	for _, suffix := range suffixes {
		path := outPath(t, suffix)
		j := mustOpen(t, path, batch.JournalOptions{})
		const n = 10_000
		var want []string
		var old, again []batch.Line
		for i := range int64(n) {
			l := line(i, `"ok":false,"text":"some text that is replaced, or not"`)
			old = append(old, l)
			if i%2 == 0 {
				l = line(i, `"ok":true,"text":"another text"`)
				again = append(again, l)
			}
			want = append(want, string(l.Data))
		}
		slices.Sort(want)
		mustCommit(t, j, old...)
		mustClose(t, j)
		j = mustOpen(t, path, batch.JournalOptions{RetryFailed: true})
		mustCommit(t, j, again...)
		mustClose(t, j)
		before := mustRead(t, path)
		c := childJob{path: path, mode: "compact"}
		for range (killtest.Kills("BATCH_KILLS", 6) + 1) / 2 {
			mustWrite(t, path, before)
			killed := c.finish(t, 1, random)
			if got := slices.Sorted(slices.Values(linesOf(t, path))); !slices.Equal(got, want) {
				t.Fatalf("%s: killed %d times: %d lines, want %d", suffix, killed, len(got), len(want))
			}
			if _, err := os.Stat(path + ".compact"); err == nil {
				t.Errorf("%s: the temporary file was left behind", suffix)
			}
		}
	}
}

// While one process writes, another is refused, and harms nothing.
func TestTwoProcesses(t *testing.T) {
	path := outPath(t, "")
	j, err := batch.Open(path, batch.Job{Options: map[string]string{"units": "10"}}, batch.JournalOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	mustCommit(t, j, line(100, `"x":1`))
	c := childJob{path: path, units: 10}
	if said, err := killtest.Self(t, c.env()...).CombinedOutput(); err == nil || !strings.Contains(string(said), batch.ErrLocked.Error()) {
		t.Fatalf("a second process: %v, %s; want ErrLocked", err, said)
	}
	wantFile(t, path, line(100, `"x":1`))
	mustClose(t, j)
	if said, err := killtest.Self(t, c.env()...).CombinedOutput(); err != nil {
		t.Fatalf("a process after the first has closed: %v, %s", err, said)
	}
	if got := linesOf(t, path); len(got) != 11 {
		t.Errorf("%d lines, want 11", len(got))
	}
}
