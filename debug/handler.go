package debug

import (
	"compress/gzip"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/attach"
	"github.com/inflight-go/inflight/internal/park"
)

// An Option changes what Handler, or Attach, serves.
type Option func(*handler)

// Token lets in who has the token, from anywhere: in a header "Authorization: Bearer
// TOKEN", or, for a browser, once as ?token=TOKEN in the address of the page. It
// panics for an empty one.
func Token(token string) Option {
	if token == "" {
		panic("inflight/debug: Token called with an empty token")
	}
	return func(h *handler) { h.token = sha256.Sum256([]byte(token)) }
}

// Show adds what panel returns to the page, see Panel. It is called each second while
// somebody looks.
func Show(panel func() Panel) Option {
	if panel == nil {
		panic("inflight/debug: Show called with a nil function")
	}
	return func(h *handler) { h.panel = panel }
}

func onSocket(h *handler) { h.socket = true }

// Handler serves this process to people and tools, below the folder it is mounted at:
//
//	/         a page that shows the tree, live
//	/tree     the tree as text; ?filter=TEXT
//	/tasks    a Snapshot as JSON
//	/task     ?id=ID: one task, and its stack, as JSON
//	/group    ?key=KEY: the tasks of a branch, as JSON
//	/events   what the page shows, each second, as server-sent events
//
// It is registered nowhere by itself. Without a [Token] it answers only what comes
// from the loopback interface with a Host that names it, so that neither another
// machine, nor a proxy, nor a page in the user's browser gets in. It only shows:
// nothing can be changed by it.
func Handler(opts ...Option) http.Handler { return newHandler(opts...) }

type handler struct {
	mux    *http.ServeMux
	token  [sha256.Size]byte // zero for none
	socket bool              // of Attach
	panel  func() Panel      // nil for none
	live   live
}

func newHandler(opts ...Option) *handler {
	h := &handler{mux: http.NewServeMux()}
	for _, opt := range opts {
		opt(h)
	}
	h.mux.HandleFunc("GET /{$}", h.page)
	h.mux.HandleFunc("GET /page.js", asset("text/javascript; charset=utf-8", pageScript))
	h.mux.HandleFunc("GET /page.css", asset("text/css; charset=utf-8", pageStyle))
	h.mux.HandleFunc("GET /tree", h.tree)
	h.mux.HandleFunc("GET /tasks", h.tasks)
	h.mux.HandleFunc("GET /task", h.task)
	h.mux.HandleFunc("GET /group", h.group)
	h.mux.HandleFunc("GET /events", h.events)
	if h.socket {
		h.mux.HandleFunc("POST /level", setLevel)
	}
	return h
}

// cookie is where a browser keeps the token.
const cookie = "inflight-token"

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Cache-Control", "no-store")
	if why := h.refuses(r); why != "" {
		http.Error(w, why, http.StatusForbidden)
		return
	}
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(mostTime))
	defer func() { _ = control.SetWriteDeadline(time.Time{}) }() // the connection may be used for others
	h.mux.ServeHTTP(w, r)
}

// mostTime is how long an answer may take to be read: a snapshot of many tasks is
// megabytes, and would be kept for who does not read.
const mostTime = time.Minute

// refuses says why a request is not answered, "" if it is.
func (h *handler) refuses(r *http.Request) string {
	if o := r.Header.Get("Origin"); o != "" {
		if u, err := url.Parse(o); err != nil || u.Host != r.Host {
			return "this request was made by another site"
		}
	}
	if h.socket {
		if r.Host != attach.Host {
			return fmt.Sprintf("the Host %q is not %s", clean(r.Host), attach.Host)
		}
		return ""
	}
	if h.token != [sha256.Size]byte{} {
		return h.refusesToken(r)
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return "without a token only this machine is answered"
	}
	if !loopbackHost(r.Host) {
		return fmt.Sprintf("the Host %q is not this machine's: without a token only localhost and 127.0.0.1 are answered", clean(r.Host))
	}
	return ""
}

// loopbackHost reports whether a Host names the loopback interface. Any other name
// may have been made to point here by somebody whose page wants to look.
func loopbackHost(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if ip := net.ParseIP(strings.Trim(host, "[]")); ip != nil {
		return ip.IsLoopback()
	}
	return strings.EqualFold(host, "localhost")
}

func (h *handler) refusesToken(r *http.Request) string {
	given := []string{r.URL.Query().Get("token")}
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		given = append(given, bearer)
	}
	if c, err := r.Cookie(cookie); err == nil {
		given = append(given, c.Value)
	}
	right := slices.ContainsFunc(given, func(s string) bool {
		sum := sha256.Sum256([]byte(s))
		return subtle.ConstantTimeCompare(sum[:], h.token[:]) == 1
	})
	if !right {
		return "this needs the token: ?token=TOKEN, or a header Authorization: Bearer TOKEN"
	}
	return ""
}

// page shows the page. A token in its address becomes a cookie, so that it is not in
// the browser's history.
func (h *handler) page(w http.ResponseWriter, r *http.Request) {
	if token := r.URL.Query().Get("token"); token != "" {
		http.SetCookie(w, &http.Cookie{Name: cookie, Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
		w.Header().Set("Location", "./")
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	asset("text/html; charset=utf-8", pageMarkup)(w, r)
}

func asset(kind, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write([]byte(text))
	}
}

func (h *handler) tree(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	s := Take()
	if filter := r.URL.Query().Get("filter"); filter != "" {
		_ = s.Tree().Filter(filter).WriteText(w)
		return
	}
	_ = s.WriteText(w)
}

func (h *handler) tasks(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	s := Take()
	if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		_ = s.WriteJSON(w)
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
	_ = s.WriteJSON(z)
	_ = z.Close()
}

// A Detail is one task with its stack.
type Detail struct {
	Task
	Doing string `json:"doing"`
	Stack string `json:"stack"`
	Own   bool   `json:"own"` // the stack is its own; else those of all who run its function
}

func (h *handler) task(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseUint(r.URL.Query().Get("id"), 10, 64)
	if err != nil {
		http.Error(w, "id: want a number", http.StatusBadRequest)
		return
	}
	s := h.live.snapshot()
	t := s.Find(id)
	if t == nil {
		http.Error(w, "this task has ended", http.StatusNotFound)
		return
	}
	names := make(map[uint64]string)
	for _, id := range append([]uint64{t.On, t.Holder}, t.Targets...) {
		if o := s.Find(id); o != nil {
			names[id] = o.Name
		}
	}
	d := Detail{Task: *t, Doing: t.Doing(names)}
	d.Stack, d.Own = Stack(t)
	writeJSON(w, d)
}

// mostMembers is how many tasks of a branch are listed.
const mostMembers = 500

func (h *handler) group(w http.ResponseWriter, r *http.Request) {
	s := h.live.snapshot()
	b := s.Tree().Find(r.URL.Query().Get("key"))
	if b == nil {
		http.Error(w, "these tasks have ended, or do something else now", http.StatusNotFound)
		return
	}
	at := make(map[uint64]*Task, len(s.Tasks))
	for i := range s.Tasks {
		at[s.Tasks[i].ID] = &s.Tasks[i]
	}
	out := struct {
		Count int    `json:"count"`
		Tasks []Task `json:"tasks"`
	}{Count: b.Count}
	for _, id := range b.IDs[:min(len(b.IDs), mostMembers)] {
		out.Tasks = append(out.Tasks, *at[id])
	}
	writeJSON(w, out)
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// setLevel is for who is attached: it makes a process that runs at level 0 tell more.
func setLevel(w http.ResponseWriter, r *http.Request) {
	level, err := strconv.Atoi(r.URL.Query().Get("level"))
	if err != nil || level < 0 || level > 2 {
		http.Error(w, "level: want 0, 1 or 2", http.StatusBadRequest)
		return
	}
	inflight.SetDebug(level)
	writeJSON(w, map[string]int{"level": int(park.Level.Load())})
}
