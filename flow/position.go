package flow

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/inflight-go/inflight/internal/request"
	"github.com/inflight-go/inflight/session"
)

// A position is where a page is. The first has all but No and At zero.
type position struct {
	No     int64  `json:"no"` // of the page, from 1
	URL    string `json:"url,omitempty"`
	Cursor string `json:"cursor,omitempty"`
	At     int64  `json:"at,omitempty"`    // the page's number, or its offset
	Last   int64  `json:"last,omitempty"`  // No of the last page, where that is known; there may be more by now
	Step   int64  `json:"step,omitempty"`  // from one At to the next
	Total  int64  `json:"total,omitempty"` // items that there were to be, and
	Got    int64  `json:"got,omitempty"`   // those on the pages before
}

// start is where the first page of a step is.
func (s *step) start() *position {
	if s.pages == nil {
		return &position{No: 1}
	}
	return &position{No: 1, At: s.pages.first}
}

// after finds the position behind a page; nil if it is the last.
func (g *paginate) after(at position, p *page, a *answer) (*position, error) {
	switch {
	case g.link:
		r := session.Response{URL: a.url, Header: a.header}
		return g.follow(at, a, r.Link("next"))
	case g.next != nil:
		to, err := optionalText(g.next, a.value)
		if err != nil {
			return nil, fmt.Errorf("next: %w", err)
		}
		return g.follow(at, a, to)
	case g.cursor != nil:
		cursor, err := g.cursorIn(a.value)
		if err != nil {
			return nil, fmt.Errorf("cursor: %w", err)
		}
		if cursor == "" {
			return nil, nil
		}
		return &position{No: at.No + 1, Cursor: cursor}, nil
	}
	return g.number(at, p, a)
}

// withUser is a URL with the user of another one, who stands in none that a server names.
func withUser(raw, from string) (string, error) {
	f, err := url.Parse(from)
	if err != nil || f.User == nil {
		return raw, err
	}
	u, err := url.Parse(raw)
	if err != nil {
		return "", err
	}
	u.User = f.User
	return u.String(), nil
}

// follow is the position of a URL that the answer names. It has to lead to the host that
// was asked, and not to one where a redirect has led: what is sent there may be secret.
func (g *paginate) follow(at position, a *answer, to string) (*position, error) {
	if to == "" {
		return nil, nil
	}
	base, err := url.Parse(a.url)
	if err != nil {
		return nil, err
	}
	u, err := base.Parse(strings.TrimSpace(to))
	if err != nil {
		return nil, fmt.Errorf("the next page is %.200q, which is no URL", to)
	}
	asked, err := url.Parse(a.asked)
	if err != nil {
		return nil, err
	}
	if originOf(u) != originOf(asked) && !upgraded(asked, u) {
		return nil, fmt.Errorf("the next page is at another host, %s, and %s was asked: the answer may not lead there", originOf(u), originOf(asked))
	}
	u.RawQuery, u.User = escaped(u.RawQuery), nil
	return &position{No: at.No + 1, URL: u.String()}, nil
}

// upgraded reports whether a URL is that of the same host by https, as session takes it.
func upgraded(from, to *url.URL) bool {
	plain := from.Scheme == "http" && (from.Port() == "" || from.Port() == "80")
	return plain && originOf(to) == "https://"+strings.TrimPrefix(originOf(from), "http://")
}

// originOf is where a URL leads, written in one way.
func originOf(u *url.URL) string {
	host := strings.ToLower(u.Host)
	switch u.Scheme {
	case "http":
		host = strings.TrimSuffix(host, ":80")
	case "https":
		host = strings.TrimSuffix(host, ":443")
	}
	return u.Scheme + "://" + host
}

// escaped is a query that a server has written, without what can't stand in a request.
func escaped(query string) string {
	var b strings.Builder
	for _, c := range []byte(query) {
		if c <= ' ' || c >= 0x7F || strings.IndexByte(`"<>`, c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// number is the position behind a page that has a number or an offset.
func (g *paginate) number(at position, p *page, a *answer) (*position, error) {
	got := int64(len(p.values))
	if g.known() && at.Last == 0 {
		if err := g.measure(&at, got, a.value); err != nil {
			return nil, err
		}
		if at.No >= at.Last {
			return nil, nil
		}
		return g.behind(at, p)
	}
	if at.Last > 0 {
		p.known = g.now(at, a.value)
		if at.No <= at.Last {
			return nil, nil // which the walk finds, that knows the pages before
		}
		return g.behind(at, p)
	}
	if got == 0 {
		return nil, nil // an empty page is behind the last
	}
	step := int64(1)
	if g.offset {
		step = got // a server may give less than it was asked for
	}
	return &position{No: at.No + 1, At: at.At + step}, nil
}

// now is what total, or pages, says on a page; what it said on the first where it says nothing.
func (g *paginate) now(at position, value any) int64 {
	if g.count != nil {
		if n, err := wholeNumber("pages", g.count, value); err == nil {
			return n
		}
		return at.Last
	}
	if n, err := wholeNumber("total", g.total, value); err == nil {
		return n
	}
	return at.Total
}

// behind is the position behind a page of so many that are known. A list may have more, or
// fewer, by the time that its last page comes: it goes on while there are more, and one whose
// items are not there is no list that was had to its end.
func (g *paginate) behind(at position, p *page) (*position, error) {
	here := int64(len(p.values))
	next := at
	next.No, next.At, next.Got = at.No+1, at.At+at.Step, at.Got+here
	switch {
	case at.No < at.Last:
		return &next, nil
	case g.count != nil:
		if at.No < p.known {
			return &next, nil
		}
		return nil, nil
	case here > 0 && (next.Got < p.known || next.Got > p.known && p.known >= at.Total):
		return &next, nil
	case next.Got < p.known:
		return nil, fmt.Errorf("total is %d, and the pages up to this one, which is empty, have %d items: leave total out, and pages are read up to the first that is empty", p.known, next.Got)
	}
	return nil, nil
}

// measure finds out from the first page how many there are.
func (g *paginate) measure(at *position, got int64, value any) error {
	at.Step = 1
	if g.count != nil {
		n, err := wholeNumber("pages", g.count, value)
		if err != nil {
			return err
		}
		if at.Last = n; g.offset {
			at.Step = g.size
		}
		if g.offset && n > 1 && got < g.size {
			return g.fewer(got) // what is between would be passed over
		}
		return nil
	}
	total, err := wholeNumber("total", g.total, value)
	if err != nil {
		return err
	}
	size := g.size
	switch {
	case total < got:
		return fmt.Errorf("total is %d, and the first page alone has %d items", total, got)
	case total == 0:
		return nil
	case got == 0:
		return fmt.Errorf("the first page has no items, and there are %d in all: does each find them?", total)
	case size == 0:
		size = got
	case got < size && got < total:
		return g.fewer(got)
	}
	at.Last, at.Total = (total+size-1)/size, total
	if g.offset {
		at.Step = size
	}
	return nil
}

// fewer is the error for a page that has fewer items than it was asked for.
func (g *paginate) fewer(got int64) error {
	return fmt.Errorf("the server gives %d items on a page, not %d: write size: %d, if it never gives more, and drop items in emit, not in each", got, g.size, got)
}

func wholeNumber(what string, e *request.Expr, value any) (int64, error) {
	n, err := e.Number(value)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	if n < 0 || n > 1<<50 || n != float64(int64(n)) {
		return 0, fmt.Errorf("%s is %v: want a whole number", what, n)
	}
	return int64(n), nil
}

// optionalText is the text of an expression, empty for null and false.
func optionalText(e *request.Expr, value any) (string, error) {
	all, err := e.All(value)
	if err != nil || len(all) == 0 || all[0] == nil || all[0] == false {
		return "", err
	}
	return e.Text(value)
}

// cursorIn is the cursor in an answer, as it is sent: in a body it is JSON of the same type.
// It is empty at the end.
func (g *paginate) cursorIn(value any) (string, error) {
	if g.in == inQuery {
		return optionalText(g.cursor, value)
	}
	v, err := g.cursor.Eval(value)
	if err != nil || v == nil || v == false || v == "" {
		return "", err
	}
	text, err := encode(v)
	return string(text), err
}
