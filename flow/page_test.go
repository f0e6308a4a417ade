package flow_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/flow"
)

// numbers is an API of the numbers from 1 to n, in pages of each known kind. It gives at
// most most on a page.
func numbers(n, most int, asked func(r *http.Request)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked(r)
		q := r.URL.Query()
		get := func(name string, normal int) int {
			if v, err := strconv.Atoi(q.Get(name)); err == nil {
				return v
			}
			return normal
		}
		size := min(get("size", most), get("limit", most), most)
		from := (get("page", 1) - 1) * size
		from = get("offset", get("cursor", from))
		var items []string
		for i := from + 1; i <= min(from+size, n); i++ {
			items = append(items, strconv.Itoa(i))
		}
		next := "null"
		if from+size < n {
			next = fmt.Sprintf(`"%d"`, from+size)
			w.Header().Set("Link", fmt.Sprintf(`<%s?cursor=0>; rel="first", <%s?cursor=%d&x=%%2C>; rel="last next"; title="a, b"`, r.URL.Path, r.URL.Path, from+size))
		}
		fmt.Fprintf(w, `{"items":[%s],"next":%s,"url":%s,"total":%d,"pages":%d}`, strings.Join(items, ","), next,
			strings.Replace(next, `"`, `"?cursor=`, 1), n, (n+size-1)/size)
	})
}

// pages runs a flow whose list is the numbers, and returns them with the error.
func pages(t *testing.T, paginate string, h http.Handler) (string, error) {
	f, out := in(t, `
version: 1
steps: {list: {get: "demo://o/list?x=%2C&page=9", each: ".items[]", paginate: {`+paginate+`}}}`)
	_, err := f.Run(t.Context(), flow.Options{Session: served(h)})
	rows := lines(t, out)
	var got []string
	for i := range int64(len(rows)) {
		got = append(got, fmt.Sprint(rows[i]["value"]))
	}
	return strings.Join(got, " "), err
}

// Every way of paging gets every item once, in order.
func TestPages(t *testing.T) {
	const all = "1 2 3 4 5 6 7 8 9 10"
	for _, row := range []struct {
		paginate string
		requests int
	}{
		{"next: link", 4}, {"next: .url", 4}, {"cursor: .next", 4},
		{"page: page", 5}, {"page: page, size: 3", 5}, {"offset: offset, size: 3", 5}, {"offset: offset, size: 100", 5},
		{"page: page, total: .total", 4}, {"page: page, size: 3, total: .total", 4}, {"page: page, pages: .pages", 4},
		{"offset: offset, size: 3, total: .total, parallel: 2", 4}, {"offset: offset, size: 2, pages: .pages", 5},
		{"page: page, size: 3, total: .total, parallel: 1", 4},
	} {
		var mu sync.Mutex
		requests := 0
		h := numbers(10, 3, func(r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			requests++
			if !strings.Contains(r.URL.RawQuery, "x=%2C") && !strings.Contains(row.paginate, ".url") {
				t.Errorf("%s: the query %s", row.paginate, r.URL.RawQuery)
			}
		})
		if strings.HasPrefix(row.paginate, "next") || strings.HasPrefix(row.paginate, "cursor") {
			inner := h
			h = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "&page=9", "", 1)
				inner.ServeHTTP(w, r)
			})
		}
		if strings.HasPrefix(row.paginate, "offset") {
			inner := h
			h = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "&page=9", "", 1)
				inner.ServeHTTP(w, r)
			})
		}
		got, err := pages(t, row.paginate, h)
		if err != nil || got != all || requests != row.requests {
			t.Errorf("%s: %q by %d requests, want %d; %v", row.paginate, got, requests, row.requests, err)
		}
	}
}

// Pages that only the body asks for come as all others, and what is sent keeps its types.
func TestPagesInTheBody(t *testing.T) {
	for _, row := range []struct{ sends, paginate, answers, asked string }{
		{`{q: x}`, `{cursor: "select(.more) | .end", param: vars.after, in: body}`,
			`{"items":[1],"more":true,"end":"b"} {"items":[2],"more":true,"end":"c"} {"items":[3],"more":false,"end":"d"}`,
			`k:{"q":"x"} k-2:{"q":"x","vars":{"after":"b"}} k-3:{"q":"x","vars":{"after":"c"}}`},
		{`{sort: [n], vars: {a: 1.50}}`, `{cursor: ".items[-1] // null | select(. < 3) | [.]", param: vars.after, size: 2, size_param: n, in: body}`,
			`{"items":[1,2]} {"items":[3]}`,
			`k:{"n":2,"sort":["n"],"vars":{"a":1.50}} k-2:{"n":2,"sort":["n"],"vars":{"a":1.50,"after":[2]}}`},
		{`'{"page": 9, "q": "x"}'`, `{page: page, total: .total, in: body, parallel: 1}`,
			`{"items":[1,2],"total":3} {"items":[3],"total":3}`,
			`k:{"page":1,"q":"x"} k-2:{"page":2,"q":"x"}`},
		{`{}`, `{offset: from, size: 2, in: body}`,
			`{"items":[1,2]} {"items":[3]} {"items":[]}`,
			`k:{"from":0,"limit":2} k-2:{"from":2,"limit":2} k-3:{"from":3,"limit":2}`},
	} {
		answers := strings.Split(row.answers, " ")
		var asked []string
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil || r.URL.RawQuery != "x=1" || len(asked) == len(answers) {
				t.Errorf("%v: %s %s", err, r.URL, body)
			}
			asked = append(asked, r.Header.Get("Idempotency-Key")+":"+string(body))
			fmt.Fprint(w, answers[len(asked)-1])
		})
		f, out := in(t, `
version: 1
steps: {list: {post: "demo://o/list?x=1", json: `+row.sends+`, each: ".items[]", idempotency_key: k, paginate: `+row.paginate+`}}`)
		_, err := f.Run(t.Context(), flow.Options{Session: served(h)})
		if got := strings.Join(asked, " "); err != nil || got != row.asked {
			t.Errorf("%s\n%v: asked for\n%s, want\n%s", row.paginate, err, got, row.asked)
		}
		if rows := lines(t, out); len(rows) != 3 || rows[2]["value"] != 3.0 {
			t.Errorf("%s: %v", row.paginate, rows)
		}
	}
	for _, row := range []struct{ sends, answers, want string }{
		{`{vars: x}`, `[]`, "in: body: its field vars is no object"},
		{`'[{{json .n}}]'`, `[]`, "in: body: what is sent is no object"},
		{`{}`, `[1]`, `does the server know the field "vars.page" of the body?`},
	} {
		f, _ := in(t, `
version: 1
vars: {n: 1}
steps: {list: {post: "demo://o/list", json: `+row.sends+`, each: ".[]", paginate: {page: vars.page, in: body}}}`)
		h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, row.answers) })
		if _, err := f.Run(t.Context(), flow.Options{Session: served(h)}); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", row.sends, err, row.want)
		}
	}
}

// A next page may be spelled in any way that leads to the same host.
func TestNextPagesAsServersWriteThem(t *testing.T) {
	for next, want := range map[string]string{
		"http://API.example.com:80/list?p=2":         "/list?p=2",
		" /list?p=2 ":                                "/list?p=2",
		"/list?p=2&from=2026-01-02 10:00&q=\u00E9\"": "/list?p=2&from=2026-01-02%2010:00&q=%C3%A9%22",
		"//api.example.com/list?a=%2C&b=x+y#end":     "/list?a=%2C&b=x+y",
	} {
		var asked []string
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, r.URL.RequestURI())
			to := ""
			if len(asked) == 1 {
				to = next
			}
			fmt.Fprint(w, show(map[string]any{"items": []int{len(asked)}, "next": to}))
		})
		f, _ := in(t, "\nversion: 1\nsteps: {list: {get: 'http://api.example.com/list', each: '.items[]', paginate: {next: .next}}}")
		o := served(h)
		o.Schemes["http"] = o.Schemes["demo"]
		if _, err := f.Run(t.Context(), flow.Options{Session: o}); err != nil || len(asked) != 2 || asked[1] != want {
			t.Errorf("%q: asked for %q, %v", next, asked, err)
		}
	}
}

// A server that goes round in a circle, or does not do what it was asked for, is found
// out, and the message says what is wrong.
func TestPagesGoWrong(t *testing.T) {
	same := func(body string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, body) })
	}
	counting := func(format string) http.Handler {
		n := 0
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n++
			fmt.Fprint(w, strings.Replace(format, "N", strconv.Itoa(n), 1))
		})
	}
	for _, row := range []struct {
		paginate string
		h        http.Handler
		want     string
	}{
		{"page: p", same(`{"items":[1]}`), `page 2 has the same content as page 1: does the server know the parameter "p" of the URL?`},
		{"cursor: .next, param: after", same(`{"items":[1],"next":"a"}`), `page 2 has the same content as page 1: does the server know the parameter "after" of the URL?`},
		{"next: .next", same(`{"items":[1],"next":"/list"}`), "page 2 has the same content as page 1: the server sends the same again"},
		{"cursor: .next", counting(`{"items":[N],"next":"a"}`), `page 2 leads to the same cursor as page 1, "a"`},
		{"cursor: .next", counting(`{"items":[],"next":"a","n":N}`), "the list goes round in a circle"},
		{"next: .next", counting(`{"items":[N],"next":"/list?p=2"}`), "page 2 leads to the same next page as page 1"},
		{"next: .next", counting(`{"items":[N],"next":"demo://evil/"}`), "at another host, demo://evil"},
		{"next: .next", counting(`{"items":[N],"next":["x"]}`), "next: "},
		{"page: p, max_pages: 3", counting(`{"items":[N]}`), "more than max_pages, 3"},
		{"page: p, size: 5, total: .total", counting(`{"items":[N],"total":10}`), "the server gives 1 items on a page, not 5: write size: 1"},
		{"offset: o, size: 5, pages: .pages", counting(`{"items":[N],"pages":2}`), "the server gives 1 items on a page, not 5: write size: 1"},
		{"page: p, total: .total", counting(`{"items":[],"total":10,"n":N}`), "the first page has no items"},
		{"page: p, total: .total", counting(`{"items":[1,2],"total":0,"n":N}`), "total is 0, and the first page alone has 2 items"},
		{"page: p, total: .total", counting(`{"items":[N],"total":"x"}`), "total: "},
		{"page: p, total: .total", counting(`{"items":[N],"total":1.5}`), "want a whole number"},
	} {
		if _, err := pages(t, row.paginate, row.h); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", row.paginate, err, row.want)
		}
	}
}

// Pages whose number is known come at the same time, and no more than parallel says.
func TestPagesAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := numbers(50, 5, func(*http.Request) { time.Sleep(time.Second) })
		f, _ := in(t, `
version: 1
steps: {list: {get: "demo://o/list", each: ".items[]", paginate: {page: page, total: .total, parallel: 3}}}`)
		began := time.Now()
		p := &flow.Progress{}
		if _, err := f.Run(t.Context(), flow.Options{Session: served(h), Progress: p}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 4*time.Second {
			t.Errorf("ten pages took %v, want one and three by three", took)
		}
		if peak := p.Stats().Steps[0].Peak; peak != 3 {
			t.Errorf("%d at once", peak)
		}
	})
}

// What is secret is not sent to where a redirect has led, also not with the next page that is
// named there; and a user in the URL is sent with every page.
func TestNextPagesBehindRedirects(t *testing.T) {
	for _, row := range []struct{ location, next, want string }{
		{"demo://evil/list?b", "/list?p=2", "another host, demo://evil, and demo://o was asked"},
		{"demo://evil/list?b", "demo://o/list?p=2", ""},
		{"demo://o/list?b", "demo://x:y@o/list?p=2", ""},
	} {
		var mu sync.Mutex
		got := make(map[string]string)
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			user, password, _ := r.BasicAuth()
			got[r.URL.Host+"?"+r.URL.RawQuery] = r.Header.Get("X-Key") + " " + user + " " + password
			switch r.URL.RawQuery {
			case "":
				http.Redirect(w, r, row.location, http.StatusFound)
			case "b":
				fmt.Fprintf(w, `{"items":[1],"next":%q}`, row.next)
			default:
				fmt.Fprint(w, `{"items":[2]}`)
			}
		})
		f, _ := in(t, `
version: 1
steps: {list: {get: "demo://me:pass@o/list", headers: {X-Key: secret}, each: ".items[]", paginate: {next: .next}}}`)
		_, err := f.Run(t.Context(), flow.Options{Session: served(h)})
		if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
			t.Errorf("%s: %v, want %q", row.next, err, row.want)
		}
		for where, sent := range got {
			if want := "secret me pass"; where != "o?b" && strings.HasPrefix(where, "o?") != (sent == want) {
				t.Errorf("%s, then %s: %s got %q", row.location, row.next, where, sent)
			}
		}
		if len(got) != 2 && row.want != "" || len(got) != 3 && row.want == "" {
			t.Errorf("%s, then %s: %v", row.location, row.next, got)
		}
	}
}

// changing is an API of the numbers from 1 on, ten on a page, how many and what it says about
// that depends on the number of the request.
func changing(n func(request int) (there int, says string)) http.Handler {
	var mu sync.Mutex
	request := 0
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		request++
		there, says := n(request)
		if there < 0 {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		var items []string
		for i := 10*page - 9; i <= min(10*page, there); i++ {
			items = append(items, strconv.Itoa(i))
		}
		fmt.Fprintf(w, `{"items":[%s],%s"page":%d}`, strings.Join(items, ","), says, page)
	})
}

// A list may have more items when its last page comes, or fewer, and a total may be wrong: what
// is there is had, and what is said to be there and is not is told.
func TestPagesThatChange(t *testing.T) {
	for name, row := range map[string]struct {
		paginate string
		n        func(request int) (int, string)
		items    int
		want     string
	}{
		"grows": {"page: page, total: .total", func(request int) (int, string) {
			n := 45
			if request > 3 {
				n = 62
			}
			return n, fmt.Sprintf(`"total":%d,`, n)
		}, 62, ""},
		"grows by pages": {"page: page, pages: .pages", func(request int) (int, string) {
			if request > 3 {
				return 62, `"pages":7,`
			}
			return 45, `"pages":5,`
		}, 62, ""},
		"shrinks": {"page: page, total: .total", func(request int) (int, string) {
			n := 100
			if request > 5 {
				n = 81
			}
			return n, fmt.Sprintf(`"total":%d,`, n)
		}, 81, ""},
		"says less":           {"page: page, total: .total", func(int) (int, string) { return 100, `"total":45,` }, 100, ""},
		"says more":           {"page: page, total: .total", func(int) (int, string) { return 50, `"total":100,` }, 50, "total is 100, and the pages up to this one, which is empty, have 50 items"},
		"says little more":    {"page: page, total: .total", func(int) (int, string) { return 97, `"total":100,` }, 97, "leave total out"},
		"says it once":        {"page: page, total: .total", func(n int) (int, string) { return 60, strings.Repeat(`"total":60,`, max(2-n, 0)) }, 60, ""},
		"says it once, pages": {"page: page, pages: .pages", func(n int) (int, string) { return 60, strings.Repeat(`"pages":6,`, max(2-n, 0)) }, 60, ""},
	} {
		got, err := pages(t, row.paginate+", parallel: 1", changing(row.n))
		if n := len(strings.Fields(got)); n != row.items {
			t.Errorf("%s: %d items, want %d", name, n, row.items)
		}
		if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
			t.Errorf("%s: %v, want %q", name, err, row.want)
		}
	}
}

// A list that has grown is gone on with behind the page that was the last, also after a stop.
func TestGrownListGoesOn(t *testing.T) {
	f, out := in(t, `
version: 1
steps: {list: {get: "demo://o/list", each: ".items[]", paginate: {page: page, total: .total, parallel: 1}}}`)
	o := flow.Options{Session: served(changing(func(request int) (int, string) {
		switch request {
		case 1, 2:
			return 30, `"total":30,`
		case 5:
			return -1, "" // the second of those that were not known
		}
		return 60, `"total":60,`
	}))}
	if _, err := f.Run(t.Context(), o); !errors.Is(err, flow.ErrList) || !strings.Contains(err.Error(), "page 5") {
		t.Fatal(err)
	}
	o.Journal.Resume = true
	if sum, err := f.Run(t.Context(), o); err != nil || len(lines(t, out)) != 60 {
		t.Errorf("%+v, %v: %d lines", sum, err, len(lines(t, out)))
	}
}
