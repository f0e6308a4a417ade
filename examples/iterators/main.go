// Iterators reads an API page by page, and hands out one user after the other. In asyncio
// that is an async generator, and async for; one that is left early is not closed before
// the garbage collector comes to it, unless aclosing is put around it. Here it is an
// iter.Seq2: to leave the loop ends the generator, its defers included, before the next
// statement. No page is asked for before it is needed.
//
//	go run ./examples/iterators
//
// Output:
//
//	page 1
//	page 2
//	four of them: ann, bob, cid, dan
//	page 1
//	page 2
//	page 3
//	cities of all, in the order of the users: 8
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/session"
)

// A page is what the API answers: some users, and the number of the next page.
type page struct {
	Users []string
	Next  int // 0 for none
}

func serve(w http.ResponseWriter, r *http.Request) {
	pages := []page{{Users: []string{"ann", "bob", "cid"}, Next: 2}, {Users: []string{"dan", "eve", "fay"}, Next: 3}, {Users: []string{"gus", "hal"}}}
	n, err := strconv.Atoi(r.FormValue("page"))
	if err != nil || n < 1 || n > len(pages) {
		http.Error(w, "no such page", http.StatusBadRequest)
		return
	}
	json.NewEncoder(w).Encode(pages[n-1])
}

// users yields all users; an error comes last, behind those that could be had.
func users(ctx context.Context, s *session.Session, url string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for next := 1; next != 0; {
			fmt.Println("page", next)
			p, err := session.JSON[page](ctx, s, fmt.Sprint(url, "?page=", next))
			if err != nil {
				yield("", err)
				return
			}
			for _, u := range p.Users {
				if !yield(u, nil) {
					return
				}
			}
			next = p.Next
		}
	}
}

func main() { inflight.Main(run) }

func run(ctx context.Context) error {
	server := httptest.NewServer(http.HandlerFunc(serve))
	defer server.Close()
	s, err := session.New(session.Options{})
	if err != nil {
		return err
	}
	defer s.Close()

	var names []string
	for u, err := range users(ctx, s, server.URL) {
		if err != nil {
			return err
		}
		if names = append(names, u); len(names) == 4 {
			break
		}
	}
	fmt.Println("four of them:", strings.Join(names, ", "))

	// Something is asked for each user while the next pages come. Each takes an
	// iter.Seq, so what goes wrong with the pages is kept for after the loop.
	var failed error
	all := func(yield func(string) bool) {
		for u, err := range users(ctx, s, server.URL) {
			if failed = err; err != nil || !yield(u) {
				return
			}
		}
	}
	cities := 0
	for u, r := range inflight.Each(ctx, all, 2, city, inflight.Ordered()) {
		if r.Err != nil {
			return fmt.Errorf("%s: %w", u, r.Err)
		}
		cities++
	}
	fmt.Println("cities of all, in the order of the users:", cities)
	return failed
}

func city(ctx context.Context, user string) (string, error) {
	return "city of " + user, inflight.Sleep(ctx, 10*time.Millisecond)
}
