// Scraper walks a small site by a queue of URLs: four workers take a page from it and put
// the links that they find into it. In asyncio that is a Queue, workers that are created
// as tasks, join to know when all pages are done, and cancel for the workers, which wait
// for ever otherwise. The queue has no bound, because those who put are those who get.
// For real sites there is package crawl, which knows robots.txt, traps and crashes.
//
//	go run ./examples/scraper
//
// Output:
//
//	/          200 Shop
//	/bread     200 Bread
//	/tea       200 Tea
//	/tea/green 200 Green tea
//	/tea/white 404
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/queue"
	"github.com/inflight-go/inflight/session"
)

func shop(w http.ResponseWriter, r *http.Request) {
	page, ok := map[string]string{
		"/":          `<h1>Shop</h1> <a href="tea">Tea</a> <a href="bread">Bread</a>`,
		"/tea":       `<h1>Tea</h1> <a href="tea/green">Green</a> <a href="tea/white">White</a> <a href="/">Shop</a>`,
		"/tea/green": `<h1>Green tea</h1> <a href="/tea">Tea</a> <a href="/bread">Bread</a>`,
		"/bread":     `<h1>Bread</h1> <a href="/tea#black">Tea</a>`,
	}[r.URL.Path]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
	}
	io.WriteString(w, page)
}

func main() { inflight.Main(run) }

func run(ctx context.Context) error {
	server := httptest.NewServer(http.HandlerFunc(shop))
	defer server.Close()
	client, err := session.New(session.Options{PerHost: 4})
	if err != nil {
		return err
	}
	defer client.Close()
	home, err := url.Parse(server.URL + "/")
	if err != nil {
		return err
	}

	s := &scraper{client: client, todo: queue.New[*url.URL](queue.Unbounded), seen: make(map[string]bool)}
	err = inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		for range 4 {
			g.Service(s.work) // ends when the body has
		}
		if err := s.add(ctx, home); err != nil {
			return err
		}
		return s.todo.Join(ctx) // returns early if a worker fails
	})
	slices.Sort(s.rows)
	fmt.Println(strings.Join(s.rows, "\n"))
	return err
}

// A scraper has pages before it, and knows those that it has seen.
type scraper struct {
	client *session.Session
	todo   *queue.Queue[*url.URL]

	mu   sync.Mutex
	seen map[string]bool
	rows []string
}

// add puts a page into the queue, unless that was done before.
func (s *scraper) add(ctx context.Context, page *url.URL) error {
	s.mu.Lock()
	known := s.seen[page.Path]
	s.seen[page.Path] = true
	s.mu.Unlock()
	if known {
		return nil
	}
	return s.todo.Put(ctx, page)
}

func (s *scraper) work(ctx context.Context) error {
	for page := range s.todo.All(ctx) { // calls TaskDone behind each
		if err := s.visit(ctx, page); err != nil {
			return err
		}
	}
	return ctx.Err()
}

var (
	title = regexp.MustCompile(`<h1>(.*?)</h1>`)
	links = regexp.MustCompile(`<a href="(.*?)"`)
)

func (s *scraper) visit(ctx context.Context, page *url.URL) error {
	r, err := s.client.Get(ctx, page.String())
	if err != nil {
		return err
	}
	for _, link := range links.FindAllSubmatch(r.Body, -1) {
		if to, err := page.Parse(string(link[1])); err == nil {
			if err := s.add(ctx, to); err != nil {
				return err
			}
		}
	}
	row := fmt.Sprintf("%-10s %d", page.Path, r.Status)
	if found := title.FindSubmatch(r.Body); found != nil {
		row += " " + string(found[1])
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows = append(s.rows, row)
	return nil
}
