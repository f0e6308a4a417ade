package main_test

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// leftBehind is all that a command left in its folder.
func leftBehind(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		fmt.Fprintf(&all, "== %s\n%s", path, read(t, path))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// secretFlags are what gives a secret by flags: each has hush in it.
var secretFlags = []string{
	"--bearer", "hush-bearer", "--query", "api_key=hush-key", "--query", "page=1", "-H", "X-Api-Key: hush-header", "--cookie", "id=hush-cookie",
	"--json", `{"password":"hush-body","again":"hush-bearer"}`, "-X", "POST", "--retry-methods", "all",
}

// What flags give as a secret comes out nowhere: not while the command runs, not of what
// it writes, not in how to go on, whether it ends by itself or is killed.
func TestSecretsOfFlagsComeOutNowhere(t *testing.T) {
	arrived := make(chan string, 100)
	url := httpServer(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // else the end of the connection is not seen
		arrived <- r.Header.Get("Authorization") + r.Header.Get("X-Api-Key") + r.Header.Get("Cookie") + r.URL.RawQuery
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/bad?access_token=hush-redirect", http.StatusTemporaryRedirect)
		case "/loop":
			http.Redirect(w, r, "/loop?sig=hush-redirect", http.StatusTemporaryRedirect)
		case "/wait":
			<-r.Context().Done()
		default:
			w.WriteHeader(500)
		}
	})
	args := append([]string{"fetch", url + "/{bad,moved,loop}?token=hush-argument", "http://ann:hush-password@127.0.0.1:1/", url + "/wait",
		"-o", "out.jsonl", "--errors", "errors.jsonl", "--state", "state", "--log", "log", "-v", "--metrics", "0", "--ui", "127.0.0.1:0",
		"--include", "headers,timings", "--on-uncertain", "skip", "--retries", "1", "--backoff", "1ms..1ms", "--max-redirects", "2", "--grace", "50ms", "--stats", "20ms", "--progress", "off"},
		secretFlags...)
	cmd := process(t, args...)
	pipe, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	pages := make(map[string]string)
	lines := bufio.NewScanner(pipe)
	for lines.Scan() {
		fmt.Fprintln(&said, lines.Text())
		for _, what := range []string{"metrics at ", "the page of this run: "} {
			if address, ok := strings.CutPrefix(lines.Text(), what); ok {
				pages[what] = address
			}
		}
		if strings.Contains(lines.Text(), "fail 4") && len(pages) == 2 {
			for _, path := range []string{"", "tree", "tasks", "panel"} {
				_, text := ask(t, pages["the page of this run: "]+path, nil)
				said.WriteString(text)
			}
			said.WriteString(get(t, pages["metrics at "]))
			pages["asked"] = ""
			if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait()
	resumed := process(t, append(args, "--resume", "--retries", "0", "--timeout", "50ms")...)
	resumed.Dir = cmd.Dir
	code, _, errOut := run(t, resumed)
	if code != 1 || len(pages) != 3 {
		t.Errorf("exit code %d, %v: %s%s", code, pages, said.String(), errOut)
	}
	all := said.String() + errOut + leftBehind(t, cmd.Dir)
	for _, found := range regexp.MustCompile(`.*hush.*`).FindAllString(all, -1) {
		t.Errorf("a secret: %s", found)
	}
	for _, want := range []string{"token=REDACTED", "ann:REDACTED@", "access_token=REDACTED", "page=1"} {
		if !strings.Contains(all, want) {
			t.Errorf("%s is not there", want)
		}
	}
	if got := <-arrived; !strings.Contains(got, "hush-bearer") || !strings.Contains(got, "hush-header") || !strings.Contains(got, "hush-cookie") || !strings.Contains(got, "api_key=hush-key") {
		t.Errorf("the server got %s", got)
	}
}

// Nor do those that are found elsewhere, wherever a template puts them.
func TestSecretsOfTheEnvironmentComeOutNowhere(t *testing.T) {
	cmd := process(t, "fetch", "demo:///status/{500,404}?t=hush-token", "--bearer", "env:TOKEN", "--user-agent", "x", "--retries", "0", "-o", "out.jsonl", "-v")
	cmd.Env = append(cmd.Env, "TOKEN=hush-token")
	code, out, errOut := run(t, cmd)
	if all := out + errOut + leftBehind(t, cmd.Dir); code != 1 || strings.Contains(all, "hush") || !strings.Contains(all, "?t=REDACTED") {
		t.Errorf("exit code %d: %s", code, all)
	}
}

// A dry run shows the shape of a request, and none of what is secret in it.
func TestDryRunWithoutSecrets(t *testing.T) {
	for _, more := range [][]string{{}, {"--proxy", "http://ann:hush-proxy@127.0.0.1:1"}} {
		cmd := process(t, slices.Concat([]string{"fetch", "http://ann:hush-password@a.example/?token=hush-argument", "--dry-run"}, secretFlags, more)...)
		code, out, errOut := run(t, cmd)
		if code != 0 || strings.Contains(out+errOut, "hush") || !strings.Contains(out, "page=1") || !strings.Contains(out, `"again":"REDACTED"`) {
			t.Errorf("exit code %d: %s%s", code, out, errOut)
		}
	}
}

// A flag that is wrong is said to be, without its value where that may be secret.
func TestWrongFlagsWithoutSecrets(t *testing.T) {
	for _, flags := range [][]string{
		{"-H", "hush"}, {"-H", "X Y: hush"}, {"-H", "Authorization: Bearer hush {{.x"}, {"--cookie", "hush"}, {"--cookie", "id=hush{{"}, {"--query", "hush"},
		{"--query", "token=hush{{"}, {"--form", "hush"}, {"--proxy", "hush@127.0.0.1:3128"}, {"--proxy", "ftp://ann:hush@127.0.0.1"}, {"--proxy", "http://ann:hush@"},
		{"--json", `{"password":"hush",}`}, {"--data", `{"password":"hush {{.x"}`}, {"http://ann:hush@127.0.0.1/{1..2"}, {"http://127.0.0.1/?token=hush&{1..2"},
		{"-H", "Authorization: Bearer hush\nX: y"}, {"--bearer", "hush\nX: y"}, {"--user", "ann:hush\nx"}, {"--post", "http://ann:hush@127.0.0.1/"}, {"--user-agent", "hush\n"},
	} {
		cmd := process(t, append([]string{"fetch", "demo:///status/200", "-o", "out.jsonl"}, flags...)...)
		code, out, errOut := run(t, cmd)
		if code != 2 || strings.Contains(out+errOut, "hush") {
			t.Errorf("%q: exit code %d: %s%s", flags, code, out, errOut)
		}
		if _, err := os.Stat(output(cmd, "out.jsonl")); err == nil {
			t.Errorf("%q: the output was made", flags)
		}
	}
}

// The secrets of rows stand in no result, and what failed can be run again all the same.
func TestSecretsOfRowsAndErrors(t *testing.T) {
	rows := "http://127.0.0.1:1/?token=hush1&n=1\nhttp://ann:hush2@127.0.0.1:1/\nhttp://127.0.0.1:1/plain\n"
	for input, kept := range map[string]int{"rows.txt": 3, "-": 2} {
		cmd := process(t, "fetch", "-i", input, "--query", "page=2", "--retries", "0", "-o", "out.jsonl", "--errors", "failed.jsonl", "-v")
		write(t, cmd, "rows.txt", rows)
		cmd.Stdin = strings.NewReader(rows)
		code, _, errOut := run(t, cmd)
		failed := read(t, output(cmd, "failed.jsonl"))
		if code != 1 || strings.Count(failed, "\n") != kept || strings.Contains(failed, "page=2") || !strings.Contains(failed, `"http://127.0.0.1:1/?token=hush1&n=1"`) ||
			strings.Contains(failed, "hush2") != (kept == 3) || !strings.Contains(failed, `/plain"`) {
			t.Errorf("%s: exit code %d: %s%s", input, code, errOut, failed)
		}
		text := read(t, output(cmd, "out.jsonl"))
		if input != "-" && strings.Contains(text, "hush") || strings.Contains(text, "hush2") || !strings.Contains(text, `"input":"http://127.0.0.1:1/plain"`) {
			t.Errorf("%s: the results: %s", input, text)
		}
		again := process(t, "fetch", "-i", "failed.jsonl", "--query", "page=2", "--dry-run=9")
		again.Dir = cmd.Dir
		if code, out, errOut := run(t, again); code != 0 || strings.Count(out, "page=2") != kept || strings.Count(out, "curl") != kept {
			t.Errorf("%s: again: exit code %d: %s%s", input, code, out, errOut)
		}
	}
}
