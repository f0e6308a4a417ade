package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/debug"
	"github.com/inflight-go/inflight/internal/connect"
	"github.com/inflight-go/inflight/internal/fetch"
	"github.com/spf13/pflag"
)

// A window is what others may see of a run while it runs: by a page, and by the
// commands that attach.
type window struct {
	attach bool
	addr   string
	token  string
}

func (w *window) flags(fs *pflag.FlagSet) {
	fs.BoolVar(&w.attach, "attach", false, "let inflight ps, tree, top and dump attach to this run")
	fs.StringVar(&w.addr, "ui", "", "serve a live page at this `address`, such as 127.0.0.1:6060")
	fs.StringVar(&w.token, "ui-token", "", "let only those see it who have this `token`; env:VAR and file:PATH too")
}

// opened are the functions that close a window.
type opened []func()

// open opens what was asked for, before anything else is touched.
func (w *window) open(out *screen, opts ...debug.Option) (o opened, err error) {
	if !w.attach && w.addr == "" {
		return nil, nil
	}
	inflight.SetDebug(max(1, debugLevel()))
	if w.attach {
		a, err := debug.Attach(opts...)
		if err != nil {
			return nil, &exitError{exitUsage, fmt.Errorf("--attach: %w", err)}
		}
		o = append(o, func() { _ = a.Close() })
		out.line(fmt.Sprintf("to look at this run: inflight top %d", os.Getpid()))
	}
	if w.addr != "" {
		url, end, err := w.serve(opts)
		if err != nil {
			o.close()
			return nil, &exitError{exitUsage, fmt.Errorf("--ui %s: %w", w.addr, err)}
		}
		o = append(o, end)
		out.line("the page of this run: " + url)
	}
	return o, nil
}

func (o opened) close() {
	for _, f := range o {
		f()
	}
}

// serve serves the page. Without a token that is for this machine alone.
func (w *window) serve(opts []debug.Option) (url string, stop func(), err error) {
	host, _, err := net.SplitHostPort(w.addr)
	if err != nil {
		return "", nil, errors.New("want an address such as 127.0.0.1:6060")
	}
	if w.token != "" {
		token, err := connect.Secret("ui-token", w.token)
		if err != nil {
			return "", nil, err
		}
		opts = append(opts, debug.Token(token))
	} else if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return "", nil, errors.New("others can reach this address: give a --ui-token, or use 127.0.0.1")
	}
	l, err := net.Listen("tcp", w.addr)
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{
		Handler: debug.Handler(opts...), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute,
		MaxHeaderBytes: 16 << 10, ErrorLog: log.New(io.Discard, "", 0),
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(l) })
	return "http://" + l.Addr().String() + "/", func() { _ = server.Close(); serving.Wait() }, nil
}

func debugLevel() int {
	level, _ := strconv.Atoi(os.Getenv("INFLIGHT_DEBUG"))
	return level
}

// A history keeps how fast a job went in each second, for the charts.
type history struct {
	mu     sync.Mutex
	job    *fetch.Job // nil until it is there
	last   fetch.Progress
	done   []float64 // a second, those that are ok
	failed []float64
	flying []float64
	bytes  []float64
}

// points is how many seconds are kept.
const points = 180

// start keeps it of a job until stop is called.
func (h *history) start(job *fetch.Job) (stop func()) {
	h.mu.Lock()
	h.job = job
	h.mu.Unlock()
	return ticking(time.Second, h.sample)
}

func (h *history) sample() {
	p := h.job.Progress()
	h.mu.Lock()
	defer h.mu.Unlock()
	keep := func(list *[]float64, v float64) {
		*list = append(*list, v)
		if n := len(*list); n > points {
			*list = append((*list)[:0], (*list)[n-points:]...)
		}
	}
	keep(&h.done, float64(p.OK-h.last.OK))
	keep(&h.failed, float64(p.Failed-h.last.Failed))
	keep(&h.flying, float64(p.InFlight))
	keep(&h.bytes, float64(p.Bytes-h.last.Bytes)/(1<<10))
	h.last = p
}

// panel is what the page shows of the job.
func (h *history) panel() debug.Panel {
	h.mu.Lock()
	job := h.job
	if job == nil {
		h.mu.Unlock()
		return debug.Panel{Title: "inflight fetch"}
	}
	series := func(list []float64) []float64 { return append([]float64(nil), list...) }
	rate := debug.Chart{Title: "rows a second", Every: 1, Series: []debug.Series{{Name: "ok", Points: series(h.done)}, {Name: "failed", Bad: true, Points: series(h.failed)}}}
	flying := debug.Chart{Title: "in flight", Every: 1, Series: []debug.Series{{Name: "requests", Points: series(h.flying)}}}
	data := debug.Chart{Title: "bodies", Unit: "KiB/s", Every: 1, Series: []debug.Series{{Name: "read", Points: series(h.bytes)}}}
	h.mu.Unlock()
	p := job.Progress()
	return debug.Panel{
		Title:  "inflight fetch",
		Cards:  jobCards(p),
		Charts: []debug.Chart{rate, flying, latencyChart(job.Latencies()), data},
		Tables: []debug.Table{hostTable(job.Hosts()), gateTable(p.Holds)},
	}
}

func jobCards(p fetch.Progress) []debug.Card {
	done := p.Skipped + p.Done
	rows := "rows done"
	if p.Total >= 0 {
		rows = fmt.Sprintf("done, of %d", p.Total)
	}
	cards := []debug.Card{
		{Name: rows, Value: fmt.Sprint(done)},
		{Name: "ok", Value: fmt.Sprint(p.OK)},
		{Name: "failed", Value: fmt.Sprint(p.Failed), Bad: p.Failed > 0},
		{Name: "retries", Value: fmt.Sprint(p.Retries)},
		{Name: "in flight", Value: fmt.Sprint(p.InFlight)},
		{Name: "p50", Value: debug.Brief(p.P50)},
		{Name: "p99", Value: debug.Brief(p.P99)},
		{Name: "running for", Value: debug.Brief(p.Elapsed)},
	}
	if eta := p.ETA(); eta > 0 {
		cards = append(cards, debug.Card{Name: "to go", Value: debug.Brief(eta)})
	}
	return cards
}

func latencyChart(bins []fetch.Bin) debug.Chart {
	c := debug.Chart{Title: "how long a row takes", Unit: "rows", Series: []debug.Series{{Name: "rows"}}}
	for _, b := range bins {
		c.Labels = append(c.Labels, "≤ "+debug.Brief(b.Most))
		c.Series[0].Points = append(c.Series[0].Points, float64(b.Count))
	}
	return c
}

// mostLines is how many hosts the page shows.
const mostLines = 50

func hostTable(hosts []fetch.Host) debug.Table {
	t := debug.Table{Title: "hosts", Columns: []string{"host", "rows", "failed", "retries", "mean"}, Empty: "none yet"}
	for _, h := range hosts[:min(len(hosts), mostLines)] {
		t.Rows = append(t.Rows, []string{h.Name, fmt.Sprint(h.Done), fmt.Sprint(h.Failed), fmt.Sprint(h.Retries), debug.Brief(h.Mean)})
	}
	return t
}

func gateTable(holds []fetch.Hold) debug.Table {
	t := debug.Table{Title: "gates: hosts that want to be left alone", Columns: []string{"host", "for"}, Empty: "all are open"}
	for _, h := range holds[:min(len(holds), mostLines)] {
		t.Rows = append(t.Rows, []string{h.Host, debug.Brief(h.Left)})
	}
	return t
}
