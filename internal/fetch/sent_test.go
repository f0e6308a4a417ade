package fetch_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/inflight-go/inflight/internal/fetch"
)

// What is recorded is found again, but for what has a line; an end that is not whole was
// not sent, and the record of another job is none.
func TestSent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sent")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString("head\n")
	s := fetch.NewSent(f)
	var all sync.WaitGroup
	for i := range int64(100) {
		all.Go(func() {
			if err := s.Add(t.Context(), i); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	f.WriteString("12")
	f.Close()
	has := func(index int64) bool { return index%10 != 7 }
	for head, want := range map[string]int{"head\n": 10, "other\n": 0} {
		if got, err := fetch.ReadSent(path, head, has); err != nil || len(got) != want || want > 0 && !got[37] {
			t.Errorf("%q: %v, %v", head, got, err)
		}
	}
	os.WriteFile(path, []byte(fmt.Sprintf("head\n1\n2\n%s4\n", make([]byte, 9000))), 0o666)
	if got, err := fetch.ReadSent(path, "head\n", func(int64) bool { return false }); err != nil || len(got) != 2 {
		t.Errorf("with a hole: %v, %v", got, err)
	}
}

// Once something could not be recorded nothing more is.
func TestSentFails(t *testing.T) {
	f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer f.Close()
	s := fetch.NewSent(f)
	for range 2 {
		if err := s.Add(t.Context(), 1); !errors.Is(err, fetch.ErrNotSent) {
			t.Errorf("%v", err)
		}
	}
}
