package origin

import (
	"net/http"
	"sync"
	"time"
)

// Stats are what an origin was asked so far.
type Stats struct {
	// Requests is how many came in, InFlight how many are not answered yet.
	Requests int64 `json:"requests"`
	InFlight int64 `json:"in_flight"`
	// Paths are the counts of each path that was asked, by its pattern.
	Paths map[string]PathStats `json:"paths"`
	// Keys is how often each key was asked. What did not find room is under "(other)".
	Keys map[string]int64 `json:"keys,omitempty"`
	// Early is how many requests came to /retry-after/{s} or /chat/completions before
	// the time was up that its last answer to that key had asked for.
	Early int64 `json:"early"`
	// Starts are the latest requests, oldest first.
	Starts []Start `json:"-"`
}

// PathStats are the counts of one path.
type PathStats struct {
	Requests int64 `json:"requests"`
	InFlight int64 `json:"in_flight"`
	// Peak is the most that were in flight at once.
	Peak int64 `json:"peak"`
}

// A Start is the moment at which a request came in.
type Start struct {
	At   time.Time
	Path string // its pattern
	Key  string
}

// MostIn returns the most starts that lie in any window of that length, of those on
// the path, or of all for "". A window contains its first moment and not its last. It
// sees what Starts has, and no further back.
func (s Stats) MostIn(window time.Duration, path string) int {
	most, first := 0, 0
	var in []time.Time
	for _, start := range s.Starts {
		if path != "" && start.Path != path {
			continue
		}
		in = append(in, start.At)
		for !in[first].After(start.At.Add(-window)) {
			first++
		}
		most = max(most, len(in)-first)
	}
	return most
}

// Stats returns what the origin was asked so far, /stats itself not counted.
func (o *Origin) Stats() Stats {
	s := Stats{Paths: make(map[string]PathStats)}
	for _, rt := range o.routes {
		if n := rt.requests.Load(); n > 0 && rt.path != "/stats" {
			s.Paths[rt.path] = PathStats{Requests: n, InFlight: rt.inFlight.Load(), Peak: rt.top.Load()}
			s.Requests += n
			s.InFlight += rt.inFlight.Load()
		}
	}
	o.log.copyTo(&s)
	return s
}

// stats answers with Stats. The keys are left out unless they are asked for.
func (o *Origin) stats(w http.ResponseWriter, r *http.Request) {
	s := o.Stats()
	if r.URL.Query().Get("keys") == "" {
		s.Keys = nil
	}
	reply(w, http.StatusOK, s)
}

// other is the key of all keys that found no room.
const other = "(other)"

// log remembers, in bounded memory, who asked when.
type log struct {
	mu      sync.Mutex
	keys    map[string]int64
	maxKeys int
	starts  []Start // a ring once it is full
	next    int
	early   int64
	tries   map[string]*tries
}

// tries is what an awkward path remembers of a key.
type tries struct {
	count   int // how often it was asked
	failed  int // how often it failed in a row
	notTill time.Time
}

func (l *log) init(maxKeys, maxStarts int) {
	l.keys, l.maxKeys = make(map[string]int64), maxKeys
	l.starts = make([]Start, 0, maxStarts)
	l.tries = make(map[string]*tries)
}

// maxKey is how long a key may be; what follows is not told apart.
const maxKey = 256

func keyOf(r *http.Request) string {
	key := ""
	if r.URL.RawQuery != "" {
		key = r.URL.Query().Get("key")
	}
	if key == "" {
		key = r.URL.RequestURI()
	}
	return key[:min(len(key), maxKey)]
}

func (l *log) start(rt *route, key string) {
	if rt.path == "/stats" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.keys[key]; !known && len(l.keys) >= l.maxKeys {
		key = other
	}
	l.keys[key]++
	// The time is read under the lock, so that the log is in order.
	s := Start{At: time.Now(), Path: rt.path, Key: key}
	if len(l.starts) < cap(l.starts) {
		l.starts = append(l.starts, s)
		return
	}
	l.starts[l.next] = s
	l.next = (l.next + 1) % len(l.starts)
}

func (l *log) copyTo(s *Stats) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.Early = l.early
	s.Keys = make(map[string]int64, len(l.keys))
	for key, n := range l.keys {
		s.Keys[key] = n
	}
	s.Starts = append(append([]Start(nil), l.starts[l.next:]...), l.starts[:l.next]...)
}

// with calls use with what is remembered of a key on a path.
func (l *log) with(path, key string, use func(*tries)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	id := path + " " + key
	t := l.tries[id]
	if t == nil {
		if len(l.tries) >= l.maxKeys {
			id = other
		}
		if t = l.tries[id]; t == nil {
			t = new(tries)
			l.tries[id] = t
		}
	}
	t.count++
	if time.Now().Before(t.notTill) {
		l.early++
	}
	use(t)
}
