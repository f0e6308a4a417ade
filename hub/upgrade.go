package hub

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/inflight-go/inflight/internal/ws"
)

// WebSocket returns a handler of requests that become clients. One that is not a
// request for a WebSocket is refused with status 426, 400 or 405, one over HTTP/2 with
// 505: WebSockets inside of HTTP/2 (RFC 8441) are not spoken. By the origin or Authorize
// it is refused with 403; by MaxClients or PerIP, and when the hub does not run, with 503.
// The handler of the request returns at once; the client lives on in Run. It panics
// for a nil handler.
func (h *Hub) WebSocket(fn Handler) http.Handler {
	if fn == nil {
		panic("inflight/hub: WebSocket called with a nil handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.upgrade(w, r, fn) })
}

func (h *Hub) upgrade(w http.ResponseWriter, r *http.Request, fn Handler) {
	if refused := h.mayUpgrade(r); refused != nil {
		h.refuse(w, refused)
		return
	}
	c := &Client{form: plain, protocol: ws.Protocol(r.Header, h.opts.Protocols)}
	if h.opts.Compress && ws.Compresses(r.Header) {
		c.form = deflated
	}
	var err error
	if h.opts.Authorize != nil {
		if c.user, err = h.opts.Authorize(r); err != nil {
			h.refuse(w, &ws.Refusal{Status: http.StatusForbidden, Text: "forbidden"})
			return
		}
	}
	if c.ip, err = h.admit(r.RemoteAddr); err != nil {
		h.busy(w)
		return
	}
	defer h.came()
	early, err := c.takeOver(w, r)
	if err != nil {
		h.mu.Lock()
		h.release(c.ip)
		h.mu.Unlock()
		return
	}
	c.in.dec = &ws.Decoder{Max: h.opts.MaxMessage, Deflate: c.form == deflated}
	c.in.rate = h.opts.Rate.limit()
	h.start(c, early, fn)
}

// takeOver takes the connection from the server of HTTP, and answers. It returns what
// has been read from it already.
func (c *Client) takeOver(w http.ResponseWriter, r *http.Request) (early []byte, err error) {
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "the connection can't be taken over", http.StatusInternalServerError)
		return nil, err
	}
	early, _ = rw.Reader.Peek(rw.Reader.Buffered())
	conn.SetDeadline(time.Now().Add(handshakeTimeout))
	if _, err := conn.Write(ws.AppendAnswer(nil, r, c.protocol, c.form == deflated)); err != nil {
		conn.Close()
		return nil, err
	}
	conn.SetDeadline(time.Time{})
	c.conn = conn
	return early, nil
}

// handshakeTimeout is for how long the answer may be on its way.
const handshakeTimeout = 10 * time.Second

// mayUpgrade returns what is to be answered to a request that can't become a client.
func (h *Hub) mayUpgrade(r *http.Request) *ws.Refusal {
	if refused := ws.Check(r); refused != nil {
		return refused
	}
	if !h.allowed(r) {
		return &ws.Refusal{Status: http.StatusForbidden, Text: "not from that origin"}
	}
	return nil
}

// allowed reports whether the page that makes a browser ask may do so: a browser sends
// the cookies of the host that is asked, whoever makes it ask.
func (h *Hub) allowed(r *http.Request) bool {
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return true
	}
	u, err := url.Parse(origins[0])
	if err != nil || len(origins) > 1 {
		return slices.Contains(h.opts.Origins, "*") && len(origins) == 1
	}
	at := strings.ToLower(u.Host)
	if at != "" && at == strings.ToLower(r.Host) {
		return true
	}
	for _, pattern := range h.opts.Origins {
		pattern = strings.ToLower(pattern)
		tail, wild := strings.CutPrefix(pattern, "*")
		switch {
		case pattern == "*", at != "" && at == pattern:
			return true
		case wild && strings.HasPrefix(tail, ".") && strings.HasSuffix(at, tail) && len(at) > len(tail):
			return true
		}
	}
	return false
}

// busy refuses a request that may be made again.
func (h *Hub) busy(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "5")
	http.Error(w, "there are too many clients, or the server is going away", http.StatusServiceUnavailable)
}

// refuse answers a request that does not become a client.
func (h *Hub) refuse(w http.ResponseWriter, refused *ws.Refusal) {
	h.counts.refused.Add(1)
	switch refused.Status {
	case http.StatusUpgradeRequired:
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Sec-WebSocket-Version", "13")
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodGet)
	}
	http.Error(w, refused.Text, refused.Status)
}
