package frontier_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/inflight-go/inflight/crawl/frontier"
)

// temporary is a frontier that is gone after the example.
func temporary(o frontier.Options) (f *frontier.Frontier, remove func()) {
	dir, err := os.MkdirTemp("", "frontier")
	if err != nil {
		log.Fatal(err)
	}
	f, err = frontier.Open(filepath.Join(dir, "pages"), o)
	if err != nil {
		log.Fatal(err)
	}
	return f, func() {
		f.Close()
		os.RemoveAll(dir)
	}
}

// A crawl by hand: batch.Run does the same with many workers, and keeps the lines.
func Example() {
	links := map[string][]string{
		"http://a.example/":     {"http://a.example/one", "http://b.example/"},
		"http://b.example/":     {"http://a.example/"},
		"http://a.example/one":  {"http://a.example/last"},
		"http://a.example/last": {"http://b.example/"},
	}
	ctx := context.Background()
	f, remove := temporary(frontier.Options{})
	defer remove()
	f.Add(ctx, frontier.Page{URL: "http://a.example/", Referrer: -1})
	for {
		u, err := f.Lease(ctx)
		if err == io.EOF {
			return
		}
		fmt.Println(u.Index, u.Row.URL, "from", u.Row.Referrer)
		for _, url := range links[u.Row.URL] {
			f.Add(ctx, frontier.Page{URL: url, Depth: u.Row.Depth + 1, Referrer: u.Index})
		}
		f.Done(ctx, u.Index)
	}
	// Output:
	// 0 http://a.example/ from -1
	// 1 http://a.example/one from 0
	// 2 http://b.example/ from 0
	// 3 http://a.example/last from 1
}

func ExampleFrontier_Add() {
	f, remove := temporary(frontier.Options{})
	defer remove()
	pages := []frontier.Page{{URL: "http://a.example/"}, {URL: "http://b.example/"}}
	fmt.Println(f.Add(context.Background(), pages...))
	fmt.Println(f.Add(context.Background(), pages[0]))
	// Output:
	// 2 <nil>
	// 0 <nil>
}

func ExampleFrontier_Hold() {
	f, remove := temporary(frontier.Options{})
	defer remove()
	ctx := context.Background()
	f.Add(ctx, frontier.Page{URL: "http://busy.example/"}, frontier.Page{URL: "http://free.example/"})
	f.Hold("busy.example", time.Minute) // it said 429
	u, _ := f.Lease(ctx)
	fmt.Println(u.Row.URL)
	// Output: http://free.example/
}

func ExampleFrontier_Stats() {
	f, remove := temporary(frontier.Options{})
	defer remove()
	ctx := context.Background()
	f.Add(ctx, frontier.Page{URL: "http://a.example/"}, frontier.Page{URL: "http://b.example/"})
	u, _ := f.Lease(ctx)
	f.Done(ctx, u.Index)
	s := f.Stats()
	fmt.Println(s.Found, "found,", s.Done, "done,", s.Hosts, "host to go")
	// Output: 2 found, 1 done, 1 host to go
}

func ExampleValid() {
	fmt.Println(frontier.Valid("http://a.example/"), frontier.Valid("http://a.example/\n"))
	// Output: true false
}
