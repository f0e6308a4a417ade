package option_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/internal/option"
)

// failed reports whether an error is of an option, and fails the test for another one.
func failed(t *testing.T, err error) bool {
	t.Helper()
	if _, ok := errors.AsType[*option.Error](err); err != nil && !ok {
		t.Fatalf("%v is no *option.Error", err)
	}
	return err != nil
}

func TestSizesAreReadWithTheirUnits(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "512": 512, "64KiB": 64 << 10, "16MiB": 16 << 20, "1.5GB": 15e8, "2 k": 2048, "1TiB": 1 << 40,
		"": -1, "MiB": -1, "-1": -1, "1e30": -1, "NaN": -1, "5 apples": -1,
	} {
		n, err := option.Size("max-body", text)
		if failed(t, err) != (want < 0) || err == nil && n != want {
			t.Errorf("Size(%q) = %d, %v; want %d", text, n, err, want)
		}
	}
}

func TestAShareIsOfOne(t *testing.T) {
	for text, want := range map[string]float64{
		"20%": 0.2, "0.2": 0.2, "100%": 1, "0": 0, "": -1, "%": -1, "101%": -1, "-1%": -1, "NaN": -1,
	} {
		share, ok := option.Share(text)
		if ok != (want >= 0) || ok && math.Abs(share-want) > 1e-9 {
			t.Errorf("Share(%q) = %v, %v; want %v", text, share, ok, want)
		}
	}
}

func TestWordsOfTheFlagsAreRead(t *testing.T) {
	if low, high, err := option.Range("backoff", "500ms..30s"); failed(t, err) || low != 500*time.Millisecond || high != 30*time.Second {
		t.Errorf("Range = %v, %v, %v", low, high, err)
	}
	for _, text := range []string{"", "1s", "2s..1s", "-1s..1s", "1..2"} {
		if _, _, err := option.Range("backoff", text); !failed(t, err) {
			t.Errorf("Range(%q) is accepted", text)
		}
	}
	if n, share, err := option.MaxErrors("5%"); failed(t, err) || n != 0 || share != 0.05 {
		t.Errorf("MaxErrors(5%%) = %v, %v, %v", n, share, err)
	}
	for _, text := range []string{"0", "-1", "0%", "x"} {
		if _, _, err := option.MaxErrors(text); !failed(t, err) {
			t.Errorf("MaxErrors(%q) is accepted", text)
		}
	}
	if s, d, err := option.Fsync("100ms"); failed(t, err) || s != batch.SyncEvery || d != 100*time.Millisecond {
		t.Errorf("Fsync(100ms) = %v, %v, %v", s, d, err)
	}
	if _, _, err := option.Fsync("0s"); !failed(t, err) {
		t.Error("Fsync(0s) is accepted")
	}
	if _, _, err := option.Pair("cookie", "=x"); !failed(t, err) {
		t.Error("a pair without a name is accepted")
	}
}

func TestAnErrorSaysWhatIsWanted(t *testing.T) {
	err := option.OneOf("jitter", "half", "full", "none")
	if want := `--jitter "half": want full or none`; err == nil || err.Error() != want {
		t.Errorf("%v; want %s", err, want)
	}
	if err := option.Wrap(nil); err != nil {
		t.Errorf("Wrap(nil) = %v", err)
	}
	if err := option.Duration("grace", -time.Second); !failed(t, err) {
		t.Error("a time below zero is accepted")
	}
	if !option.Has("a, timings", "timings") || option.Has("timing", "timings") {
		t.Error("Has finds other words")
	}
}

func FuzzOptions(f *testing.F) {
	for _, s := range []string{"16MiB", "20%", "500ms..30s", "5%", "100ms", "a=b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := option.Size("x", s); !failed(t, err) && n < 0 {
			t.Errorf("Size(%q) = %d", s, n)
		}
		if low, high, err := option.Range("x", s); !failed(t, err) && (low < 0 || high < low) {
			t.Errorf("Range(%q) = %v, %v", s, low, high)
		}
		if x, ok := option.Share(s); ok && !(x >= 0 && x <= 1) {
			t.Errorf("Share(%q) = %v", s, x)
		}
		if n, share, err := option.MaxErrors(s); !failed(t, err) && s != "" && !(n > 0 || share > 0) {
			t.Errorf("MaxErrors(%q) = %v, %v", s, n, share)
		}
	})
}
