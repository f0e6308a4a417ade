package frontier

import (
	"container/heap"
	"strings"
	"time"
)

// host is the line of pages of one host.
type host struct {
	name    string
	pending line
	leased  int
	next    time.Time // the next page may not begin before
	queued  bool      // in hosts.ready or hosts.timed
	place   int       // in hosts.timed
}

// hosts lets hosts take turns.
type hosts struct {
	perHost int // at once
	delay   func(host string) time.Duration
	all     map[string]*host
	ready   []*host // with a page that may begin now, the next one to serve first
	fresh   int     // how many were put there that nobody was told of
	timed   timed   // with a page that may begin later
}

// get is the host with a name, made if it is new.
func (hs *hosts) get(name string) *host {
	h := hs.all[name]
	if h == nil {
		h = &host{name: strings.Clone(name)}
		hs.all[h.name] = h
	}
	return h
}

// line puts a host where it belongs: with those who are ready, with those who have
// to wait, or nowhere, if there is nothing to begin. One that nothing is to be begun of
// is remembered until its time has come.
func (hs *hosts) line(h *host, now time.Time) {
	switch {
	case h.queued || h.leased >= hs.perHost:
	case h.pending.n == 0 && h.leased > 0:
	case h.next.After(now):
		h.queued = true
		heap.Push(&hs.timed, h)
	case h.pending.n == 0:
		delete(hs.all, h.name)
	default:
		h.queued = true
		hs.ready = append(hs.ready, h)
		hs.fresh++
	}
}

// due moves the hosts whose time has come to those who are ready. It returns the time
// of the next one; zero for none.
func (hs *hosts) due(now time.Time) time.Time {
	for len(hs.timed) > 0 {
		h := hs.timed[0]
		if h.next.After(now) {
			return h.next
		}
		heap.Pop(&hs.timed)
		h.queued = false
		hs.line(h, now)
	}
	return time.Time{}
}

// take takes a page of the host whose turn it is, if there is one.
func (hs *hosts) take(now time.Time, last bool) (h *host, at int64, ok bool) {
	for len(hs.ready) > 0 {
		h := hs.ready[0]
		hs.ready[0] = nil
		hs.ready = hs.ready[1:]
		h.queued = false
		if h.next.After(now) { // held since it was ready
			hs.line(h, now)
			continue
		}
		h.leased++
		if hs.delay != nil {
			h.next = now.Add(hs.delay(h.name))
		}
		at := h.pending.take(last)
		hs.line(h, now)
		return h, at, true
	}
	return nil, 0, false
}

// hold keeps a host from beginning anything before a moment.
func (hs *hosts) hold(h *host, until time.Time) {
	if !until.After(h.next) {
		return
	}
	waits := h.queued && h.place < len(hs.timed) && hs.timed[h.place] == h
	h.next = until
	if waits {
		heap.Fix(&hs.timed, h.place)
	}
}

// timed is a heap of hosts by their time.
type timed []*host

func (t timed) Len() int           { return len(t) }
func (t timed) Less(i, j int) bool { return t[i].next.Before(t[j].next) }
func (t timed) Swap(i, j int) {
	t[i], t[j] = t[j], t[i]
	t[i].place, t[j].place = i, j
}

func (t *timed) Push(h any) {
	h.(*host).place = len(*t)
	*t = append(*t, h.(*host))
}

func (t *timed) Pop() any {
	old := *t
	h := old[len(old)-1]
	old[len(old)-1] = nil
	*t = old[:len(old)-1]
	return h
}
