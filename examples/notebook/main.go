// Notebook looks at an API step by step, as one does in a notebook: the result of a step
// is looked at before the next one is written. In asyncio that is await at the top level,
// which notebooks allow, and nest_asyncio where a library calls asyncio.run although a
// loop runs already. Here a call returns its result, wherever it is made; add a step, and
// run the file again.
//
//	go run ./examples/notebook
//
// Output:
//
//	[1] 6 ids, the first are [1 2 3]
//	[2] {Name:ann City:Linz Age:31}
//	[3] [ann bob cid dan eve fay]
//	[4] Graz 1, Linz 3, Wels 2
//	[5] the first that is over 60: dan
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/session"
)

type user struct {
	Name, City string
	Age        int
}

func main() {
	ctx := context.Background()
	api := httptest.NewServer(http.HandlerFunc(serve)) // or one of the world
	defer api.Close()
	s := must(session.New(session.Options{PerHost: 3}))
	defer s.Close()

	// [1] What is there?
	ids := must(session.JSON[[]int](ctx, s, api.URL+"/users"))
	fmt.Println("[1]", len(ids), "ids, the first are", ids[:3])

	// [2] What does one look like?
	get := func(ctx context.Context, id int) (user, error) {
		return session.JSON[user](ctx, s, fmt.Sprint(api.URL, "/users/", id))
	}
	fmt.Printf("[2] %+v\n", must(get(ctx, ids[0])))

	// [3] All of them, ten at once.
	users := must(inflight.Map(ctx, ids, 10, get))
	var names []string
	for _, u := range users {
		names = append(names, u.Name)
	}
	fmt.Println("[3]", names)

	// [4] From here on nothing is asked for.
	cities := make(map[string]int)
	for _, u := range users {
		cities[u.City]++
	}
	var counts []string
	for _, city := range slices.Sorted(maps.Keys(cities)) {
		counts = append(counts, fmt.Sprint(city, " ", cities[city]))
	}
	fmt.Println("[4]", strings.Join(counts, ", "))

	// [5] One by one, until there is enough.
	for _, r := range inflight.Each(ctx, slices.Values(ids), 2, get, inflight.Ordered()) {
		if r.Err != nil {
			log.Fatal(r.Err)
		}
		if r.Value.Age > 60 {
			fmt.Println("[5] the first that is over 60:", r.Value.Name)
			break
		}
	}
}

// must ends the script at the first step that fails.
func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}

// serve is the API.
func serve(w http.ResponseWriter, r *http.Request) {
	users := []user{{"ann", "Linz", 31}, {"bob", "Graz", 47}, {"cid", "Wels", 25}, {"dan", "Linz", 66}, {"eve", "Wels", 70}, {"fay", "Linz", 19}}
	id, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/users/"))
	if err != nil || id < 1 || id > len(users) {
		json.NewEncoder(w).Encode([]int{1, 2, 3, 4, 5, 6})
		return
	}
	json.NewEncoder(w).Encode(users[id-1])
}
