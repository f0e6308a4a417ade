package lane

import (
	"net/url"
	"sync"
	"time"
)

// A key is what connections are to.
type key struct {
	tls  bool
	host string // as in the URL
}

func keyOf(u *url.URL) key { return key{u.Scheme == "https", u.Host} }

// A pool holds the idle connections, in one list by when they became idle, and in a
// stack for each host. The zero value is an empty pool.
type pool struct {
	mu     sync.Mutex
	hosts  map[key]stack
	oldest *conn // linked by newer
	newest *conn // linked by older
	n      int
	timer  *time.Timer // goes off when the oldest is too old, or earlier; nil without
	set    bool        // the timer is
	closed bool        // until the next get
}

// A stack is linked by above and below.
type stack struct {
	top *conn
	n   int
}

// get takes the connection out that became idle last, nil if there is none. It may be
// stale.
func (p *pool) get(at key) *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = false
	c := p.hosts[at].top
	if c != nil {
		p.remove(c)
	}
	return c
}

// put takes a connection in. It reports false if it is not to be kept.
func (p *pool) put(c *conn) bool {
	l := c.lane
	p.mu.Lock()
	s := p.hosts[c.key]
	if p.closed || s.n >= l.IdlePerHost || l.Idle <= 0 {
		p.mu.Unlock()
		return false
	}
	var tooMany *conn
	if p.n >= l.Idle {
		tooMany = p.oldest
		p.remove(tooMany)
		s = p.hosts[c.key]
	}
	c.reused = true
	c.since = time.Now()
	p.add(c, s)
	if !p.set {
		p.arm(l.IdleTimeout, l.IdleTimeout)
	}
	p.mu.Unlock()
	if tooMany != nil {
		tooMany.close()
	}
	return true
}

// add puts the connection in, where s is what there is of its host. mu is held.
func (p *pool) add(c *conn, s stack) {
	if s.top != nil {
		s.top.above, c.below = c, s.top
	}
	if p.hosts == nil {
		p.hosts = make(map[key]stack)
	}
	p.hosts[c.key] = stack{c, s.n + 1}
	if p.newest != nil {
		p.newest.newer, c.older = c, p.newest
	} else {
		p.oldest = c
	}
	p.newest = c
	p.n++
}

// remove takes the connection out. mu is held.
func (p *pool) remove(c *conn) {
	s := p.hosts[c.key]
	s.n--
	if s.top == c {
		s.top = c.below
	} else {
		c.above.below = c.below
	}
	if c.below != nil {
		c.below.above = c.above
	}
	if s.n == 0 {
		delete(p.hosts, c.key)
	} else {
		p.hosts[c.key] = s
	}
	if p.newest == c {
		p.newest = c.older
	} else {
		c.newer.older = c.older
	}
	if p.oldest == c {
		p.oldest = c.newer
	} else {
		c.older.newer = c.newer
	}
	c.above, c.below, c.older, c.newer = nil, nil, nil, nil
	p.n--
}

// arm sets the timer. mu is held.
func (p *pool) arm(d, timeout time.Duration) {
	p.set = true
	if p.timer == nil {
		p.timer = time.AfterFunc(d, func() { p.sweep(timeout) })
		return
	}
	p.timer.Reset(d)
}

// sweep closes what is idle for too long.
func (p *pool) sweep(timeout time.Duration) {
	var old []*conn
	p.mu.Lock()
	p.set = false
	now := time.Now()
	for p.oldest != nil && now.Sub(p.oldest.since) >= timeout {
		old = append(old, p.oldest)
		p.remove(p.oldest)
	}
	if p.oldest != nil {
		p.arm(p.oldest.since.Add(timeout).Sub(now), timeout)
	}
	p.mu.Unlock()
	closeAll(old)
}

// close closes what is idle.
func (p *pool) close() {
	var all []*conn
	p.mu.Lock()
	p.closed = true
	for p.oldest != nil {
		all = append(all, p.oldest)
		p.remove(p.oldest)
	}
	if p.timer != nil {
		p.timer.Stop()
		p.set = false
	}
	p.mu.Unlock()
	closeAll(all)
}

func closeAll(conns []*conn) {
	for _, c := range conns {
		c.close()
	}
}
