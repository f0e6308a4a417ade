package flow

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"strconv"
	"strings"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/request"
)

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
