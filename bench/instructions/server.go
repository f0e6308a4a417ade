package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// config is that of nginx, which serves a file of 1 KiB.
const config = `daemon off; master_process off; pid %[1]s/pid; error_log %[1]s/error.log;
events { worker_connections 4096; }
http {
 access_log off; keepalive_requests 1000000;
 client_body_temp_path %[1]s/t1; proxy_temp_path %[1]s/t2; fastcgi_temp_path %[1]s/t3; uwsgi_temp_path %[1]s/t4; scgi_temp_path %[1]s/t5;
 server { listen %[2]s; root %[1]s/site; }
}
`

// serve starts nginx, and tells the URL of the file.
func serve(ctx context.Context, dir string) (url string, stop func(), err error) {
	if err := os.Chmod(dir, 0o755); err != nil {
		return "", nil, err
	}
	if err := os.Mkdir(filepath.Join(dir, "site"), 0o755); err != nil {
		return "", nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "site", "1k"), bytes.Repeat([]byte{'x'}, 1024), 0o644); err != nil {
		return "", nil, err
	}
	address, err := freeAddress()
	if err != nil {
		return "", nil, err
	}
	path := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(path, fmt.Appendf(nil, config, dir, address), 0o600); err != nil {
		return "", nil, err
	}
	cmd := exec.CommandContext(ctx, "nginx", "-c", path, "-e", dir+"/error.log")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return "", nil, fmt.Errorf("nginx has to be there to serve: %w", err)
	}
	stop = func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}
	url = "http://" + address + "/1k"
	for range 100 {
		time.Sleep(20 * time.Millisecond)
		if resp, err := http.Get(url); err == nil {
			return url, stop, resp.Body.Close()
		}
	}
	stop()
	return "", nil, errors.New("nginx does not answer")
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
