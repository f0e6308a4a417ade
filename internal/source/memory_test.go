package source_test

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/internal/source"
)

// repeated is a block, so many times.
type repeated struct {
	block []byte
	left  int
	at    int
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.block[r.at:])
	if r.at += n; r.at == len(r.block) {
		r.at = 0
		r.left--
	}
	return n, nil
}

func liveHeap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestMemoryIsFlat reads a million rows of each kind, and looks at what is live in the
// middle and at the end.
func TestMemoryIsFlat(t *testing.T) {
	const rows = 1_000_000
	for format, block := range map[source.Format]string{
		source.Lines: "http://example.com/some/path?with=a&query=b\n",
		source.JSONL: "{\"url\":\"http://example.com/\",\"id\":12}\n",
		source.CSV:   "http://example.com/,\"x\"\n",
	} {
		if format != source.Lines && testing.Short() {
			continue
		}
		t.Run(string(format), func(t *testing.T) {
			n := rows
			if format != source.Lines {
				n /= 20 // decoding takes its time under the race detector
			}
			var in io.Reader = &repeated{block: bytes.Repeat([]byte(block), 1000), left: n / 1000}
			if format == source.CSV {
				in = io.MultiReader(strings.NewReader("url,x\n"), in)
			}
			s := open(t, source.Options{Files: []string{"-"}, Stdin: in, Format: format})
			before, count := liveHeap(), 0
			for row, err := range s.All(t.Context()) {
				if err != nil || row.Err != nil {
					t.Fatal(err, row.Err)
				}
				if count++; count%(n/2) == 0 {
					if grown := liveHeap() - before; grown > 2<<20 {
						t.Errorf("after %d rows: %d bytes more are live", count, grown)
					}
				}
			}
			if count != n {
				t.Errorf("%d rows, want %d", count, n)
			}
		})
	}
}

func TestUniqueTakesAFewBytesForEachRow(t *testing.T) {
	const rows = 300_000
	s := open(t, source.Options{Args: []string{fmt.Sprintf("http://example.com/{1..%d}", rows)}, Unique: func(r source.Row) (string, error) { return r.URL, nil }})
	before, count := liveHeap(), 0
	for range s.All(t.Context()) {
		count++
	}
	grown := liveHeap() - before
	if count != rows || grown > 25*rows {
		t.Errorf("%d rows, %d bytes each", count, grown/rows)
	}
	runtime.KeepAlive(s)
}

func benchmarkRows(b *testing.B, name, head, row string, opts source.Options) {
	const rows = 200_000
	path := file(b, name, head+strings.Repeat(row, rows))
	opts.Files = []string{path}
	read := func(b *testing.B, seek int64) {
		b.ReportAllocs()
		b.SetBytes(int64(len(row)) * rows)
		for b.Loop() {
			s := open(b, opts)
			if err := s.Seek(b.Context(), seek); err != nil {
				b.Fatal(err)
			}
			for _, err := range s.All(b.Context()) {
				if err != nil {
					b.Fatal(err)
				}
			}
			_ = s.Close()
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
	}
	b.Run(filepath.Ext(name)[1:]+"/read", func(b *testing.B) { read(b, 0) })
	b.Run(filepath.Ext(name)[1:]+"/skip", func(b *testing.B) { read(b, rows) })
}

// BenchmarkRows reads rows, and passes over them as after a crash.
func BenchmarkRows(b *testing.B) {
	benchmarkRows(b, "a.txt", "", "http://example.com/some/path?with=a&query=b\n", source.Options{})
	benchmarkRows(b, "a.jsonl", "", "{\"url\":\"http://example.com/some/path\",\"id\":12345,\"name\":\"someone\"}\n", source.Options{})
	benchmarkRows(b, "a.csv", "id,name,url\n", "12345,\"some one\",http://example.com/some/path\n", source.Options{})
}
