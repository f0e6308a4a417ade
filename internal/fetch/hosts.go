package fetch

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// A Host is what has come of the rows of one host so far.
type Host struct {
	Name    string
	Done    int64
	Failed  int64
	Retries int64
	Mean    time.Duration // of a row, without waiting
}

// hostCount counts the rows of a host.
type hostCount struct {
	done, failed, retries int64
	sum                   time.Duration
}

// mostHosts bounds how many hosts are counted by themselves; the others are counted
// together, under the name "(others)".
const mostHosts = 1000

// noteHost counts a record for its host. mu is held.
func (j *Job) noteHost(r *record, took time.Duration) {
	name := hostOf(r.URL)
	h := j.hosts[name]
	if h == nil && len(j.hosts) >= mostHosts {
		name = "(others)"
		h = j.hosts[name]
	}
	if h == nil {
		h = new(hostCount)
		j.hosts[name] = h
	}
	h.done++
	h.sum += took
	h.retries += int64(max(r.Attempts-1, 0))
	if r.Failure != nil {
		h.failed++
	}
}

// hostOf is the host of a URL, with its port and without what may stand before it.
func hostOf(url string) string {
	_, rest, ok := strings.Cut(url, "://")
	if !ok {
		return ""
	}
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	return strings.Clone(rest[strings.LastIndexByte(rest, '@')+1:])
}

// Hosts returns the hosts of the rows that are done, those with most of them first. It
// may be called by any goroutine.
func (j *Job) Hosts() []Host {
	j.mu.Lock()
	defer j.mu.Unlock()
	all := make([]Host, 0, len(j.hosts))
	for name, h := range j.hosts {
		all = append(all, Host{name, h.done, h.failed, h.retries, h.sum / time.Duration(h.done)})
	}
	slices.SortFunc(all, func(a, b Host) int { return cmp.Or(cmp.Compare(b.Done, a.Done), cmp.Compare(a.Name, b.Name)) })
	return all
}

// A Bin is how many rows took up to so long, and longer than the bin before.
type Bin struct {
	Most  time.Duration
	Count int64
}

// Latencies returns how long the rows took, without waiting: two bins for each
// doubling, from the first that is not empty to the last.
func (j *Job) Latencies() (bins []Bin) {
	for i := 0; i < len(j.latencies.counts); i += fine / 2 {
		n := int64(0)
		for k := i; k < i+fine/2; k++ {
			n += j.latencies.counts[k].Load()
		}
		if n > 0 || len(bins) > 0 {
			bins = append(bins, Bin{middle(i + fine/2), n})
		}
	}
	for len(bins) > 0 && bins[len(bins)-1].Count == 0 {
		bins = bins[:len(bins)-1]
	}
	return bins
}
