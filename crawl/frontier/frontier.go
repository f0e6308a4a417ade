package frontier

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/internal/seen"
	"github.com/inflight-go/inflight/locks"
)

// ErrClosed is returned by a Frontier that was closed.
var ErrClosed = errors.New("inflight/crawl/frontier: closed")

// An Order is that of the pages of one host.
type Order int

const (
	// BreadthFirst: in the order in which they were found.
	BreadthFirst Order = iota
	// DepthFirst: the one that was found last comes first.
	DepthFirst
)

// DefaultPerHost is the default of Options.PerHost.
const DefaultPerHost = 4

// Options changes how a Frontier works. The zero value is the default.
type Options struct {
	// Done tells what is done already, as batch.Journal.Done does. The default is
	// nothing. It is called by Open alone.
	Done func(index int64) bool
	// Accept is asked about each page that was not known, once, and with the frontier
	// locked; one that it refuses is known from then on, and not in the log. Open asks
	// it about all pages of the log, whose answers do not count. The default accepts
	// all. When it panics, so does Add, and the frontier is at its end.
	Accept func(p Page) bool
	// PerHost is how many pages of one host are leased at once, without those that were
	// left. Zero means DefaultPerHost.
	PerHost int
	// Delay is the pause between two leases of pages of a host, which it is told as
	// it stands in the URL. It is called with the frontier locked. The default is
	// none.
	Delay func(host string) time.Duration
	// Order is that of the pages of one host. The default is BreadthFirst.
	Order Order
}

// Stats say how far a crawl has come.
type Stats struct {
	Found   int64 // pages in the log
	Done    int64 // those that are done
	Leased  int64 // those that somebody works on
	Waiting int64 // those that were given back, and whose time has not come
	Hosts   int   // that have something to do, or may not begin anything yet
}

// A Frontier is the queue of a crawl. Make one with Open, and close it. Its methods
// may be called by any number of goroutines at once, and by one process: the output
// that goes with it is what keeps a second one away. When a ctx ends they return its cause,
// and have done nothing.
type Frontier struct {
	order  Order
	accept func(p Page) bool

	syncing locks.Mutex // held by Sync, and locked before mu
	mu      locks.Mutex
	change  *locks.Cond // a page can be leased, or none ever again
	log     *log
	seen    seen.Set
	hosts   hosts
	leased  map[int64]lease
	tries   map[int64]int // of pages that were given back
	retries map[int64]*time.Timer
	alarm   *time.Timer // for the next host whose time comes
	at      time.Time   // when it goes off
	found   int64
	done    int64
	skipped int64
	err     error // the log can't be read or written
	closed  bool
}

// lease is a page that somebody works on.
type lease struct {
	host *host // nil once it was left
	at   int64
}

var _ batch.Queue[Page] = (*Frontier)(nil)

// Open opens the frontier whose log is at path, and makes it if it is not there.
// What was being written when a process died is cut off. A file that is no log is a
// *CorruptError.
func Open(path string, o Options) (*Frontier, error) {
	f := &Frontier{
		order:   o.Order,
		accept:  o.Accept,
		hosts:   hosts{perHost: o.PerHost, delay: o.Delay, all: make(map[string]*host)},
		leased:  make(map[int64]lease),
		tries:   make(map[int64]int),
		retries: make(map[int64]*time.Timer),
	}
	if f.hosts.perHost <= 0 {
		f.hosts.perHost = DefaultPerHost
	}
	if f.accept == nil {
		f.accept = func(Page) bool { return true }
	}
	f.change = locks.NewCond(&f.mu)
	now := time.Now()
	var err error
	f.log, err = openLog(path, func(at, index int64, p Page) error {
		f.seen.Add(p.URL)
		f.accept(p)
		f.found++
		if o.Done != nil && o.Done(index) {
			f.done++
			f.skipped++
			return nil
		}
		f.put(f.hosts.get(hostOf(p.URL)), at, now)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

// lock locks the frontier, for the few lines that nothing may keep from running.
func (f *Frontier) lock() { _ = f.mu.Lock(context.Background()) }

// Valid reports whether a URL can be a page: it is not empty, no longer than MaxURL,
// and has no control character in it.
func Valid(url string) bool {
	return url != "" && len(url) <= MaxURL &&
		!strings.ContainsFunc(url, func(r rune) bool { return r < ' ' || r == 0x7F })
}

// Add puts pages in that are not known yet, and returns how many of them were new.
// When it returns they are in the log, and survive the process. With an error, of
// which a full disk is one, none was added, and the frontier is at its end: Lease
// returns the error, too.
//
// It panics if a URL is not Valid.
func (f *Frontier) Add(ctx context.Context, pages ...Page) (added int, err error) {
	for _, p := range pages {
		if !Valid(p.URL) {
			panic(fmt.Sprintf("inflight/crawl/frontier: %.80q can't be a page", p.URL))
		}
	}
	if err := f.mu.Lock(ctx); err != nil {
		return 0, err
	}
	defer f.mu.Unlock()
	if err := f.over(); err != nil {
		return 0, err
	}
	fresh := f.stage(pages)
	if err := f.log.write(); err != nil {
		return 0, f.fail(fmt.Errorf("add pages to %s: %w", f.log.path, err))
	}
	f.found += int64(len(fresh))
	now := time.Now()
	for _, s := range fresh {
		f.put(f.hosts.get(hostOf(s.url)), s.at, now)
	}
	f.changed(now)
	return len(fresh), nil
}

// staged is a page that is about to be written.
type staged struct {
	url string
	at  int64
}

// stage puts those pages that are new where the log will write them. If Accept panics, those
// before are known, and will not be in the log: nobody may go on as if they were. The caller
// holds the lock.
func (f *Frontier) stage(pages []Page) (fresh []staged) {
	asked := false
	defer func() {
		if !asked {
			_ = f.fail(errors.New("inflight/crawl/frontier: Accept has panicked"))
		}
	}()
	for _, p := range pages {
		if f.seen.Add(p.URL) && f.accept(p) {
			fresh = append(fresh, staged{p.URL, f.log.stage(f.found+int64(len(fresh)), p)})
		}
	}
	asked = true
	return fresh
}

// over is why the frontier is at its end; nil if it is not. The caller holds the lock.
func (f *Frontier) over() error {
	if f.closed {
		return ErrClosed
	}
	return f.err
}

// fail ends the frontier. The caller holds the lock.
func (f *Frontier) fail(err error) error {
	if f.err == nil {
		f.err = err
	}
	_ = f.change.NotifyAll()
	return err
}

// put lines a page up with its host. The caller holds the lock.
func (f *Frontier) put(h *host, at int64, now time.Time) {
	h.pending.put(at)
	f.hosts.line(h, now)
}

// hostOf is the host of a URL, in lower case, with its port.
func hostOf(raw string) string {
	if _, rest, ok := strings.Cut(raw, "://"); ok {
		raw = rest
	}
	if end := strings.IndexAny(raw, "/?#"); end >= 0 {
		raw = raw[:end]
	}
	return strings.ToLower(raw[strings.LastIndexByte(raw, '@')+1:])
}

// Lease waits for a page that may begin and hands it to the caller alone. It returns
// io.EOF when every page is done: while some are leased they may add others, and it
// waits. After Close it returns ErrClosed.
func (f *Frontier) Lease(ctx context.Context) (batch.Unit[Page], error) {
	if err := f.mu.Lock(ctx); err != nil {
		return batch.Unit[Page]{}, err
	}
	defer f.mu.Unlock()
	for {
		if err := f.over(); err != nil {
			return batch.Unit[Page]{}, err
		}
		now := time.Now()
		f.hosts.due(now)
		h, at, ok := f.hosts.take(now, f.order == DepthFirst)
		f.changed(now)
		if ok {
			return f.lease(h, at)
		}
		if f.done == f.found {
			return batch.Unit[Page]{}, io.EOF
		}
		if err := f.change.Wait(ctx); err != nil {
			return batch.Unit[Page]{}, err
		}
	}
}

// lease reads the page that the caller gets. The caller holds the lock.
func (f *Frontier) lease(h *host, at int64) (batch.Unit[Page], error) {
	index, page, err := f.log.page(at)
	if err != nil {
		return batch.Unit[Page]{}, f.fail(err)
	}
	f.leased[index] = lease{host: h, at: at}
	return batch.Unit[Page]{Index: index, Key: page.URL, Attempt: f.tries[index] + 1, Row: page}, nil
}

// changed wakes one of those who wait for each host that has become ready, and sets the
// alarm for the next one. Nobody waits while a host is ready, so that is enough. The
// caller holds the lock.
func (f *Frontier) changed(now time.Time) {
	next := f.hosts.due(now)
	if !next.IsZero() && (f.alarm == nil || next.Before(f.at)) {
		if f.alarm != nil {
			f.alarm.Stop()
		}
		f.at = next
		f.alarm = time.AfterFunc(next.Sub(now), f.ring)
	}
	_ = f.change.Notify(f.hosts.fresh)
	f.hosts.fresh = 0
}

// ring is what the alarm does.
func (f *Frontier) ring() {
	f.lock()
	defer f.mu.Unlock()
	if !f.closed {
		f.alarm = nil
		f.changed(time.Now())
	}
}

// Extend returns nil for a page that is leased, as leases do not end by themselves, and
// batch.ErrNotLeased for any other.
func (f *Frontier) Extend(ctx context.Context, index int64, d time.Duration) error {
	if err := f.mu.Lock(ctx); err != nil {
		return err
	}
	defer f.mu.Unlock()
	if _, ok := f.leased[index]; !ok {
		return batch.ErrNotLeased
	}
	return nil
}

// Done says that the page's line is committed. A page that is not leased is nothing to it.
func (f *Frontier) Done(ctx context.Context, index int64) error {
	if err := f.mu.Lock(ctx); err != nil {
		return err
	}
	defer f.mu.Unlock()
	l, ok := f.leased[index]
	if !ok {
		return nil
	}
	delete(f.tries, index)
	f.done++
	f.giveUp(index, l)
	if f.done == f.found {
		_ = f.change.NotifyAll()
	}
	return nil
}

// Leave says that nobody asks the host for the page any more: another page of it may
// begin, although the line of this one is not committed yet. A page that is not leased
// is nothing to it.
func (f *Frontier) Leave(index int64) {
	f.lock()
	defer f.mu.Unlock()
	if l, ok := f.leased[index]; ok {
		f.leave(l)
		f.leased[index] = lease{at: l.at}
	}
}

// giveUp ends a lease. The caller holds the lock.
func (f *Frontier) giveUp(index int64, l lease) {
	delete(f.leased, index)
	f.leave(l)
}

// leave makes room for another page of the host. The caller holds the lock.
func (f *Frontier) leave(l lease) {
	if l.host == nil {
		return
	}
	l.host.leased--
	now := time.Now()
	f.hosts.line(l.host, now)
	f.changed(now)
}

// Retry gives a page back, to be leased again no earlier than after from now. It comes
// behind the pages of its host that wait then. For one that is not leased it returns
// batch.ErrNotLeased.
func (f *Frontier) Retry(ctx context.Context, u batch.Unit[Page], after time.Duration) error {
	if err := f.mu.Lock(ctx); err != nil {
		return err
	}
	defer f.mu.Unlock()
	l, ok := f.leased[u.Index]
	if !ok {
		return batch.ErrNotLeased
	}
	f.tries[u.Index] = u.Attempt
	now := time.Now()
	if after <= 0 || f.closed {
		f.put(f.hosts.get(hostOf(u.Row.URL)), l.at, now)
	} else {
		f.retries[u.Index] = time.AfterFunc(after, func() { f.again(u, l.at) })
	}
	f.giveUp(u.Index, l)
	f.changed(now) // also where the page was left, and its host is as it was
	return nil
}

// again lines a page up whose time has come.
func (f *Frontier) again(u batch.Unit[Page], at int64) {
	f.lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	delete(f.retries, u.Index)
	now := time.Now()
	f.put(f.hosts.get(hostOf(u.Row.URL)), at, now)
	f.changed(now)
}

// Hold keeps pages of a host, which is named as it stands in a URL, from being leased
// for d from now. It never shortens a hold.
func (f *Frontier) Hold(host string, d time.Duration) {
	f.lock()
	defer f.mu.Unlock()
	h, now := f.hosts.get(strings.ToLower(host)), time.Now()
	f.hosts.hold(h, now.Add(d))
	f.hosts.line(h, now)
	f.changed(now)
}

// Turn takes a turn of a host, which is named as it stands in a URL, for a request beside
// those for pages that are leased, such as one that is tried again, and returns when it is.
// Options.Delay counts from then on.
func (f *Frontier) Turn(host string) time.Time {
	f.lock()
	defer f.mu.Unlock()
	h, now := f.hosts.get(strings.ToLower(host)), time.Now()
	at := now
	if h.next.After(now) {
		at = h.next
	}
	if f.hosts.delay != nil {
		f.hosts.hold(h, at.Add(f.hosts.delay(h.name)))
	}
	f.hosts.line(h, now)
	f.changed(now)
	return at
}

// Sync makes what was added survive a loss of power.
func (f *Frontier) Sync(ctx context.Context) error {
	if err := f.syncing.Lock(ctx); err != nil {
		return err
	}
	defer f.syncing.Unlock() // who comes meanwhile may not go on before that is done
	if err := f.mu.Lock(ctx); err != nil {
		return err
	}
	dirty := f.log.dirty && !f.closed
	f.log.dirty = false
	f.mu.Unlock()
	if !dirty {
		return nil
	}
	if err := f.log.sync(); err != nil {
		f.lock()
		defer f.mu.Unlock()
		return f.fail(fmt.Errorf("sync %s: %w", f.log.path, err))
	}
	return nil
}

// Stats returns how far the crawl has come at this moment.
func (f *Frontier) Stats() Stats {
	f.lock()
	defer f.mu.Unlock()
	return Stats{
		Found: f.found, Done: f.done, Leased: int64(len(f.leased)), Waiting: int64(len(f.retries)),
		Hosts: len(f.hosts.all),
	}
}

// Skipped returns how many pages were done when the frontier was opened.
func (f *Frontier) Skipped() int64 { return f.skipped }

// Close syncs and closes the log. Who waits in Lease gets ErrClosed. Closing again does
// nothing.
func (f *Frontier) Close() error {
	_ = f.syncing.Lock(context.Background())
	defer f.syncing.Unlock()
	f.lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	if f.alarm != nil {
		f.alarm.Stop()
	}
	for _, t := range f.retries {
		t.Stop()
	}
	_ = f.change.NotifyAll()
	return errors.Join(f.log.sync(), f.log.file.Close())
}
