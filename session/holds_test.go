package session_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/inflight-go/inflight/session"
)

// A host that has answered 429 is among those that are held, until its moment.
func TestHolds(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	defer server.Close()
	s, err := session.New(session.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if holds := s.Holds(); len(holds) != 0 {
		t.Fatalf("at first %v are held", holds)
	}
	go s.Get(t.Context(), server.URL)
	for len(s.Holds()) == 0 {
		time.Sleep(time.Millisecond)
	}
	hold := s.Holds()[0]
	if left := time.Until(hold.Until); hold.Host != strings.TrimPrefix(server.URL, "http://") || left < 50*time.Second || left > 61*time.Second {
		t.Errorf("%v is held for %v", hold, left)
	}
}
