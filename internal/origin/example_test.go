package origin_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/inflight-go/inflight/internal/origin"
)

// A test asks for something awkward, and then how often it was asked for.
func Example() {
	s := origin.InMemory(context.Background(), origin.New(origin.Options{Seed: 1}))
	defer s.Close()
	client := &http.Client{Transport: &http.Transport{DialContext: s.DialContext}}
	for range 2 {
		resp, err := client.Get("http://origin/retry-after/2?key=a")
		if err != nil {
			fmt.Println(err)
			return
		}
		resp.Body.Close()
		fmt.Printf("%d, Retry-After %q\n", resp.StatusCode, resp.Header.Get("Retry-After"))
	}
	fmt.Println(s.Origin.Stats().Keys["a"], "requests,", s.Origin.Stats().Early, "too early")
	// Output:
	// 429, Retry-After "2"
	// 200, Retry-After ""
	// 2 requests, 1 too early
}

func ExampleListen() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s, err := origin.Listen(ctx, "127.0.0.1:0", origin.New(origin.Options{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := http.Get(s.URL() + "/redirect/3")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	fmt.Print(string(body))
	cancel()
	s.Wait()
	// Output: {"redirects":"done"}
}

func ExampleStats_MostIn() {
	start := time.Unix(0, 0)
	s := origin.Stats{}
	for _, ms := range []int{0, 100, 900, 1000, 1050} {
		s.Starts = append(s.Starts, origin.Start{At: start.Add(time.Duration(ms) * time.Millisecond)})
	}
	fmt.Println(s.MostIn(time.Second, ""))
	// Output: 4
}
