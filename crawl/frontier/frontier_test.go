package frontier_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/batch/batchtest"
	"github.com/inflight-go/inflight/crawl/frontier"
)

func open(t *testing.T, path string, o frontier.Options) *frontier.Frontier {
	t.Helper()
	f, err := frontier.Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func add(t *testing.T, f *frontier.Frontier, urls ...string) {
	t.Helper()
	if _, err := f.Add(t.Context(), pages(urls...)...); err != nil {
		t.Fatal(err)
	}
}

func pages(urls ...string) (pages []frontier.Page) {
	for _, url := range urls {
		pages = append(pages, frontier.Page{URL: url, Referrer: -1})
	}
	return pages
}

// lease leases a page, or says why there is none.
func lease(t *testing.T, f *frontier.Frontier) string {
	t.Helper()
	u, err := f.Lease(t.Context())
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(u.Index, " ", u.Row.URL)
}

// rows is a frontier as a queue of rows, for the tests that all queues have to pass.
type rows struct{ *frontier.Frontier }

func (r rows) Lease(ctx context.Context) (batch.Unit[string], error) {
	u, err := r.Frontier.Lease(ctx)
	return batch.Unit[string]{Index: u.Index, Attempt: u.Attempt, Row: strings.TrimPrefix(u.Row.URL, "http://h/")}, err
}

func (r rows) Retry(ctx context.Context, u batch.Unit[string], after time.Duration) error {
	return r.Frontier.Retry(ctx, batch.Unit[frontier.Page]{
		Index: u.Index, Attempt: u.Attempt, Row: frontier.Page{URL: "http://h/" + u.Row},
	}, after)
}

func TestIsAQueue(t *testing.T) {
	batchtest.TestQueue(t, func(t *testing.T, n int) batch.Queue[string] {
		f := open(t, filepath.Join(t.TempDir(), "log"), frontier.Options{PerHost: 1 << 20})
		for i := range n {
			add(t, f, "http://h/"+strconv.Itoa(i))
		}
		return rows{f}
	})
}

func TestEachPageOnce(t *testing.T) {
	f := open(t, filepath.Join(t.TempDir(), "log"), frontier.Options{})
	for i, want := range []int{3, 1, 0} {
		urls := [][]string{{"http://a/1", "http://a/2", "http://a/1", "http://b/1"}, {"http://a/2", "http://a/3"}, {"http://b/1"}}
		if n, err := f.Add(t.Context(), pages(urls[i]...)...); n != want || err != nil {
			t.Errorf("added %d, %v, want %d", n, err, want)
		}
	}
	if got := f.Stats(); got.Found != 4 || got.Hosts != 2 {
		t.Errorf("%+v", got)
	}
}

func TestAccept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	var asked []string
	accept := func(p frontier.Page) bool {
		asked = append(asked, p.URL)
		return p.URL != "http://a/no"
	}
	f := open(t, path, frontier.Options{Accept: accept})
	add(t, f, "http://a/1", "http://a/no", "http://a/1")
	add(t, f, "http://a/no", "http://a/2")
	f.Close()
	f = open(t, path, frontier.Options{Accept: accept})
	if got := fmt.Sprint(asked, f.Stats().Found); got != "[http://a/1 http://a/no http://a/2 http://a/1 http://a/2] 2" {
		t.Error(got)
	}
}

// Pages that were accepted before a panic are known, and not in the log: the frontier does
// not go on without them, and its log can be read.
func TestAcceptPanics(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pages")
	f := open(t, path, frontier.Options{Accept: func(p frontier.Page) bool {
		if p.URL == "x" {
			panic("of the test")
		}
		return true
	}})
	add(t, f, "a")
	func() {
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		_, _ = f.Add(t.Context(), pages("b", "x", "c")...)
	}()
	if added, err := f.Add(t.Context(), pages("d")...); added != 0 || err == nil {
		t.Error(added, err)
	}
	if _, err := f.Lease(t.Context()); err == nil || err == io.EOF {
		t.Error(err)
	}
	f.Close()
	f = open(t, path, frontier.Options{})
	add(t, f, "b", "c")
	if got := f.Stats().Found; got != 3 {
		t.Errorf("%d pages", got)
	}
}

func TestHostsTakeTurns(t *testing.T) {
	f := open(t, filepath.Join(t.TempDir(), "log"), frontier.Options{PerHost: 2})
	add(t, f, "http://a/1", "http://a/2", "http://a/3", "http://b/1", "http://c/1", "http://b/2")
	var got []string
	for range 5 {
		got = append(got, lease(t, f))
	}
	if s := fmt.Sprint(got); s != "[0 http://a/1 3 http://b/1 4 http://c/1 1 http://a/2 5 http://b/2]" {
		t.Error(s)
	}
	// The third of a's has to wait for one of the others.
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if u, err := f.Lease(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(u, err)
	}
	f.Done(t.Context(), 1)
	if got := lease(t, f); got != "2 http://a/3" {
		t.Error(got)
	}
}

func TestDepthFirst(t *testing.T) {
	f := open(t, filepath.Join(t.TempDir(), "log"), frontier.Options{Order: frontier.DepthFirst, PerHost: 10})
	add(t, f, "http://a/1", "http://a/2")
	first := lease(t, f)
	add(t, f, "http://a/3")
	if got := fmt.Sprint(first, lease(t, f), lease(t, f)); got != "1 http://a/22 http://a/30 http://a/1" {
		t.Error(got)
	}
}

func TestLeaseWaitsForWhatIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t, filepath.Join(t.TempDir(), "log"), frontier.Options{})
		add(t, f, "http://a/1")
		lease(t, f)
		second := make(chan string)
		go func() { second <- lease(t, f) }()
		go func() { second <- lease(t, f) }()
		synctest.Wait()
		add(t, f, "http://b/1")
		if got := <-second; got != "1 http://b/1" {
			t.Error(got)
		}
		f.Done(t.Context(), 0)
		f.Done(t.Context(), 1)
		if got := <-second; got != io.EOF.Error() {
			t.Error("the end is", got)
		}
	})
}

func TestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t, filepath.Join(t.TempDir(), "log"), frontier.Options{Delay: func(host string) time.Duration {
			return map[string]time.Duration{"slow": 10 * time.Second, "fast": time.Second}[host]
		}})
		began := time.Now()
		add(t, f, "http://slow/1", "http://slow/2", "http://fast/1", "http://fast/2", "http://fast/3", "http://none/1")
		var got []string
		for range 6 {
			page := lease(t, f)
			got = append(got, fmt.Sprint(page[len("0 http://"):], "@", time.Since(began)))
		}
		if s := strings.Join(got, " "); s != "slow/1@0s fast/1@0s none/1@0s fast/2@1s fast/3@2s slow/2@10s" {
			t.Error(s)
		}
	})
}

// A host is forgotten when there is nothing left of it, whatever pause it has.
func TestHostsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t, filepath.Join(t.TempDir(), "pages"), frontier.Options{Delay: func(string) time.Duration { return time.Minute }})
		add(t, f, "http://a/1", "http://b/1", "http://b/2")
		f.Hold("c", time.Hour)
		for _, want := range []string{"0 http://a/1", "1 http://b/1", "2 http://b/2"} {
			if got := lease(t, f); got != want {
				t.Errorf("leased %s, want %s", got, want)
			}
			index, _ := strconv.ParseInt(want[:1], 10, 64)
			if err := f.Done(t.Context(), index); err != nil {
				t.Fatal(err)
			}
		}
		for _, row := range []struct {
			after time.Duration
			hosts int
		}{{0, 2}, {time.Minute, 1}, {time.Hour - 2*time.Minute, 0}} {
			time.Sleep(row.after)
			synctest.Wait()
			if got := f.Stats().Hosts; got != row.hosts {
				t.Errorf("%v later %d hosts, want %d", row.after, got, row.hosts)
			}
		}
	})
}

func TestHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t, filepath.Join(t.TempDir(), "log"), frontier.Options{})
		began := time.Now()
		add(t, f, "http://a/1", "http://A/2", "http://b/1")
		f.Hold("A", time.Minute)
		f.Hold("a", time.Second) // never shorter
		if got := lease(t, f); got != "2 http://b/1" {
			t.Error(got)
		}
		if got := lease(t, f); got != "0 http://a/1" || time.Since(began) != time.Minute {
			t.Error(got, time.Since(began))
		}
		f.Hold("a", time.Hour)
		f.Hold("unknown", time.Hour)
		if got := lease(t, f); got != "1 http://A/2" || time.Since(began) != time.Minute+time.Hour {
			t.Error(got, time.Since(began))
		}
	})
}

func TestHoldWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t, filepath.Join(t.TempDir(), "log"), frontier.Options{Delay: func(string) time.Duration { return time.Second }})
		began := time.Now()
		add(t, f, "http://a/1", "http://a/2", "http://b/1", "http://b/2")
		lease(t, f)
		lease(t, f)
		f.Hold("a", time.Minute) // both wait for a second; now b comes first
		if got := fmt.Sprint(lease(t, f), " ", time.Since(began)); got != "3 http://b/2 1s" {
			t.Error(got)
		}
		if got := fmt.Sprint(lease(t, f), " ", time.Since(began)); got != "1 http://a/2 1m0s" {
			t.Error(got)
		}
	})
}

func TestRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t, filepath.Join(t.TempDir(), "log"), frontier.Options{PerHost: 1})
		began := time.Now()
		add(t, f, "http://a/1", "http://a/2")
		u, _ := f.Lease(t.Context())
		if err := f.Retry(t.Context(), u, time.Minute); err != nil {
			t.Fatal(err)
		}
		if err := f.Retry(t.Context(), u, time.Minute); err != batch.ErrNotLeased {
			t.Error("given back twice:", err)
		}
		second, _ := f.Lease(t.Context())
		f.Done(t.Context(), second.Index)
		again, err := f.Lease(t.Context())
		if err != nil || again.Index != 0 || again.Attempt != 2 || time.Since(began) != time.Minute {
			t.Error(again, err, time.Since(began))
		}
	})
}

// A host that was left has room for another page; the page that was left is not done.
func TestLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t, filepath.Join(t.TempDir(), "log"), frontier.Options{PerHost: 1})
		add(t, f, "http://a/1", "http://a/2", "http://a/3")
		first, _ := f.Lease(t.Context())
		got := make(chan int64)
		go func() {
			u, _ := f.Lease(t.Context())
			got <- u.Index
		}()
		synctest.Wait()
		select {
		case index := <-got:
			t.Fatal("leased meanwhile:", index)
		default:
		}
		f.Leave(first.Index)
		f.Leave(first.Index)
		f.Leave(77)
		if index := <-got; index != 1 {
			t.Error("leased:", index)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if u, err := f.Lease(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error("to leave twice made room for two:", u, err)
		}
		if s := f.Stats(); s.Leased != 2 || s.Done != 0 {
			t.Errorf("%+v", s)
		}
		if err := f.Extend(t.Context(), 0, 0); err != nil {
			t.Error("a page that was left:", err)
		}
		f.Done(t.Context(), 1)
		// The page that was left is given back, and comes again behind the one that waits.
		if err := f.Retry(t.Context(), first, 0); err != nil {
			t.Error(err)
		}
		for _, want := range []string{"2 http://a/3", "0 http://a/1"} {
			if got := lease(t, f); got != want {
				t.Error(got, want)
			}
			f.Leave(int64(want[0] - '0'))
			f.Done(t.Context(), int64(want[0]-'0'))
		}
		if _, err := f.Lease(t.Context()); err != io.EOF {
			t.Error(err)
		}
		if s := f.Stats(); s.Hosts != 0 || s.Leased != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// A page that was left can be given back too, and who waits gets it.
func TestRetryOfWhatWasLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t, filepath.Join(t.TempDir(), "f"), frontier.Options{})
		add(t, f, "http://a.test/")
		u, err := f.Lease(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got := make(chan batch.Unit[frontier.Page])
		go func() {
			u, _ := f.Lease(t.Context())
			got <- u
		}()
		synctest.Wait()
		f.Leave(u.Index)
		if err := f.Retry(t.Context(), u, 0); err != nil {
			t.Fatal(err)
		}
		if again := <-got; again.Key != u.Key || again.Attempt != 2 {
			t.Errorf("%+v", again)
		}
	})
}

func TestReopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	f := open(t, path, frontier.Options{})
	f.Add(t.Context(), frontier.Page{URL: "http://a/1", Referrer: -1}, frontier.Page{URL: "http://a/2", Depth: 3, Hops: 2, Referrer: 0}, frontier.Page{URL: "http://b/1"})
	lease(t, f)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	f = open(t, path, frontier.Options{Done: func(index int64) bool { return index == 2 }})
	u, err := f.Lease(t.Context())
	if err != nil || u.Row.URL != "http://a/1" {
		t.Error("what was leased and not done comes again, but", u, err)
	}
	u, err = f.Lease(t.Context())
	if err != nil || u.Row != (frontier.Page{URL: "http://a/2", Depth: 3, Hops: 2, Referrer: 0}) || u.Index != 1 {
		t.Error(u, err)
	}
	add(t, f, "http://b/1", "http://b/2")
	if got := f.Stats(); got.Found != 4 || got.Done != 1 || f.Skipped() != 1 {
		t.Errorf("%+v", got)
	}
	f.Done(t.Context(), 0)
	f.Done(t.Context(), 1)
	if got := lease(t, f); got != "3 http://b/2" {
		t.Error(got)
	}
	f.Done(t.Context(), 3)
	if got := lease(t, f); got != io.EOF.Error() {
		t.Error(got)
	}
}

// Whatever part of the last line is there, the lines before it count, and the next
// page takes its place.
func TestTornTail(t *testing.T) {
	dir := t.TempDir()
	f := open(t, filepath.Join(dir, "whole"), frontier.Options{})
	add(t, f, "http://a/1", "http://a/2?with=something+longer+than+what+comes+after+it")
	f.Close()
	whole, err := os.ReadFile(filepath.Join(dir, "whole"))
	if err != nil {
		t.Fatal(err)
	}
	first := strings.IndexByte(string(whole), '\n') + 1
	for size := range len(whole) + 1 {
		path := filepath.Join(dir, strconv.Itoa(size))
		if err := os.WriteFile(path, whole[:size], 0o644); err != nil {
			t.Fatal(err)
		}
		var want int64
		if size >= first {
			want++
		}
		if size == len(whole) {
			want++
		}
		f := open(t, path, frontier.Options{})
		if got := f.Stats().Found; got != want {
			t.Errorf("of %d bytes: %d pages, want %d", size, got, want)
		}
		add(t, f, "http://new/")
		f.Close()
		if f := open(t, path, frontier.Options{}); f.Stats().Found != want+1 {
			t.Errorf("of %d bytes and a page more: %+v", size, f.Stats())
		}
	}
}

func TestNotALog(t *testing.T) {
	for name, text := range map[string]string{
		"text":        "hello\n",
		"fields":      "0\t0\t-1\n",
		"index":       "0\t0\t-1\thttp://a/\n2\t0\t-1\thttp://b/\n",
		"number":      "0\tdeep\t-1\thttp://a/\n",
		"no url":      "0\t0\t-1\t\n",
		"endless":     strings.Repeat("x", 3<<20) + "\n",
		"binary line": "\x00\x01\x02\n",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "log")
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := frontier.Open(path, frontier.Options{})
			if _, ok := errors.AsType[*frontier.CorruptError](err); !ok || !strings.Contains(err.Error(), path) {
				t.Error(err)
			}
			if after, _ := os.ReadFile(path); string(after) != text {
				t.Error("the file was changed")
			}
		})
	}
}

func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t, filepath.Join(t.TempDir(), "log"), frontier.Options{Delay: func(string) time.Duration { return time.Hour }})
		add(t, f, "http://a/1", "http://a/2", "http://b/1")
		u, _ := f.Lease(t.Context())
		lease(t, f)
		f.Retry(t.Context(), u, time.Minute)
		ended := make(chan string)
		go func() { ended <- lease(t, f) }()
		synctest.Wait()
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		if got := <-ended; got != frontier.ErrClosed.Error() {
			t.Error(got)
		}
		if _, err := f.Add(t.Context(), pages("http://c/")...); err != frontier.ErrClosed {
			t.Error(err)
		}
		if err := f.Close(); err != nil {
			t.Error("the second time:", err)
		}
	})
}

func TestBadURLPanics(t *testing.T) {
	f := open(t, filepath.Join(t.TempDir(), "log"), frontier.Options{})
	for _, url := range []string{"", "a\tb", "a\nb", strings.Repeat("x", frontier.MaxURL+1)} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%.10q was taken", url)
				}
			}()
			f.Add(t.Context(), frontier.Page{URL: url})
		}()
	}
	add(t, f, strings.Repeat("x", frontier.MaxURL))
	if got := lease(t, f); len(got) != frontier.MaxURL+2 {
		t.Error("the longest URL comes back with", len(got))
	}
}

// Many workers, each page linking to others: all are leased once, and no host more
// often at once than it may be.
func TestManyWorkers(t *testing.T) {
	const n, perHost = 3000, 3
	f := open(t, filepath.Join(t.TempDir(), "log"), frontier.Options{PerHost: perHost})
	url := func(i int) string { return fmt.Sprintf("http://host%d/%d", i%7, i) }
	add(t, f, url(0))
	var leased [n]atomic.Int32
	var active [7]atomic.Int32
	err := inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
		for range 50 {
			g.Go(func(ctx context.Context) error {
				for {
					u, err := f.Lease(ctx)
					if err == io.EOF {
						return nil
					}
					if err != nil {
						return err
					}
					var i int
					fmt.Sscanf(u.Row.URL[strings.LastIndexByte(u.Row.URL, '/'):], "/%d", &i)
					if u.Attempt == 1 {
						leased[i].Add(1)
					}
					if active[i%7].Add(1) > perHost {
						return errors.New("too many of one host at once")
					}
					for k := 1; k <= 3; k++ {
						if next := 3*i + k; next < n {
							if _, err := f.Add(ctx, frontier.Page{URL: url(next)}, frontier.Page{URL: url(i / 2)}); err != nil {
								return err
							}
						}
					}
					active[i%7].Add(-1)
					if i%10 == 9 && u.Attempt == 1 {
						err = f.Retry(ctx, u, time.Duration(i%3)*time.Microsecond)
					} else {
						err = f.Done(ctx, u.Index)
					}
					if err != nil {
						return err
					}
				}
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range leased {
		if leased[i].Load() != 1 {
			t.Fatalf("page %d was leased %d times", i, leased[i].Load())
		}
	}
	if got := f.Stats(); got.Done != n || got.Leased+got.Waiting != 0 || got.Hosts != 0 {
		t.Errorf("%+v", got)
	}
}

// What is no log is not taken for a torn one, and stays.
func TestForeignFiles(t *testing.T) {
	for text, ours := range map[string]bool{
		"": true, "0": true, "0\t0\t-1\thttp": true, "0\t0\t-1\thttp://a/\n": true, "\x00\x00": true,
		"a list": false, "a list\nof things\n": false, "1\t0\t-1\thttp://a/\n": false,
	} {
		path := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		fr, err := frontier.Open(path, frontier.Options{})
		if _, corrupt := errors.AsType[*frontier.CorruptError](err); corrupt == ours {
			t.Errorf("%q is opened: %v", text, err)
		}
		if err == nil {
			fr.Close()
		}
		err = frontier.Remove(path)
		if _, corrupt := errors.AsType[*frontier.CorruptError](err); corrupt == ours {
			t.Errorf("%q is removed: %v", text, err)
		}
		if _, err := os.Stat(path); (err == nil) == ours {
			t.Errorf("%q is there: %v", text, err)
		}
		if got, _ := os.ReadFile(path); !ours && string(got) != text {
			t.Errorf("%q has become %q", text, got)
		}
	}
	if err := frontier.Remove(filepath.Join(t.TempDir(), "none")); err != nil {
		t.Error(err)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte("0\t0\t-1\thttp://a/\n1\t1\t0\thttp://b/\n"))
	f.Add([]byte("0\t0\t-1\thttp"))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		fr, err := frontier.Open(path, frontier.Options{})
		if err != nil {
			return
		}
		found := fr.Stats().Found
		if err := fr.Close(); err != nil {
			t.Fatal(err)
		}
		again := open(t, path, frontier.Options{})
		if again.Stats().Found != found {
			t.Error("opened again, it is another")
		}
	})
}
