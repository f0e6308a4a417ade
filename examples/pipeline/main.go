// Pipeline asks an API for the ids of users, for each of them for the details and the
// posts at the same time, and joins them to a row. In asyncio that is a gather for each
// user inside of a gather of all, and a Semaphore so that these are not too many. Here
// the inner one is Gather2, the outer one Map, and the limits are those of the session.
// The same in a file of YAML is examples/flow.
//
//	go run ./examples/pipeline
//
// Output:
//
//	ann of Linz wrote [milk tea]
//	bob of Graz wrote [bread]
//	cid of Wels wrote []
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/session"
)

// A user is what the API tells of one.
type user struct{ Name, City string }

var (
	details = map[string]user{"1": {"ann", "Linz"}, "2": {"bob", "Graz"}, "3": {"cid", "Wels"}}
	posts   = map[string][]string{"1": {"milk", "tea"}, "2": {"bread"}}
)

// serve is the API.
func serve() *httptest.Server {
	mux := http.NewServeMux()
	answer := func(pattern string, of func(id string) any) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { json.NewEncoder(w).Encode(of(r.PathValue("id"))) })
	}
	answer("GET /users", func(string) any { return []string{"1", "2", "3"} })
	answer("GET /users/{id}", func(id string) any { return details[id] })
	answer("GET /users/{id}/posts", func(id string) any { return posts[id] })
	return httptest.NewServer(mux)
}

// A row is a user with all posts.
type row struct {
	user
	posts []string
}

// A client asks the API.
type client struct {
	*session.Session
	url string
}

// row asks for all of a user at the same time.
func (c *client) row(ctx context.Context, id string) (row, error) {
	u, posts, err := inflight.Gather2(ctx,
		func(ctx context.Context) (user, error) { return session.JSON[user](ctx, c.Session, c.url+"/users/"+id) },
		func(ctx context.Context) ([]string, error) {
			return session.JSON[[]string](ctx, c.Session, c.url+"/users/"+id+"/posts")
		})
	return row{u, posts}, err
}

func main() { inflight.Main(run) }

func run(ctx context.Context) error {
	server := serve()
	defer server.Close()
	s, err := session.New(session.Options{PerHost: 4})
	if err != nil {
		return err
	}
	defer s.Close()
	c := &client{s, server.URL}

	ids, err := session.JSON[[]string](ctx, s, c.url+"/users")
	if err != nil {
		return err
	}
	rows, err := inflight.Map(ctx, ids, 100, c.row)
	if err != nil {
		return err
	}
	for _, r := range rows {
		fmt.Println(r.Name, "of", r.City, "wrote", r.posts)
	}
	return nil
}
