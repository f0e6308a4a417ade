package batch_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/batch"
)

var benchPad = strings.Repeat("x", 230)

// Lines of 300 bytes, 1000 to a Commit, as the policy syncs by default.
func BenchmarkJournalCommit(b *testing.B) {
	for _, suffix := range suffixes {
		b.Run("lines"+suffix, func(b *testing.B) {
			j := mustOpen(b, outPath(b, suffix), batch.JournalOptions{})
			const n = 1000
			lines := make([]batch.Line, n)
			next := int64(0)
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				for i := range lines {
					lines[i] = line(next, `"ok":true,"status":200,"body":"`+benchPad+`"`)
					next++
				}
				b.StartTimer()
				if err := j.Commit(context.Background(), lines); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/line")
		})
	}
}

// The start of a job of which 1 000 000 lines are done.
func BenchmarkResume(b *testing.B) {
	for _, c := range []struct {
		name string
		o    batch.JournalOptions
	}{{"scan", batch.JournalOptions{Resume: true, CheckpointMin: -1}}, {"checkpoint", batch.JournalOptions{Resume: true}}} {
		b.Run(c.name, func(b *testing.B) {
			path := outPath(b, "")
			million(b, path)
			if c.o.CheckpointMin == 0 {
				mustClose(b, mustOpen(b, path, c.o)) // writes it
			}
			var before, after runtime.MemStats
			for b.Loop() {
				runtime.GC()
				runtime.ReadMemStats(&before)
				j, err := batch.Open(path, batch.Job{}, c.o)
				if err != nil {
					b.Fatal(err)
				}
				runtime.ReadMemStats(&after)
				if s := j.Stats(); s.Done != 1_000_000 || s.Failed != 10_000 {
					b.Fatalf("%+v", s)
				}
				j.Close()
			}
			b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/(1<<20), "MiB-allocated")
		})
	}
}

// million writes an output of 1 000 000 lines of 300 bytes, shuffled a little, as
// they come.
func million(b *testing.B, path string) {
	mustClose(b, mustOpen(b, path, batch.JournalOptions{}))
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	for i := range 1_000_000 {
		index := i ^ 0x2d
		fmt.Fprintf(w, `{"index":%d,"ok":%v,"status":200,"input":{"id":%d},"body":"%s"}`+"\n", index, index%100 != 0, index, benchPad)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	f.Close()
}

// The whole engine, with work that does nothing: the floor of a unit.
func BenchmarkRun(b *testing.B) {
	for _, order := range []batch.Order{batch.OrderCompletion, batch.OrderInput} {
		b.Run(order.String(), func(b *testing.B) {
			j := mustOpen(b, outPath(b, ""), batch.JournalOptions{})
			in := batch.NewCursor(ints(b.N), batch.CursorOptions[int64]{Skip: j.Done})
			defer in.Close()
			text := []byte(`{"ok":true,"status":200,"body":"` + benchPad + `"}`)
			b.ReportAllocs()
			b.ResetTimer()
			s, err := batch.Run(context.Background(), in, func(context.Context, batch.Unit[int64]) ([]byte, error) {
				return text, nil
			}, j, batch.Options{Order: order})
			if err != nil || s.Done != int64(b.N) {
				b.Fatalf("%+v, %v", s, err)
			}
		})
	}
}

func BenchmarkParseLine(b *testing.B) {
	for _, n := range []int{0, 300, 16 << 10} {
		text := []byte(`{"index":12345,"key":"u42","ok":true,"status":200,"timings":{"queue":3,"ttfb":70},"body":"` + strings.Repeat("x", n) + `"}`)
		b.Run(fmt.Sprint(len(text)), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, _, why := batch.ParseLine(text); why != "" {
					b.Fatal(why)
				}
			}
		})
	}
}
