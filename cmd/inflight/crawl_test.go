package main_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/inflight-go/inflight/internal/origin"
)

// A site of sitePages pages has that many URLs, one more for the first of them, and two
// that robots.txt forbids.
const (
	sitePages = 60
	siteURLs  = sitePages + 1 + 2
)

// The demo site is walked: each page has one line, with what was asked for.
func TestCrawlDemo(t *testing.T) {
	cmd := process(t, "crawl", "demo:///site/?pages=60", "-o", "out.jsonl", "--extract", "title=h1", "--extract", "price=span.price | number")
	code, out, errOut := run(t, cmd)
	if code != 0 || out != "" || !strings.Contains(errOut, "2 forbidden by robots.txt") {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, out, errOut)
	}
	text := read(t, output(cmd, "out.jsonl"))
	if n := strings.Count(text, "\n"); n != siteURLs {
		t.Errorf("%d lines, want %d", n, siteURLs)
	}
	if n := strings.Count(text, `"title":"Page `); n != 2*(sitePages+1) { // the title, and the field
		t.Errorf("%d titles", n)
	}
	if n := strings.Count(text, `"skipped":"robots"`); n != 2 {
		t.Errorf("%d pages are left out", n)
	}
	table := process(t, "convert", "out.jsonl", "--fields", "url,title,extract.price,skipped,from,links")
	table.Dir = cmd.Dir
	code, out, errOut = run(t, table)
	head, _, _ := strings.Cut(out, "\n")
	if code != 0 || head != "url,title,extract.price,skipped,from,links" || strings.Count(out, "\n") != siteURLs+1 || strings.Count(out, ",robots,") != 2 {
		t.Errorf("exit code %d: %s\n%s", code, errOut, out)
	}
	if page := "demo://origin/site/7?pages=60,Page 7: the compass,53.68,,"; !strings.Contains(out, page) {
		t.Errorf("want %s… in\n%s", page, out)
	}
}

// The headers of -H are sent, and those that are secret stand nowhere.
func TestCrawlHeaders(t *testing.T) {
	got := make(chan string, 100)
	url := httpServer(t, func(w http.ResponseWriter, r *http.Request) {
		got <- r.Header.Get("X-Api-Key") + r.Header.Get("Authorization")
	})
	cmd := process(t, "crawl", url+"/", "-o", "out.jsonl", "--warc", "site.warc", "-H", "X-Api-Key: hush-key", "-H", "X-Team: a", "--bearer", "hush-bearer", "--max-errors", "1")
	_, out, errOut := run(t, cmd)
	if sent := <-got; sent != "hush-keyBearer hush-bearer" {
		t.Errorf("the server got %q", sent)
	}
	if all := out + errOut + leftBehind(t, cmd.Dir); strings.Contains(all, "hush") || !strings.Contains(all, "X-Team: a") {
		t.Errorf("%s", all)
	}
}

// Rules, bodies in files and an archive, which a crawl that does not go on leaves alone.
func TestCrawlKeeps(t *testing.T) {
	cmd := process(t, "crawl", "demo:///site/?pages=60", "-o", "out.jsonl", "--rules", "rules.yaml", "--save", "pages", "--warc", "site.warc")
	write(t, cmd, "rules.yaml", "rules:\n  - name: page\n    match: /site/\n    fields: {head: h1}\n")
	if code, _, errOut := run(t, cmd); code != 0 {
		t.Fatalf("exit code %d: %s", code, errOut)
	}
	text := read(t, output(cmd, "out.jsonl"))
	if n := strings.Count(text, `"rule":"page","extract":{"head":"Page `); n != sitePages+1 {
		t.Errorf("%d pages by the rule", n)
	}
	for line := range strings.Lines(text) {
		_, path, kept := strings.Cut(line, `"body_file":"`)
		path, _, _ = strings.Cut(path, `"`)
		if kept == strings.Contains(line, `"skipped"`) || kept && !strings.Contains(read(t, output(cmd, path)), "<h1>Page ") {
			t.Errorf("the body of %s", line)
		}
	}
	archive := read(t, output(cmd, "site.warc"))
	if n := strings.Count(archive, "WARC-Type: response"); n != sitePages+2 { // robots.txt too
		t.Errorf("%d answers in the archive", n)
	}
	again := process(t, "crawl", "demo:///site/?pages=60", "-o", "other.jsonl", "--warc", "site.warc")
	again.Dir = cmd.Dir
	if code, _, errOut := run(t, again); code != 6 || !strings.Contains(errOut, "--resume") || read(t, output(cmd, "site.warc")) != archive {
		t.Errorf("exit code %d: %s", code, errOut)
	}
	bad := process(t, "crawl", "demo:///site/", "-o", "other.jsonl", "--rules", "rules.yaml")
	write(t, bad, "rules.yaml", "rules:\n  - nam: page\n")
	if code, _, errOut := run(t, bad); code != 2 || !strings.Contains(errOut, "rules.yaml:2:5") || !strings.Contains(errOut, `"name"`) {
		t.Errorf("exit code %d: %s", code, errOut)
	}
}

// What is wrong is told, with the code of its kind, before anything is fetched.
func TestCrawlBadUsage(t *testing.T) {
	for _, row := range []struct {
		args string
		code int
		want string
	}{
		{"", 2, "demo:///site/"},
		{"demo:///site/", 2, "-o pages.jsonl"},
		{"shop.example -o x", 2, "https://shop.example"},
		{"http:/shop.example/tea -o x", 2, "did you mean http://shop.example/tea?"},
		{"shop.example:/ -o x", 2, "is no URL"},
		{"demo:///site/ -o -", 2, "--output -"},
		{"demo:///site/ -o .", 2, "--output ."},
		{"demo:///site/ -o x.csv", 2, "--output x.csv: a crawl writes JSON lines"},
		{"demo:///site/ -o x.tsv.gz", 2, "--output x.tsv.gz: a crawl writes JSON lines"},
		{"ftp://a.example/ -o x", 2, "http or https"},
		{"demo:///site/ -o x --extract a=h1 --extract a=h2", 2, `two fields "a"`},
		{"demo:///site/ -o x --scope here", 2, `--scope "here"`},
		{"demo:///site/ -o x --include (", 2, `--include "("`},
		{"demo:///site/ -o x --extract h1", 2, "name=selector"},
		{"demo:///site/ -o x --item li", 2, "--extract"},
		{"demo:///site/ -o x --resume --force", 2, "--force"},
		{"demo:///site/ -o x --robots-agent a/1", 2, "--robots-agent"},
		{"demo:///site/ -o x --dept 3", 2, "--depth"},
		{"demo:///site/ -o x --crawl-delay soon", 2, "--crawl-delay"},
		{"demo:///site/ -o x --strip-param sid,gclid", 2, `--strip-param: "sid,gclid": the name of one parameter`},
		{"demo:///site/ -o x --strip-param *sid*", 2, "--strip-param"},
		{"demo:///site/ -o x --strip-param sid=7", 2, "--strip-param"},
		{"demo:///site/ -o x --accept htm", 2, "--accept"},
		{"demo:///site/ -o x --charset latin-99", 2, "--charset"},
		{"demo:///site/ -o x --follow a[", 2, "--follow"},
		{"demo:///site/ -o x --depth -3", 2, "--depth"},
		{"demo:///site/ -o x --max-pages -1", 2, "--max-pages"},
		{"demo:///site/ -o x --max-per-host -1", 2, "--max-per-host"},
		{"demo:///site/ -o x --per-host -1", 2, "--per-host"},
		{"demo:///site/ -o x --max-errors -1", 2, "--max-errors"},
		{"demo:///site/ -o x --concurrency 0", 2, "--concurrency"},
		{"demo:///site/private/0 -o x", 7, "robots.txt forbids it"},
		{"demo:///status/404 -o x --retries 0", 1, "0 ok, 1 failed | "},
		{"demo:///status/404 -o x --retries 0", 1, "the first failure: demo://origin/status/404: 404 Not Found"},
		{"http://127.0.0.1:1/ -o x --retries 0", 1, "0 ok, 1 failed | "},
		{"http://127.0.0.1:1/ -o x --retries 0", 1, "robots.txt can't be had"},
		{"demo:///site/ -o x --max-pages 5 --fsync soon", 2, "--fsync"},
		{"demo:///site/ -o " + os.DevNull, 2, "a file is wanted"},
		{"demo:///site/ -o x --save ./x", 2, "--save ./x: that is the output"},
		{"demo:///site/ -o x --warc x", 2, "--warc x: that is the output"},
		{"demo:///site/ -o x --save " + os.DevNull, 2, "--save"},
	} {
		cmd := process(t, append([]string{"crawl"}, strings.Fields(row.args)...)...)
		code, _, errOut := run(t, cmd)
		if code != row.code || !strings.Contains(errOut, row.want) {
			t.Errorf("crawl %s: exit code %d, want %d, and %q in %s", row.args, code, row.code, row.want, errOut)
		}
		if _, err := os.Stat(output(cmd, "x")); row.code == 2 && err == nil {
			t.Errorf("crawl %s: there is an output", row.args)
		}
	}
}

// What a flag does can be seen in the number of lines.
func TestCrawlFlags(t *testing.T) {
	for _, row := range []struct {
		args string
		want int
	}{
		{"--max-pages 9", 9}, {"--max-per-host 7", 7}, {"--follow nav", 1}, {"--follow body --depth 1", 6}, {"--accept json", 1}, {"--accept html", siteURLs},
		{"--charset latin1", siteURLs}, {"--crawl-delay 2ms --depth 1", 6}, {"--crawl-delay off --depth 1", 6}, {"--depth 0", 1}, {"--depth 1", 6},
		{"--sitemap only", 1}, {"--sitemap off", siteURLs}, {"--scope prefix", siteURLs}, {"--scope domain --depth 1", 6}, {"--include /site/[0-9]$", 1},
		{"--include pages=60$ --exclude private", siteURLs - 2}, {"--strategy dfs", siteURLs}, {"--robots ignore", siteURLs}, {"--unique", siteURLs},
		{"--strip-param pages --depth 1", 6}, {"--sort-query", siteURLs}, {"--trap-guard=false", siteURLs}, {"--jsonld --user-agent x", siteURLs},
	} {
		cmd := process(t, append([]string{"crawl", "demo:///site/?pages=60", "-o", "x"}, strings.Fields(row.args)...)...)
		if code, _, errOut := run(t, cmd); code != 0 {
			t.Errorf("%s: exit code %d: %s", row.args, code, errOut)
		} else if n := strings.Count(read(t, output(cmd, "x")), "\n"); n != row.want {
			t.Errorf("%s: %d lines, want %d", row.args, n, row.want)
		}
	}
}

// Who misses pages is told that the guard has left them alone, and what turns it off.
func TestCrawlTellsOfTraps(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<a href=/a/a/a/a/a><a href=/b/b/b/b/b><a href=/c>")
	}))
	defer s.Close()
	for args, want := range map[string]string{"": "left alone: 2 URLs, because they seem to go on for ever (--trap-guard=false", "--summary=json": `"trapped":2`, "--trap-guard=false": "4 ok"} {
		cmd := process(t, append([]string{"crawl", s.URL, "-o", "x"}, strings.Fields(args)...)...)
		if code, _, errOut := run(t, cmd); code != 0 || !strings.Contains(errOut, want) || args == "--trap-guard=false" && strings.Contains(errOut, "left alone") {
			t.Errorf("%s: exit code %d: %s", args, code, errOut)
		}
	}
}

// Who misses links, or has half a file, is told that the rest was cut off; not where nobody
// wants the body.
func TestCrawlTellsOfWhatIsCut(t *testing.T) {
	url := httpServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/film" {
			w.Header().Set("Content-Type", "video/mp4")
		}
		fmt.Fprint(w, "<html><a href=/film>x</a>", strings.Repeat(" ", 3000))
	})
	for args, want := range map[string]string{
		"--max-body 2000": "cut at 2000: 1 page,", "--max-body 2000 --save bodies": "cut at 2000: 2 pages,", "--max-body 4000": "", "--max-body 2000 --summary json": `"truncated":1`,
	} {
		cmd := process(t, append([]string{"crawl", url, "-o", "x", "--robots", "ignore"}, strings.Fields(args)...)...)
		if code, _, errOut := run(t, cmd); code != 0 || !strings.Contains(errOut, want) || want == "" && strings.Contains(errOut, "cut at") {
			t.Errorf("%s: exit code %d: %s", args, code, errOut)
		}
	}
}

// Who waits is told for what, and what waits no more.
func TestCrawlTellsOfPauses(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			fmt.Fprint(w, "User-agent: *\nCrawl-delay: 3600\n")
		}
	}))
	defer s.Close()
	for args, want := range map[string]string{"": "between pages: 1h0m0s, as the robots.txt of " + strings.TrimPrefix(s.URL, "http://") + " asks for (--crawl-delay off", "--crawl-delay off": "1 ok"} {
		cmd := process(t, append([]string{"crawl", s.URL, "-o", "x"}, strings.Fields(args)...)...)
		if code, _, errOut := run(t, cmd); code != 0 || !strings.Contains(errOut, want) || args != "" && strings.Contains(errOut, "between pages") {
			t.Errorf("%s: exit code %d: %s", args, code, errOut)
		}
	}
}

// A crawl that goes on ends as the whole of it does: with what failed before, and not as if
// nothing had been fetched where robots.txt forbids what is left.
func TestCrawlEndsAsAWhole(t *testing.T) {
	var found atomic.Bool
	url := httpServer(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/robots.txt":
			fmt.Fprint(w, "User-agent: *\nDisallow: /private\n")
		case r.URL.Path == "/":
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, "<a href=/page>x</a><a href=/private>y</a>")
		case !found.Load():
			http.NotFound(w, r)
		}
	})
	cmd := process(t, "crawl", url, "-o", "x")
	killed := func() { // before the last line
		var rest strings.Builder
		for line := range strings.Lines(read(t, output(cmd, "x"))) {
			if !strings.Contains(line, "/private") {
				rest.WriteString(line)
			}
		}
		write(t, cmd, "x", rest.String())
	}
	ends := func(code int, want string, flags ...string) {
		t.Helper()
		next := process(t, append([]string{"crawl", url, "-o", "x"}, flags...)...)
		next.Dir = cmd.Dir
		if got, _, errOut := run(t, next); got != code || !strings.Contains(errOut, want) {
			t.Errorf("%s: exit code %d, want %d, and %q in %s", flags, got, code, want, errOut)
		}
	}
	ends(1, "1 ok, 1 failed, 1 forbidden by robots.txt |")
	ends(1, "0 ok, 3 done before, 1 of them failed: --retry-failed |", "--resume")
	ends(1, `"failed_before":1`, "--resume", "--summary", "json")
	killed()
	ends(1, "0 ok, 1 forbidden by robots.txt, 2 done before, 1 of them failed: --retry-failed |", "--resume")
	found.Store(true)
	ends(0, "1 ok, 2 done before |", "--retry-failed")
	killed()
	ends(0, "0 ok, 1 forbidden by robots.txt, 2 done before |", "--resume")
}

// Killed in the middle and resumed, a crawl has each page once; another one is refused.
func TestCrawlKilled(t *testing.T) {
	s := serve(t, origin.Options{Pages: sitePages})
	args := []string{"crawl", s.URL() + "/site/", "-o", "out.jsonl", "--crawl-delay", "5ms", "--per-host", "2"}
	cmd := process(t, args...)
	for rounds := 0; ; rounds++ {
		if rounds == 50 {
			t.Fatal("it does not come to an end")
		}
		next := process(t, append(args[:len(args):len(args)], "--resume")...)
		next.Dir = cmd.Dir
		if err := next.Start(); err != nil {
			t.Fatal(err)
		}
		kill := time.AfterFunc(time.Duration(100+40*rounds)*time.Millisecond, func() { next.Process.Signal(syscall.SIGKILL) })
		err := next.Wait()
		kill.Stop()
		if err == nil && rounds > 0 {
			break
		}
	}
	if n := strings.Count(read(t, output(cmd, "out.jsonl")), "\n"); n != siteURLs {
		t.Errorf("%d lines, want %d", n, siteURLs)
	}
	seen := make(map[string]bool)
	for line := range strings.Lines(read(t, output(cmd, "out.jsonl"))) {
		_, url, _ := strings.Cut(line, `"url":"`)
		url, _, _ = strings.Cut(url, `"`)
		if seen[url] {
			t.Errorf("%s has two lines", url)
		}
		seen[url] = true
	}
	other := process(t, append(args[:len(args):len(args)], "--resume", "--depth", "1")...)
	other.Dir = cmd.Dir
	if code, _, errOut := run(t, other); code != 6 || !strings.Contains(errOut, "depth") {
		t.Errorf("exit code %d: %s", code, errOut)
	}
}

// read is the text of a file.
func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Why a run has stopped is said by the summary, or by the end of the command.
func TestStoppedIsSaidOnce(t *testing.T) {
	for summary, want := range map[string]string{"text": "stopped: ", "off": "inflight.test: "} {
		cmd := process(t, "crawl", "demo:///status/500", "-o", "out.jsonl", "--retries", "0", "--fail-fast", "--progress", "off", "--summary", summary)
		code, _, errOut := run(t, cmd)
		if code != 4 || strings.Count(errOut, "index 0 has failed") != 1 || !strings.Contains(errOut, want) {
			t.Errorf("--summary %s: exit %d: %s", summary, code, errOut)
		}
	}
}
