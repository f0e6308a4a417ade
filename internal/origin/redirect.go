package origin

import (
	"net/http"
	"strconv"
)

func redirect(w http.ResponseWriter, r *http.Request) {
	p := read(r)
	n := p.int("n", 0, 0, 1000)
	switch {
	case p.bad(w):
	case n == 0:
		reply(w, http.StatusOK, map[string]any{"redirects": "done"})
	default:
		to := *r.URL
		to.Path = "/redirect/" + strconv.Itoa(n-1)
		http.Redirect(w, r, to.RequestURI(), http.StatusFound)
	}
}

func redirectTo(w http.ResponseWriter, r *http.Request) {
	p := read(r)
	code := p.int("status", http.StatusFound, 300, 399)
	to := p.text("url")
	if to == "" {
		p.refuse("url", to, "where to go")
	}
	if !p.bad(w) {
		w.Header().Set("Location", to)
		w.WriteHeader(code)
	}
}

func redirectLoop(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, r.URL.RequestURI(), http.StatusFound)
}
