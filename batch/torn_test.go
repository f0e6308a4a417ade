package batch_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/batch"
)

// written makes an output of n lines, one Commit each, and returns the lines and
// the sizes that the file had.
func written(t *testing.T, path string, n int) (lines []batch.Line, sizes []int) {
	t.Helper()
	j := mustOpen(t, path, batch.JournalOptions{})
	sizes = append(sizes, 0)
	for i := range int64(n) {
		l := line(i, fmt.Sprintf(`"ok":%v,"text":"a \"quoted\" thing: %d"`, i%3 != 0, i))
		mustCommit(t, j, l)
		lines, sizes = append(lines, l), append(sizes, int(j.Stats().Bytes))
	}
	mustClose(t, j)
	return lines, sizes
}

// Wherever the writing ended, what is whole is kept, and the rest is cut and done
// again.
func TestTornAtEveryByte(t *testing.T) {
	for _, suffix := range suffixes {
		path := outPath(t, suffix)
		const n = 2
		lines, sizes := written(t, path, n)
		text := mustRead(t, path)
		for size := range text {
			if size < sizes[n-1]-3 && size%9 != 0 {
				continue // each byte of the last line is enough
			}
			mustWrite(t, path, text[:size])
			j, err := batch.Open(path, batch.Job{}, batch.JournalOptions{Resume: true})
			if err != nil {
				t.Fatalf("%s: torn at byte %d: %v", suffix, size, err)
			}
			whole := 0
			for whole < n && sizes[whole+1] <= size {
				whole++
			}
			s := j.Stats()
			if s.Done != int64(whole) || s.Cut != int64(size-sizes[whole]) {
				t.Fatalf("%s: torn at byte %d: %+v, want %d lines and %d bytes cut", suffix, size, s, whole, size-sizes[whole])
			}
			if size%4 == 0 { // not each time, because of the syncs
				mustCommit(t, j, lines...)
				whole = n
			}
			mustClose(t, j)
			wantFile(t, path, lines[:whole]...)
		}
	}
}

// The middle is not cut: the file is left as it is, and the error says where.
func TestDamageInTheMiddle(t *testing.T) {
	const n = 5
	damage := map[string]func(text []byte, from, to int) []byte{
		"a newline is gone":   func(b []byte, from, to int) []byte { return append(b[:to-1:to-1], b[to:]...) },
		"a byte is gone":      func(b []byte, from, to int) []byte { return append(b[:from:from], b[from+1:]...) },
		"a part is gone":      func(b []byte, from, to int) []byte { return append(b[:from+20:from+20], b[to+5:]...) },
		"a control character": func(b []byte, from, to int) []byte { b[from+15] = 1; return b },
		"another text":        func(b []byte, from, to int) []byte { copy(b[from:], "important"); return b },
		"an empty line":       func(b []byte, from, to int) []byte { return append(b[:to:to], append([]byte("\n"), b[to:]...)...) },
	}
	for _, suffix := range suffixes {
		for name, change := range damage {
			if suffix != "" && name == "a newline is gone" {
				continue // the last byte of a frame is as good as any other
			}
			t.Run(name+suffix, func(t *testing.T) {
				path := outPath(t, suffix)
				lines, sizes := written(t, path, n)
				text := change(mustRead(t, path), sizes[1], sizes[2])
				mustWrite(t, path, text)
				_, err := batch.Open(path, batch.Job{}, batch.JournalOptions{Resume: true})
				c, ok := errors.AsType[*batch.CorruptError](err)
				if !ok || !errors.Is(err, batch.ErrCorrupt) {
					t.Fatalf("Open: %v, want a CorruptError", err)
				}
				if after := name == "an empty line"; !after && (c.Line != 2 || c.Offset != int64(sizes[1])) || after && (c.Line != 3 || c.Offset != int64(sizes[2])) {
					t.Errorf("damaged in line 2, at byte %d; the error says %d, %d", sizes[1], c.Line, c.Offset)
				}
				if !bytes.Equal(mustRead(t, path), text) {
					t.Fatal("Open has failed, and changed the file")
				}
				j := mustOpen(t, path, batch.JournalOptions{Resume: true, CutDamaged: true})
				if s := j.Stats(); s.Done != c.Line-1 || s.Cut != int64(len(text))-c.Offset {
					t.Errorf("cut: %+v", s)
				}
				mustCommit(t, j, lines...)
				mustClose(t, j)
				wantFile(t, path, lines...)
			})
		}
	}
}

// Where power was lost, blocks that had not been written read as zeros, while later
// ones may have made it.
func TestZerosBeforeGoodLines(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, suffix := range suffixes {
		path := outPath(t, suffix)
		j := mustOpen(t, path, batch.JournalOptions{})
		var lines []batch.Line
		var sizes []int64
		for i := range int64(6) {
			text := make([]byte, 4096)
			for k := range text {
				text[k] = 'a' + byte(random.IntN(26))
			}
			lines = append(lines, line(i, `"x":"`+string(text)+`"`))
			sizes = append(sizes, j.Stats().Bytes)
			mustCommit(t, j, lines[i])
		}
		mustClose(t, j)
		text := mustRead(t, path)
		clear(text[sizes[2]+10 : sizes[4]+10])
		mustWrite(t, path, text)
		j = mustOpen(t, path, batch.JournalOptions{Resume: true})
		if s := j.Stats(); s.Done != 2 || s.Cut != int64(len(text))-sizes[2] {
			t.Errorf("%s: %+v, want 2 lines", suffix, s)
		}
		mustCommit(t, j, lines...)
		mustClose(t, j)
		wantFile(t, path, lines...)
	}
}

// More than a power cut can have damaged is not cut, zeros or not.
func TestZerosFarFromTheEnd(t *testing.T) {
	path := outPath(t, "")
	_, sizes := written(t, path, 3)
	text := mustRead(t, path)
	clear(text[sizes[1]+5 : sizes[1]+20])
	long := strings.Repeat("x", 1<<20)
	for i := range 2*batch.MostUnsynced>>20 + 1 {
		text = fmt.Appendf(text, "{\"index\":%d,\"x\":\"%s\"}\n", i+3, long)
	}
	mustWrite(t, path, text)
	if _, err := batch.Open(path, batch.Job{}, batch.JournalOptions{Resume: true}); !errors.Is(err, batch.ErrCorrupt) {
		t.Errorf("Open: %v, want ErrCorrupt", err)
	}
}

// A file of which nothing became durable.
func TestNothingButZeros(t *testing.T) {
	for _, suffix := range suffixes {
		path := outPath(t, suffix)
		lines, _ := written(t, path, 1)
		mustWrite(t, path, make([]byte, 5000))
		j := mustOpen(t, path, batch.JournalOptions{Resume: true})
		if s := j.Stats(); s.Done != 0 || s.Cut != 5000 {
			t.Errorf("%s: %+v", suffix, s)
		}
		mustCommit(t, j, lines...)
		mustClose(t, j)
		wantFile(t, path, lines...)
	}
}

// A writer leaves one line behind that is not whole. Several lines that are none, such as
// results that somebody has set in lines of their own, are not its end.
func TestLinesOfSomebodyElseAreNotCut(t *testing.T) {
	path := outPath(t, "")
	lines, _ := written(t, path, 2)
	good := mustRead(t, path)
	for name, text := range map[string]string{
		"laid out":          "{\n  \"index\": 0,\n  \"ok\": true\n}\n",
		"with notes behind": string(good) + "these are good\nand done\n",
	} {
		mustWrite(t, path, []byte(text))
		if _, err := batch.Open(path, batch.Job{}, batch.JournalOptions{Resume: true}); !errors.Is(err, batch.ErrCorrupt) {
			t.Errorf("%s: Open: %v, want ErrCorrupt", name, err)
		}
		if string(mustRead(t, path)) != text {
			t.Errorf("%s: Open has failed, and changed the file", name)
		}
		for _, err := range batch.Lines(path) {
			if err != nil && !errors.Is(err, batch.ErrCorrupt) {
				t.Errorf("%s: Lines: %v, want ErrCorrupt", name, err)
			}
		}
	}
	j := mustOpen(t, path, batch.JournalOptions{Resume: true, CutDamaged: true})
	mustCommit(t, j, lines...)
	mustClose(t, j)
	wantFile(t, path, lines...)
}

// Lines that are longer than what is read at once, and a line without an end.
func TestLongLines(t *testing.T) {
	path := outPath(t, "")
	j := mustOpen(t, path, batch.JournalOptions{})
	var lines []batch.Line
	for i := range int64(4) {
		lines = append(lines, line(i, `"x":"`+strings.Repeat("y", int(1<<20-30+i*10+i*i*400_000))+`"`))
	}
	mustCommit(t, j, lines...)
	mustClose(t, j)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	torn := `{"index":9,"x":"` + strings.Repeat("z", 3<<20)
	f.WriteString(torn)
	f.Close()
	j = mustOpen(t, path, batch.JournalOptions{Resume: true})
	if s := j.Stats(); s.Done != 4 || s.Cut != int64(len(torn)) {
		t.Errorf("stats %+v, want 4 lines and %d bytes cut", s, len(torn))
	}
	mustClose(t, j)
	wantFile(t, path, lines...)
}

// A long line that is not ours is told by its beginning.
func TestLongForeignLine(t *testing.T) {
	path := outPath(t, "")
	written(t, path, 1)
	mustWrite(t, path, bytes.Repeat([]byte("important "), 1<<20))
	if _, err := batch.Open(path, batch.Job{}, batch.JournalOptions{Resume: true}); !errors.Is(err, batch.ErrForeign) {
		t.Errorf("Open: %v, want ErrForeign", err)
	}
}

// What the scanner makes of any bytes is what the lines of a text are.
func FuzzScan(f *testing.F) {
	f.Add([]byte("{\"index\":1}\n{\"index\":2,\"ok\":false}\n"))
	f.Add([]byte("{\"index\":1}\nx\n{\"index\":2}\n"))
	f.Add([]byte("{\"index\":1}\n{\"ind"))
	f.Add([]byte("{\"index\":1}\n\x00\x00\n{\"index\":1}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var want []int64
		good, follow := 0, false
		for rest := text; ; {
			l, after, whole := bytes.Cut(rest, []byte("\n"))
			index, _, why := batch.ParseLine(l)
			if !whole || why != "" {
				for _, l := range bytes.SplitAfter(after, []byte("\n")) {
					body, ended := bytes.CutSuffix(l, []byte("\n"))
					_, _, why := batch.ParseLine(body)
					follow = follow || ended && why == ""
				}
				break
			}
			want = append(want, index)
			good += len(l) + 1
			rest = after
		}
		var got []int64
		end, followed, err := batch.Scan(bytes.NewReader(text), int64(len(text)), func(index int64, _ bool) { got = append(got, index) })
		if err != nil || end != int64(good) || !slices.Equal(got, want) || followed != follow {
			t.Fatalf("%q: good up to %d, units %v, good lines behind: %v, %v; want %d, %v, %v", text, end, got, followed, err, good, want, follow)
		}
	})
}

// Any bytes where frames should be are refused or read, in bounded memory.
func FuzzFrames(f *testing.F) {
	for _, suffix := range suffixes[1:] {
		text, err := batch.Pack(suffix, []byte("{\"index\":1}\n{\"index\":2,\"ok\":false}\n"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
		f.Add(append(text[:len(text):len(text)], text...))
		f.Add(text[:len(text)-3])
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, suffix := range suffixes[1:] {
			n := int64(0)
			end, err := batch.ScanFrames(suffix, bytes.NewReader(text), int64(len(text)), func(int64, bool) { n++ })
			if err != nil || end < 0 || end > int64(len(text)) {
				t.Fatalf("%s: good up to %d of %d: %v", suffix, end, len(text), err)
			}
			again := int64(0)
			if same, _ := batch.ScanFrames(suffix, bytes.NewReader(text[:end]), end, func(int64, bool) { again++ }); same != end || again != n {
				t.Fatalf("%s: what was good up to %d, with %d lines, is good up to %d, with %d", suffix, end, n, same, again)
			}
		}
	})
}
