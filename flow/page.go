package flow

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"strconv"
	"strings"

	"github.com/inflight-go/inflight"
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

// A page is what a request got.
type page struct {
	no     int64
	values []any     // what each has taken from the answer
	next   *position // nil behind the last
	known  int64     // what total, or pages, says on this page; of one with a Last only
	hash   string    // of the body
}

// errEnough ends a walk of which no more is wanted.
var errEnough = errors.New("enough")

// walk gets the pages of a step from a position on, and hands them to take in their
// order. It ends with the error of take, too.
func (r *run) walk(ctx context.Context, s *step, sc scope, at *position, seen *repeats, take func(*page) error) error {
	for at != nil {
		if at.Last > 0 && at.No <= at.Last {
			next, err := r.walkAtOnce(ctx, s, sc, *at, seen, take)
			if err != nil {
				return err
			}
			at = next
			continue
		}
		p, err := r.page(ctx, s, sc, *at)
		if err == nil {
			err = seen.page(s, p)
		}
		if err == nil {
			err = take(p)
		}
		if err != nil {
			return err
		}
		at = p.next
	}
	return nil
}

// walkAtOnce gets the pages from a position to the last, which is known, several at the
// same time. It returns the position behind, if there are more by then.
func (r *run) walkAtOnce(ctx context.Context, s *step, sc scope, at position, seen *repeats, take func(*page) error) (next *position, err error) {
	positions := func(yield func(position) bool) {
		for p := at; p.No <= p.Last; p.No, p.At = p.No+1, p.At+p.Step {
			if !yield(p) {
				return
			}
		}
	}
	get := func(ctx context.Context, p position) (*page, error) { return r.page(ctx, s, sc, p) }
	got := at.Got
	for p, result := range inflight.Each(ctx, iter.Seq[position](positions), int(s.pages.parallel), get, inflight.Ordered()) {
		err, page := result.Err, result.Value
		if err == nil {
			p.Got = got
			got += int64(len(page.values))
			next, err = s.pages.behind(p, page)
			page.next = next
		}
		if err == nil {
			err = seen.page(s, page)
		}
		if err == nil {
			err = take(page)
		}
		if err != nil {
			return nil, err
		}
	}
	return next, nil
}

// page gets the page at a position.
func (r *run) page(ctx context.Context, s *step, sc scope, at position) (*page, error) {
	if s.pages != nil && at.No > s.pages.most {
		return nil, fmt.Errorf("there are more than max_pages, %d, pages", s.pages.most)
	}
	req, err := r.build(s, sc, &at)
	if err != nil {
		return nil, err
	}
	a, err := r.send(ctx, s, req)
	if err != nil {
		return nil, inPage(at, err)
	}
	p := &page{no: at.No, hash: a.hash}
	if p.values, err = valuesOf(s, a.value); err != nil {
		return nil, inPage(at, err)
	}
	if s.pages == nil {
		return p, nil
	}
	if p.next, err = s.pages.after(at, p, a); err != nil {
		return nil, inPage(at, err)
	}
	return p, nil
}

// inPage says on which page something went wrong, if it is not the first.
func inPage(at position, err error) error {
	if at.No == 1 {
		return err
	}
	return fmt.Errorf("page %d: %w", at.No, err)
}

// build makes the request for a position.
func (r *run) build(s *step, sc scope, at *position) (request.Request, error) {
	req, err := s.request(sc)
	if err != nil || s.pages == nil {
		return req, err
	}
	if at.No > 1 && req.IdempotencyKey != "" { // another page is another request
		req.IdempotencyKey += "-" + strconv.FormatInt(at.No, 10)
	}
	g := s.pages
	switch {
	case at.URL != "":
		req.URL, err = withUser(at.URL, req.URL)
		return req, err
	case at.Cursor != "":
		err = g.set(&req, g.param, at.Cursor)
	case g.page || g.offset:
		err = g.set(&req, g.param, strconv.FormatInt(at.At, 10))
	}
	if err == nil && g.size > 0 {
		err = g.set(&req, g.sizeParam, strconv.FormatInt(g.size, 10))
	}
	return req, err
}

// set sets a parameter of a request. The value of one in the body is JSON.
func (g *paginate) set(req *request.Request, name, value string) (err error) {
	if g.in == inBody {
		req.Body, err = setField(req.Body, name, value)
		return err
	}
	req.URL, err = setQuery(req.URL, name, value)
	return err
}

// parameter is what says which page is wanted, in words.
func (g *paginate) parameter() string {
	if g.in == inBody {
		return fmt.Sprintf("the field %q of the body", g.param)
	}
	return fmt.Sprintf("the parameter %q of the URL", g.param)
}

// setField sets a field of an object of JSON, and makes those on the path to it.
func setField(body []byte, path, value string) ([]byte, error) {
	v, err := decodeJSON([]byte(value))
	if err != nil {
		return nil, err
	}
	all, err := decodeJSON(body)
	if err != nil {
		return nil, err
	}
	object, ok := all.(map[string]any)
	names := strings.Split(path, ".")
	for i, name := range names[:len(names)-1] {
		if !ok {
			return nil, noObject(names[:i])
		}
		if object[name] == nil {
			object[name] = map[string]any{}
		}
		object, ok = object[name].(map[string]any)
	}
	if !ok {
		return nil, noObject(names[:len(names)-1])
	}
	object[names[len(names)-1]] = v
	return encode(all)
}

// noObject is the error for a path on which something else is.
func noObject(path []string) error {
	what := "what is sent"
	if len(path) > 0 {
		what = "its field " + strings.Join(path, ".")
	}
	return fmt.Errorf("in: body: %s is no object, and has no fields to set", what)
}

// setQuery sets a parameter of a URL, and leaves the rest as it is.
func setQuery(raw, name, value string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", err
	}
	var kept []string
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		key, _, _ := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(key); part != "" && (err != nil || plain != name) {
			kept = append(kept, part)
		}
	}
	u.RawQuery = strings.Join(append(kept, url.QueryEscape(name)+"="+url.QueryEscape(value)), "&")
	return u.String(), nil
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

// repeats are the pages that a walk has had, to find out when it goes round in a circle.
type repeats struct {
	hashes, places map[string]int64 // to the number of the page; what a server says may be long
}

// page takes note of a page. It fails if the page was there before: the same content,
// the same cursor or the same URL.
func (seen *repeats) page(s *step, p *page) error {
	if s.pages == nil {
		return nil
	}
	if seen.hashes == nil {
		seen.hashes, seen.places = make(map[string]int64), make(map[string]int64)
	}
	if before, ok := seen.hashes[p.hash]; ok && len(p.values) > 0 && p.hash != "" {
		why := fmt.Sprintf("does the server know %s?", s.pages.parameter())
		if s.pages.link || s.pages.next != nil {
			why = "the server sends the same again"
		}
		return fmt.Errorf("page %d has the same content as page %d: %s", p.no, before, why)
	}
	seen.hashes[p.hash] = p.no
	if p.next == nil {
		return nil
	}
	for what, place := range map[string]string{"cursor": p.next.Cursor, "next page": p.next.URL} {
		if place == "" {
			continue
		}
		hash := hashOf([]byte(place))
		if before, ok := seen.places[hash]; ok {
			return fmt.Errorf("page %d leads to the same %s as page %d, %.100q: the list goes round in a circle", p.no, what, before, place)
		}
		seen.places[hash] = p.no
	}
	return nil
}

// hashOf tells contents apart.
func hashOf(body []byte) string {
	sum := sha256.Sum256(body)
	return base64.RawStdEncoding.EncodeToString(sum[:12])
}
