package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/inflight-go/inflight/debug"
	"github.com/inflight-go/inflight/internal/attach"
	"github.com/inflight-go/inflight/internal/connect"
	"github.com/spf13/pflag"
)

// A target is a process that is looked at: one of this user by its socket, or any by
// the URL of its debug.Handler.
type target struct {
	name   string
	client *http.Client
	base   *url.URL
	token  string
}

// targetFlags are those of all commands that look at a process.
type targetFlags struct {
	token string
	level int
}

func (f *targetFlags) add(fs *pflag.FlagSet) {
	fs.StringVar(&f.token, "token", "", "the `token` of the page at a URL; env:VAR and file:PATH too")
	fs.IntVar(&f.level, "level", -1, "first have the process record more: `1` since when, 2 also where from, 0 neither (default: as it is)")
	defaultIsTold(fs, "level")
}

// open finds the process that is meant by a number or URL; with none, the only one
// there is.
func (f *targetFlags) open(ctx context.Context, args []string) (*target, error) {
	t, err := f.find(args)
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	if f.level >= 0 {
		_, err := t.get(ctx, http.MethodPost, "level?level="+strconv.Itoa(f.level), 1<<10)
		if err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (f *targetFlags) find(args []string) (*target, error) {
	if len(args) == 0 {
		return onlyTarget()
	}
	if pid, err := strconv.Atoi(args[0]); err == nil {
		client, err := attach.Client(pid)
		if err != nil {
			return nil, err
		}
		return onSocket(pid, client), nil
	}
	u, err := url.Parse(args[0])
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%q: want the number of a process, or a URL such as http://127.0.0.1:6060/", args[0])
	}
	t := &target{name: u.Redacted(), client: &http.Client{}, base: u, token: u.Query().Get("token")}
	u.RawQuery, u.Fragment = "", ""
	if !strings.HasSuffix(u.Path, "/") {
		u.Path += "/"
	}
	t.name = u.Redacted()
	if f.token != "" {
		t.token, err = connect.Secret("token", f.token)
	}
	return t, err
}

func onSocket(pid int, client *http.Client) *target {
	return &target{name: strconv.Itoa(pid), client: client, base: &url.URL{Scheme: "http", Host: attach.Host, Path: "/"}}
}

func onlyTarget() (*target, error) {
	all := attach.List()
	switch len(all) {
	case 0:
		return nil, errors.New("no process can be attached to: start it with INFLIGHT_ATTACH=1 if it calls debug.Start, or fetch with --attach; or give a URL")
	case 1:
		return onSocket(all[0].PID, all[0].Client()), nil
	}
	var pids []string
	for _, p := range all {
		pids = append(pids, strconv.Itoa(p.PID))
	}
	return nil, fmt.Errorf("several processes can be attached to: give one of %s (inflight ps tells more)", strings.Join(pids, ", "))
}

// subject names it in a sentence.
func (t *target) subject() string {
	if t.base.Host == attach.Host {
		return "process " + t.name
	}
	return t.name
}

// patience is how long a process has to answer.
var patience = 30 * time.Second

// get returns what the process answers, of at most so many bytes.
func (t *target) get(ctx context.Context, method, path string, most int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	body, err := t.open(ctx, method, path)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return io.ReadAll(io.LimitReader(body, most))
}

func (t *target) open(ctx context.Context, method, path string) (io.ReadCloser, error) {
	u, err := t.base.Parse(path)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), nil)
	if err != nil {
		return nil, err
	}
	if t.token != "" {
		req.Header.Set("Authorization", "Bearer "+t.token)
	}
	resp, err := t.client.Do(req)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("%s does not answer: it hangs, or was stopped", t.subject())
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.name, errors.Unwrap(err))
	}
	if resp.StatusCode == http.StatusOK {
		return resp.Body, nil
	}
	defer resp.Body.Close()
	why, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	return nil, fmt.Errorf("%s: %s: %s", t.name, resp.Status, printable(strings.TrimSpace(string(why))))
}

// snapshot asks the process what it does.
func (t *target) snapshot(ctx context.Context) (*debug.Snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	body, err := t.open(ctx, http.MethodGet, "tasks")
	if err != nil {
		return nil, err
	}
	defer body.Close()
	s, err := debug.Read(body)
	if err != nil {
		return nil, fmt.Errorf("%s: is that an inflight program? %w", t.name, err)
	}
	return s, nil
}

// printable keeps what a stranger says from doing more to a terminal than to be read,
// on the line where it stands.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == 0x2028 || r == 0x2029 || unicode.Is(unicode.Bidi_Control, r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// printableLines is printable for each line of a text.
func printableLines(text string) []string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = printable(lines[i])
	}
	return lines
}
