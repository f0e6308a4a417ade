package robots_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/crawl/robots"
)

// site answers for a robots.txt, and counts.
type site struct {
	status int
	text   string
	err    error
	takes  time.Duration
	asked  map[string]int
}

func (s *site) fetch(ctx context.Context, url string) (int, string, error) {
	if s.asked == nil {
		s.asked = make(map[string]int)
	}
	s.asked[url]++
	if err := inflight.Sleep(ctx, s.takes); err != nil {
		return 0, "", err
	}
	return s.status, s.text, s.err
}

func at(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestCacheStatus(t *testing.T) {
	const text = "user-agent: *\ndisallow: /private\n"
	for _, c := range []struct {
		status       int
		err          error
		page, hidden bool
		says         string
	}{
		{status: 200, page: true},
		{status: 204, page: true},
		{status: 404, page: true, hidden: true},
		{status: 401, page: true, hidden: true},
		{status: 429, says: "the answer is 429"},
		{status: 500, says: "the answer is 500"},
		{status: 503, says: "the answer is 503"},
		{status: 302, says: "the answer is 302"},
		{err: errors.New("connection refused"), says: "connection refused"},
	} {
		t.Run(fmt.Sprint(c.status, c.err), func(t *testing.T) {
			s := &site{status: c.status, text: text, err: c.err}
			rules, err := robots.NewCache(s.fetch, robots.Options{Token: "Foo"}).Rules(t.Context(), at(t, "http://a.example/page"))
			if err != nil {
				t.Fatal(err)
			}
			if page, hidden := rules.Allowed(at(t, "/page")), rules.Allowed(at(t, "/private")); page != c.page || hidden != c.hidden {
				t.Errorf("page %t, private page %t", page, hidden)
			}
			if !rules.Allowed(at(t, "/robots.txt")) {
				t.Error("the file itself is forbidden")
			}
			if got := fmt.Sprint(rules.Err()); !strings.Contains(got, c.says) || (c.says == "") != (rules.Err() == nil) {
				t.Errorf("Err is %s, want %q", got, c.says)
			}
		})
	}
}

func TestCacheAsksOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &site{status: 200, takes: time.Second}
		cache := robots.NewCache(s.fetch, robots.Options{Token: "Foo"})
		urls := []*url.URL{at(t, "http://a.example/1"), at(t, "http://A.example/2"), at(t, "http://a.example/3")}
		_, err := inflight.Map(t.Context(), urls, inflight.Unlimited, cache.Rules)
		if err != nil || s.asked["http://a.example/robots.txt"] != 1 {
			t.Fatal(err, s.asked)
		}
		if _, err := cache.Rules(t.Context(), at(t, "https://a.example/")); err != nil || len(s.asked) != 2 {
			t.Error("another scheme is another host", err, s.asked)
		}
		time.Sleep(24*time.Hour - 2*time.Second)
		cache.Rules(t.Context(), urls[0])
		if s.asked["http://a.example/robots.txt"] != 1 {
			t.Error("asked again within a day")
		}
		time.Sleep(2 * time.Second)
		cache.Rules(t.Context(), urls[0])
		if s.asked["http://a.example/robots.txt"] != 2 {
			t.Error("not asked again after a day")
		}
	})
}

func TestCacheOutlivesAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &site{status: 500}
		cache := robots.NewCache(s.fetch, robots.Options{Token: "Foo"})
		allowed := func() bool {
			rules, err := cache.Rules(t.Context(), at(t, "http://a.example/x"))
			if err != nil {
				t.Fatal(err)
			}
			return rules.Allowed(at(t, "/x"))
		}
		if allowed() {
			t.Error("allowed without a file")
		}
		s.status, s.text = 200, "user-agent: *\ndisallow: /y"
		if allowed() {
			t.Error("asked again at once")
		}
		time.Sleep(time.Minute)
		if !allowed() {
			t.Error("not asked again after a minute")
		}
		s.status = 500
		time.Sleep(24 * time.Hour)
		if !allowed() || s.asked["http://a.example/robots.txt"] != 3 {
			t.Error("the file that was read is forgotten", s.asked)
		}
	})
}

func TestCacheCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &site{status: 200, takes: time.Second}
		cache := robots.NewCache(s.fetch, robots.Options{Token: "Foo"})
		page := at(t, "http://a.example/")
		errLate := errors.New("late")
		first, cancel := context.WithTimeoutCause(t.Context(), time.Millisecond, errLate)
		defer cancel()
		_, second, err := inflight.Gather2(t.Context(),
			func(context.Context) (bool, error) {
				_, err := cache.Rules(first, page)
				if !errors.Is(err, errLate) {
					t.Error("the first got", err)
				}
				return true, nil
			},
			func(ctx context.Context) (robots.Rules, error) {
				time.Sleep(time.Microsecond)
				return cache.Rules(ctx, page)
			})
		if err != nil || second.Err() != nil || !second.Allowed(page) {
			t.Error("who waited behind it got", err, second.Err())
		}
	})
}

func TestCacheIsBounded(t *testing.T) {
	s := &site{status: 200}
	cache := robots.NewCache(s.fetch, robots.Options{Token: "Foo", Hosts: 2})
	for _, host := range []string{"a", "b", "a", "c", "a", "b"} {
		cache.Rules(t.Context(), at(t, "http://"+host+"/"))
	}
	if got := fmt.Sprint(s.asked); got != "map[http://a/robots.txt:1 http://b/robots.txt:2 http://c/robots.txt:1]" {
		t.Error(got)
	}
}

// Less than zero: any number of hosts, and each file fetched each time.
func TestCacheOptionsLessThanZero(t *testing.T) {
	for _, c := range []struct {
		o      robots.Options
		status int
		want   string
	}{
		{robots.Options{Token: "Foo", Hosts: -1}, 200, "map[http://a/robots.txt:1 http://b/robots.txt:1]"},
		{robots.Options{Token: "Foo", Keep: -1}, 200, "map[http://a/robots.txt:2 http://b/robots.txt:1]"},
		{robots.Options{Token: "Foo", Again: -1}, 500, "map[http://a/robots.txt:2 http://b/robots.txt:1]"},
	} {
		s := &site{status: c.status}
		cache := robots.NewCache(s.fetch, c.o)
		for _, host := range []string{"a", "b", "a"} {
			if _, err := cache.Rules(t.Context(), at(t, "http://"+host+"/")); err != nil {
				t.Error(err)
			}
		}
		if got := fmt.Sprint(s.asked); got != c.want {
			t.Errorf("%+v: %s", c.o, got)
		}
	}
}

func TestNewCachePanics(t *testing.T) {
	for name, make := range map[string]func(){
		"no fetch": func() { robots.NewCache(nil, robots.Options{Token: "Foo"}) },
		"no token": func() { robots.NewCache((&site{}).fetch, robots.Options{Token: "Foo/1"}) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			make()
		})
	}
}
