package main

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/inflight-go/inflight/internal/fetch"
)

// metricsAddress completes what --metrics says: a port alone, with or without a colon,
// is one of loopback. Any other interface has to be named.
func metricsAddress(text string) (string, error) {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		host, port = "", text
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || strings.ContainsAny(host, "/ ") {
		return "", &exitError{exitUsage, fmt.Errorf("--metrics %q: want a port, or an address such as 127.0.0.1:9090", text)}
	} else if port = strconv.FormatUint(n, 10); host == "" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), nil
}

// listenMetrics takes the port.
func listenMetrics(address string) (net.Listener, error) {
	address, err := metricsAddress(address)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, &exitError{exitUsage, fmt.Errorf("--metrics: %w", err)}
	}
	return l, nil
}

// serveMetrics serves the metrics of a job until stop is called.
func serveMetrics(l net.Listener, job *fetch.Job) (stop func()) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_ = job.Metrics(w) // the one who asks has gone
	})
	s := &http.Server{
		Handler: mux, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Serve(l) // until Close; without it the run goes on all the same
	}()
	return func() { _ = s.Close(); <-ended }
}
