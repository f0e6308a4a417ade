package chat

import (
	_ "embed"
	"net/http"

	"github.com/inflight-go/inflight/serve"
	"github.com/inflight-go/inflight/telemetry"
)

// The page has no parts from elsewhere and needs no build.
var (
	//go:embed page.html
	pageMarkup []byte
	//go:embed page.css
	pageStyle []byte
	//go:embed page.js
	pageScript []byte
)

// Handler serves the page at /, and WebSockets at /ws. Those may say who they are:
// ?name=, ?room=, the number after which they want to know what was said, ?since=,
// and the key of their Welcome, ?key=, when they come again.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /ws", s.hub.WebSocket(s.serve))
	mux.Handle("GET /{$}", file("text/html; charset=utf-8", pageMarkup))
	mux.Handle("GET /page.css", file("text/css; charset=utf-8", pageStyle))
	mux.Handle("GET /page.js", file("text/javascript; charset=utf-8", pageScript))
	return mux
}

// Admin serves the probes of web, and at /metrics what all of it counts.
func (s *Server) Admin(web *serve.Server) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", web.Health)
	mux.Handle("/metrics", telemetry.Handler(telemetry.Tasks(), web.Metrics(), s.hub.Metrics()))
	return mux
}

func file(kind string, content []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", kind)
		h.Set("Cache-Control", "no-cache")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		_, _ = w.Write(content)
	})
}
