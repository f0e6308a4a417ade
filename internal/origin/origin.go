package origin

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// Options say what an Origin is like. The zero value is ready to use.
type Options struct {
	// Seed decides what is answered where something is made up.
	Seed uint64
	// Users is how many users there are. Zero means 1000.
	Users int
	// Pages is how many pages the site has unless a request says otherwise. Zero
	// means 2000.
	Pages int
	// Requests and Tokens are how many requests and tokens /chat/completions allows in
	// a Minute to each key, unless a request says otherwise. Zero means no limit.
	Requests, Tokens int
	// Minute is how long a minute of those limits is: less than the real one for a
	// demonstration that nobody has to wait for. Zero means one minute.
	Minute time.Duration
	// MaxTime is the longest that one answer may take: delays are cut to it, bodies
	// that never end do end. Zero means 60s.
	MaxTime time.Duration
	// MaxBody is the largest body that is sent, as it was before any compression, in
	// bytes. Zero means 1 GiB.
	MaxBody int64
	// MaxInFlight is how many requests are served at once; more are answered by 503.
	// Zero means 20000.
	MaxInFlight int
	// MaxKeys is how many keys are told apart; the rest are counted as one. Zero means
	// 100000.
	MaxKeys int
	// MaxStarts is how many of the latest starts are remembered. Zero means 65536.
	MaxStarts int
}

func (o Options) withDefaults() Options {
	fill(&o.Users, 1000)
	fill(&o.Pages, 2000)
	fill(&o.Minute, time.Minute)
	fill(&o.MaxTime, 60*time.Second)
	fill(&o.MaxBody, 1<<30)
	fill(&o.MaxInFlight, 20_000)
	fill(&o.MaxKeys, 100_000)
	fill(&o.MaxStarts, 1<<16)
	return o
}

func fill[T int | int64 | time.Duration](field *T, byDefault T) {
	if *field < 0 {
		panic(fmt.Sprintf("inflight/origin: Options with a negative number: %v", *field))
	}
	if *field == 0 {
		*field = byDefault
	}
}

// An Origin answers requests and keeps count of them. Make one with New. It is an
// http.Handler, and safe for use by any number of goroutines.
type Origin struct {
	opts   Options
	mux    http.ServeMux
	routes []*route
	active atomic.Int64
	log    log
	chats  chats
}

// New returns an origin. It panics for a negative number among the options.
func New(opts Options) *Origin {
	o := &Origin{opts: opts.withDefaults()}
	o.log.init(o.opts.MaxKeys, o.opts.MaxStarts)
	o.chats.init()
	o.addRoutes()
	return o
}

// A route is one path: what it is for, and how often it was asked.
type route struct {
	path, about   string
	requests      atomic.Int64
	inFlight, top atomic.Int64
}

func (o *Origin) addRoutes() {
	o.add("/{$}", "", o.help)
	o.add("/delay/{d}", "200 after a while: a duration, such as 250ms, or seconds", o.delay)
	o.add("/status/{code}", "this status, 200 to 599", status)
	o.add("/retry-after/{s}", "429 with Retry-After the first time, then 200; ?key= ?times=1 ?status=429", o.retryAfter)
	o.add("/flaky", "500, 503 or a reset now and then; ?rate=0.3 ?key= ?max=3 in a row", o.flaky)
	o.add("/users", "a list in pages; ?page=1 ?size=20", o.users)
	o.add("/users/{id}", "one user", o.user)
	o.add("/users/{id}/posts", "the posts of a user", o.posts)
	o.add("POST /chat/completions", "chat as LLM APIs have it; ?rpm= ?tpm= ?minute=6s ?latency=0s ?key=", o.chat)
	o.add("/bytes/{n}", "so many bytes, such as 10000 or 16MiB", o.bytes)
	o.add("/json/{n}", "a JSON array of n objects", o.jsonArray)
	o.add("/endless", "a body without an end", o.endless)
	o.add("/slow-body", "a body in drops; ?chunk=16 ?every=100ms ?n=10", o.slowBody)
	o.add("/redirect/{n}", "n redirects, then 200", redirect)
	o.add("/redirect-to", "a redirect to ?url=; ?status=302", redirectTo)
	o.add("/redirect-loop", "a redirect to itself", redirectLoop)
	o.add("/gzip", "a small body, compressed whether it was asked for or not", zipped)
	o.add("/gzip-bomb", "zeros, compressed a thousandfold; ?size=64MiB", o.gzipBomb)
	o.add("/lying-length", "less than its Content-Length says", lyingLength)
	o.add("/reset", "no answer: the connection is reset", reset)
	o.add("/headers", "the headers of the request", headers)
	o.add("/echo", "the request: method, URL, headers, body", echo)
	o.add("/cookies", "the cookies of the request", cookies)
	o.add("/cookies/set", "sets each parameter as a cookie", setCookies)
	o.add("/site/{path...}", "pages with links; ?pages=2000", o.site)
	o.add("/robots.txt", "keeps crawlers out of /endless and /site/private/", robots)
	o.add("/stats", "what was asked so far; ?keys=true", o.stats)
}

func (o *Origin) add(pattern, about string, answer http.HandlerFunc) {
	_, path, found := strings.Cut(pattern, " ")
	if !found {
		path = pattern
	}
	rt := &route{path: path, about: about}
	o.routes = append(o.routes, rt)
	o.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		rt.requests.Add(1)
		raise(&rt.top, rt.inFlight.Add(1))
		defer rt.inFlight.Add(-1)
		o.log.start(rt, keyOf(r))
		answer(w, r)
	})
}

// ServeHTTP answers one request.
func (o *Origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if o.active.Add(1) > int64(o.opts.MaxInFlight) {
		o.active.Add(-1)
		fail(w, http.StatusServiceUnavailable, "more than %d requests in flight", o.opts.MaxInFlight)
		return
	}
	defer o.active.Add(-1)
	o.mux.ServeHTTP(w, r)
}

// help lists the paths.
func (o *Origin) help(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintln(w, "An origin to try inflight against. Its paths:")
	fmt.Fprintln(w)
	for _, rt := range o.routes[1:] {
		fmt.Fprintf(w, "  %-20s %s\n", rt.path, rt.about)
	}
}

// raise makes top at least n.
func raise(top *atomic.Int64, n int64) {
	for {
		now := top.Load()
		if n <= now || top.CompareAndSwap(now, n) {
			return
		}
	}
}
