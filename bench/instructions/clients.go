package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
)

// bareLoop is the client that others are compared with.
const bareLoop = "net/http, bare"

// A client gets the URLs of an input that writeInputs wrote.
type client struct {
	name    string
	command func(o *options, dir string, n int) (*exec.Cmd, error)
}

var clients = []client{
	{bareLoop, func(o *options, dir string, n int) (*exec.Cmd, error) {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		return exec.Command(self, "-bare", input(dir, n, "txt"), "-c", strconv.Itoa(o.at)), nil
	}},
	{"fetch --body none", fetch("--body", "none")},
	{"fetch", fetch()},
	{"fetch --body none --engine std", fetch("--body", "none", "--engine", "std")},
	{"curl", func(o *options, dir string, n int) (*exec.Cmd, error) {
		return exec.Command("curl", "-s", "--parallel", "--parallel-max", strconv.Itoa(o.at), "--config", input(dir, n, "cfg")), nil
	}},
}

func fetch(flags ...string) func(*options, string, int) (*exec.Cmd, error) {
	return func(o *options, dir string, n int) (*exec.Cmd, error) {
		args := []string{"fetch", "-i", input(dir, n, "txt"), "-o", filepath.Join(dir, "out.jsonl"), "--force", "-c", strconv.Itoa(o.at)}
		return exec.Command(o.inflight, append(args, flags...)...), nil
	}
}

func input(dir string, n int, kind string) string {
	return filepath.Join(dir, fmt.Sprintf("%d.%s", n, kind))
}

// writeInputs writes n URLs, as lines and for curl.
func writeInputs(dir, url string, n int) error {
	var lines, config []byte
	for i := range n {
		lines = fmt.Appendf(lines, "%s?%d\n", url, i)
		config = fmt.Appendf(config, "url = \"%s?%d\"\noutput = \"/dev/null\"\n", url, i)
	}
	if err := os.WriteFile(input(dir, n, "txt"), lines, 0o600); err != nil {
		return err
	}
	return os.WriteFile(input(dir, n, "cfg"), config, 0o600)
}

// loop is the least that a program over net/http has to do: a transport that keeps as
// many connections as there are workers, no context, and bodies that are read and
// thrown away.
func (o *options) loop() error {
	f, err := os.Open(o.bare)
	if err != nil {
		return err
	}
	defer f.Close()
	transport := &http.Transport{MaxIdleConnsPerHost: o.at, DisableCompression: true}
	urls := make(chan string, o.at)
	var wg sync.WaitGroup
	for range o.at {
		wg.Go(func() {
			for url := range urls {
				if err := get(transport, url); err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
			}
		})
	}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		urls <- lines.Text()
	}
	close(urls)
	wg.Wait()
	return lines.Err()
}

func get(transport *http.Transport, url string) error {
	req, err := http.NewRequest("GET", url, nil)
	if err != nil {
		return err
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}
