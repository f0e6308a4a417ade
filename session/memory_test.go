package session_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/inflight-go/inflight/limit"
	"github.com/inflight-go/inflight/session"
)

// A session that recalls another one goes on where that was: with its holds, and within
// its rates.
func TestRecall(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.handle("held.example:80", failing(1, http.StatusTooManyRequests, "Retry-After", "60"))
		w.handle("a.example:80", failing(0, 0))
		o := session.Options{Rate: session.Rate{N: 3, Per: time.Hour, Burst: 3}, RateHost: session.Rate{N: 2, Per: time.Minute, Burst: 2}}
		first := w.open(o)
		held := make(chan error, 1)
		go func() {
			_, err := first.Get(t.Context(), "http://held.example/")
			held <- err
		}()
		time.Sleep(time.Second)
		first.Get(t.Context(), "http://a.example/")
		text, err := json.Marshal(first.Remember())
		if err != nil {
			t.Fatal(err)
		}
		first.Close()
		<-held
		var m session.Memory
		if err := json.Unmarshal(text, &m); err != nil {
			t.Fatal(err)
		}
		m.Others = []limit.Start{{At: time.Now(), N: 2}}
		second := w.open(o)
		second.Recall(m)
		if holds := second.Holds(); len(holds) != 1 || holds[0].Host != "held.example" || time.Until(holds[0].Until).Round(time.Second) != 59*time.Second {
			t.Errorf("held are %v", holds)
		}
		w.handle("b.example:80", failing(0, 0))
		began := time.Now()
		for _, row := range []struct {
			url  string
			want time.Duration
		}{
			{"http://a.example/", 0},         // the third of all three
			{"http://b.example/", time.Hour}, // when the first two, which are remembered as one, are an hour ago
			{"http://a.example/", time.Hour},
			{"http://held.example/", time.Hour},
			{"http://b.example/", 2 * time.Hour},
		} {
			if _, err := second.Get(t.Context(), row.url); err != nil {
				t.Fatal(err)
			}
			if got := time.Since(began).Round(time.Second); got != row.want {
				t.Errorf("%s after %v, want %v", row.url, got, row.want)
			}
		}
	})
}

// Of a host that the memory does not have, what has to be assumed counts.
func TestRecallOthers(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.handle("b.example:80", failing(0, 0))
		s := w.open(session.Options{RateHost: session.Rate{N: 2, Per: time.Minute, Burst: 2}})
		s.Recall(session.Memory{Others: []limit.Start{{At: time.Now(), N: 2}}})
		began := time.Now()
		if _, err := s.Get(t.Context(), "http://b.example/"); err != nil || time.Since(began).Round(time.Second) != time.Minute {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

// A hold that is longer than may be waited for is cut.
func TestRecallLongHold(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		s := w.open(session.Options{RetryAfterMax: time.Minute})
		s.Recall(session.Memory{Hosts: map[string]session.HostMemory{
			"a.example": {Held: time.Now().Add(1000 * time.Hour)}, "b.example": {Held: time.Now().Add(-time.Second)},
		}})
		if holds := s.Holds(); len(holds) != 1 || time.Until(holds[0].Until).Round(time.Second) != time.Minute {
			t.Errorf("held are %v", holds)
		}
	})
}
