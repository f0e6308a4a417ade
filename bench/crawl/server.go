package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// address is where the site is.
const address = "127.0.0.1:18080"

// config is that of nginx. Every request for a page stands in the log, which is written
// a lot at once.
const config = `daemon off; master_process off; pid %[1]s/pid; error_log %[1]s/error.log;
events { worker_connections 4096; }
http {
 types { text/html html; } log_format path '$uri'; access_log %[1]s/access.log path buffer=256k flush=1s;
 keepalive_requests 1000000; open_file_cache max=2000;
 client_body_temp_path %[1]s/t1; proxy_temp_path %[1]s/t2; fastcgi_temp_path %[1]s/t3; uwsgi_temp_path %[1]s/t4; scgi_temp_path %[1]s/t5;
 server { listen %[2]s; root %[1]s/site; location = /robots.txt { access_log off; log_not_found off; } }
}
`

// server is nginx.
type server struct {
	url string
	log string
	cmd *exec.Cmd
}

// serve starts nginx on the site in dir.
func serve(ctx context.Context, dir string) (*server, error) {
	if err := os.Chmod(dir, 0o755); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(path, fmt.Appendf(nil, config, dir, address), 0o600); err != nil {
		return nil, err
	}
	s := &server{url: "http://" + address, log: filepath.Join(dir, "access.log"), cmd: exec.CommandContext(ctx, "nginx", "-c", path, "-e", dir+"/error.log")}
	s.cmd.Stderr = os.Stderr
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("nginx has to be there to serve the site: %w", err)
	}
	for range 100 {
		time.Sleep(20 * time.Millisecond)
		if resp, err := http.Get(s.url + pageURL(0)); err == nil {
			return s, resp.Body.Close()
		}
	}
	s.stop()
	return nil, errors.New("nginx does not answer")
}

func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
}

// forget empties the log.
func (s *server) forget() error {
	time.Sleep(1500 * time.Millisecond) // what is to come is written
	return os.Truncate(s.log, 0)
}

// fetched is how many different pages were asked for since, and how often.
func (s *server) fetched() (pages, requests int, err error) {
	time.Sleep(1500 * time.Millisecond)
	f, err := os.Open(s.log)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	seen := make(map[string]bool)
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		requests++
		seen[lines.Text()] = true
	}
	return len(seen), requests, lines.Err()
}
