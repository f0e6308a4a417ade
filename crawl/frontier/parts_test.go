package frontier_test

import (
	"math/rand/v2"
	"testing"

	"github.com/inflight-go/inflight/crawl/frontier"
)

func TestLineAgainstSlice(t *testing.T) {
	for range 20 {
		var l frontier.Line
		var want []int64
		for i := range int64(5000) {
			if len(want) == 0 || rand.IntN(100) < 45+int(i/500) {
				l.Put(i)
				want = append(want, i)
				continue
			}
			last := rand.IntN(2) == 0
			at := 0
			if last {
				at = len(want) - 1
			}
			if got := l.Take(last); got != want[at] {
				t.Fatalf("took %d, want %d", got, want[at])
			}
			want = append(want[:at], want[at+1:]...)
			if l.Len() != len(want) || l.Empty() != (len(want) == 0) {
				t.Fatal("length", l.Len(), len(want), l.Empty())
			}
		}
	}
}

func TestHostOf(t *testing.T) {
	for url, want := range map[string]string{
		"http://a.example/x": "a.example", "https://A.Example:8080?q": "a.example:8080",
		"http://user:p@ss@b.example#f": "b.example", "http://[::1]:80/": "[::1]:80", "no-url": "no-url", "://": "",
	} {
		if got := frontier.HostOf(url); got != want {
			t.Errorf("host of %s is %q, want %q", url, got, want)
		}
	}
}
