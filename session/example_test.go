package session_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/retry"
	"github.com/inflight-go/inflight/session"
)

// shop is a small service: a greeting, users as JSON, and a page that is busy twice.
func shop() *httptest.Server {
	var busy atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello") })
	mux.HandleFunc("GET /users/{id}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"id": %s, "name": "user %[1]s"}`, r.PathValue("id"))
	})
	mux.HandleFunc("GET /busy", func(w http.ResponseWriter, r *http.Request) {
		if busy.Add(1) <= 2 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	return httptest.NewServer(mux)
}

func Example() {
	server := shop()
	defer server.Close()
	ctx := context.Background()

	s, err := session.New(session.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	r, err := s.Get(ctx, server.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Status, len(r.Body))
	// Output: 200 5
}

func ExampleSession_Do_retries() {
	server := shop()
	defer server.Close()
	s, err := session.New(session.Options{Backoff: retry.Policy{Retries: 3, Base: time.Millisecond}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	r, err := s.Do(context.Background(), &session.Request{URL: server.URL + "/busy"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range r.Attempts {
		fmt.Println(a.Status)
	}
	// Output:
	// 503
	// 503
	// 200
}

// At most 4 exchanges with a host at once, and 100 starts a second in all.
func ExampleOptions_limits() {
	server := shop()
	defer server.Close()
	s, err := session.New(session.Options{PerHost: 4, Rate: session.Rate{N: 100, Per: time.Second, Burst: 10}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	ids := []int{1, 2, 3, 4, 5}
	lengths, err := inflight.Map(context.Background(), ids, 100, func(ctx context.Context, id int) (int, error) {
		r, err := s.Get(ctx, fmt.Sprint(server.URL, "/users/", id))
		if err != nil {
			return 0, err
		}
		return len(r.Body), r.Err()
	})
	fmt.Println(lengths, err)
	// Output: [27 27 27 27 27] <nil>
}

func ExampleJSON() {
	server := shop()
	defer server.Close()
	s, err := session.New(session.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	type user struct {
		ID   int
		Name string
	}
	u, err := session.JSON[user](context.Background(), s, server.URL+"/users/7")
	fmt.Println(u, err)
	_, err = session.JSON[user](context.Background(), s, server.URL+"/nobody")
	failed, _ := errors.AsType[*session.StatusError](err)
	fmt.Println(failed.Status)
	// Output:
	// {7 user 7} <nil>
	// 404
}

// A body that goes to a writer is not in the response.
func ExampleRequest_save() {
	server := shop()
	defer server.Close()
	s, err := session.New(session.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	pr, pw := io.Pipe()
	go s.Do(context.Background(), &session.Request{
		URL:  server.URL,
		Save: func(*http.Response) (io.WriteCloser, error) { return pw, nil },
	})
	body, err := io.ReadAll(pr)
	fmt.Println(string(body), err)
	// Output: hello <nil>
}

func ExampleError() {
	s, err := session.New(session.Options{DenyPrivate: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	_, err = s.Get(context.Background(), "http://127.0.0.1:1/")
	failed, _ := errors.AsType[*session.Error](err)
	fmt.Println(failed.Class, failed.Status, errors.Is(err, session.ErrDenied))
	// Output: denied 0 true
}

func ExampleParseNetrc() {
	n, err := session.ParseNetrc(strings.NewReader("machine api.example.com login me password secret"))
	if err != nil {
		fmt.Println(err)
		return
	}
	auth, ok := n.Lookup("api.example.com")
	fmt.Println(auth.User, ok)
	// Output: me true
}

// One token serves all requests until it expires.
func ExampleNewOAuth2() {
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"access_token": "abc", "token_type": "Bearer", "expires_in": 3600}`)
	}))
	defer endpoint.Close()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.Header.Get("Authorization"))
	}))
	defer api.Close()
	a, err := session.NewOAuth2(session.OAuth2Options{TokenURL: endpoint.URL, ClientID: "me", ClientSecret: "secret"})
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := session.New(session.Options{Auth: session.Auth{OAuth2: a}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	r, err := s.Get(context.Background(), api.URL)
	fmt.Println(string(r.Body), err)
	// Output: Bearer abc <nil>
}

// A session that is drained sends nothing more, and what waits does not wait.
func ExampleSession_Drain() {
	server := shop()
	defer server.Close()
	s, err := session.New(session.Options{Rate: session.Rate{N: 1, Per: time.Hour}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	_, err = s.Get(context.Background(), server.URL)
	fmt.Println(err)
	time.AfterFunc(time.Millisecond, s.Drain)
	_, err = s.Get(context.Background(), server.URL)
	fmt.Println(errors.Is(err, session.ErrDraining))
	// Output:
	// <nil>
	// true
}
