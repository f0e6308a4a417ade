package fetch_test

import (
	"strings"
	"testing"
	"time"

	"github.com/inflight-go/inflight/internal/fetch"
)

// A bucket has what is at most its bound, and all that is below.
func TestHistogram(t *testing.T) {
	text := fetch.Histogram(0, time.Millisecond, 1100*time.Microsecond, 2*time.Second, time.Hour)
	for _, want := range []string{
		`{le="0.001"} 2`, `{le="0.0025"} 3`, `{le="1"} 3`, `{le="2.5"} 4`, `{le="60"} 4`, `{le="+Inf"} 5`, "_sum 3602.0021", "_count 5",
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}
