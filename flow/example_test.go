package flow_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/inflight-go/inflight/flow"
	"github.com/inflight-go/inflight/session"
)

const friends = `
version: 1
vars: {base: "demo://api"}
steps:
  users: {get: "{{.base}}/users", each: ".[]", key: .id}
  details: {for: users, get: "{{.base}}/users/{{.id}}"}
  posts: {for: users, get: "{{.base}}/users/{{.id}}/posts", each: ".[]"}
select: "{id, name: .details.name, posts: (.posts | length)}"
output: {file: friends.jsonl, order: input}
`

// api is what the examples ask.
var api = session.Options{Schemes: map[string]http.RoundTripper{"demo": handled{answers(map[string]string{
	"/users":   `[{"id":1},{"id":2}]`,
	"/users/1": `{"name":"Ada"}`, "/users/1/posts": `["a","b"]`,
	"/users/2": `{"name":"Grace"}`, "/users/2/posts": `[]`,
})}}}

func Example() {
	f, err := flow.Parse("friends.yaml", []byte(friends))
	if err != nil {
		fmt.Println(err)
		return
	}
	// The rows go to stdout here; without Sample they go where the flow says.
	summary, err := f.Run(context.Background(), flow.Options{Session: api, Sample: 10, Rows: os.Stdout})
	fmt.Println(summary.Done, summary.Failed, err)
	// Output:
	// {"index":0,"id":1,"name":"Ada","posts":2}
	// {"index":1,"id":2,"name":"Grace","posts":0}
	// 2 0 <nil>
}

func ExampleParse() {
	_, err := flow.Parse("x.yaml", []byte(`version: 1
steps:
  users: {get: "https://api.example.com/users", eech: ".[]"}
  posts: {for: user, get: "https://api.example.com/posts"}
output: {file: x.jsonl}
`))
	all, _ := errors.AsType[flow.Errors](err)
	fmt.Println(len(all))
	fmt.Println(err)
	// Output:
	// 2
	// x.yaml:3:49: a step has no field "eech"; did you mean "each"?
	//     users: {get: "https://api.example.com/users", eech: ".[]"}
	//                                                   ^
	// x.yaml:4:16: there is no step "user"; did you mean "users"?
	//     posts: {for: user, get: "https://api.example.com/posts"}
	//                  ^
}

func ExampleFlow_DryRun() {
	f, err := flow.Parse("friends.yaml", []byte(friends))
	if err == nil {
		err = f.DryRun(os.Stdout, map[string]string{"base": "https://api.example.com"})
	}
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// # users, the list
	// curl https://api.example.com/users
	// # details, for each of users
	// GET {{.base}}/users/{{.id}}
	// # posts, for each of users
	// GET {{.base}}/users/{{.id}}/posts
}

func ExampleFlow_Explain() {
	f, err := flow.Parse("friends.yaml", []byte(friends))
	if err != nil {
		fmt.Println(err)
		return
	}
	e := f.Explain(flow.Assumptions{Items: 3200, Latency: 100 * time.Millisecond, Concurrency: 32})
	fmt.Println(e.Time(), "because of", e.Bounds[0].What)
	// Output: 10s because of 32 items at once, each 1 request after another
}
