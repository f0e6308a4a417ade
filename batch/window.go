package batch

import (
	"bufio"
	"cmp"
	"container/heap"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
)

// A window holds lines until those before them are there. What does not fit into
// memory is moved to a file, in runs that are sorted: as all that wait for one slow
// unit come at about the same time, there are few runs, and they hardly overlap.
type window struct {
	o     Window
	turn  int64 // whose line is the next
	lines map[int64]Line
	bytes int64 // of lines

	file    *os.File // nil before it is needed
	size    int64    // of the file
	runs    runs
	noSpill bool // the file can't be written
}

func newWindow(o Window) *window {
	return &window{o: o, lines: make(map[int64]Line), noSpill: o.Spill < 0}
}

// add takes a line in.
func (w *window) add(turn int64, l Line) error {
	w.lines[turn] = l
	w.bytes += int64(len(l.Data))
	if turn == w.turn || w.noSpill || !w.over() {
		return nil
	}
	return w.spill()
}

// over reports whether memory is used up.
func (w *window) over() bool { return w.bytes >= w.o.Bytes || len(w.lines) >= w.o.Lines }

// full reports whether no more should be leased for now.
func (w *window) full() bool {
	if w.noSpill {
		return w.over()
	}
	return w.size >= w.o.Spill
}

// next appends the lines whose turn it is, up to so many and so large.
func (w *window) next(lines []Line, most int, bytes int64) ([]Line, error) {
	for len(lines) < most && bytes > 0 {
		l, ok := w.lines[w.turn]
		switch {
		case ok:
			delete(w.lines, w.turn)
			w.bytes -= int64(len(l.Data))
		case len(w.runs) > 0 && w.runs[0].turn == w.turn:
			l = w.runs[0].line
			if err := w.advance(); err != nil {
				return lines, err
			}
		default:
			return lines, nil
		}
		w.turn++
		bytes -= int64(len(l.Data))
		lines = append(lines, l)
	}
	return lines, nil
}

// spill moves what is in memory to a new run in the file. If the file can't be
// written, all stays in memory, and the window is full until that is gone.
func (w *window) spill() error {
	if err := w.open(); err != nil {
		w.noSpill = true
		return nil
	}
	out := bufio.NewWriterSize(io.NewOffsetWriter(w.file, w.size), 1<<18)
	size := int64(0)
	for _, turn := range slices.Sorted(maps.Keys(w.lines)) {
		size += writeRecord(out, turn, w.lines[turn])
	}
	if out.Flush() != nil {
		w.noSpill = true
		_ = w.file.Truncate(w.size) // what is left there will be overwritten
		return nil
	}
	r := &spilled{in: bufio.NewReaderSize(io.NewSectionReader(w.file, w.size, size), 1<<15)}
	w.size += size
	if err := r.read(); err != nil {
		return fmt.Errorf("inflight/batch: read what waits for its turn: %w", err)
	}
	heap.Push(&w.runs, r)
	clear(w.lines)
	w.bytes = 0
	return nil
}

func (w *window) open() (err error) {
	switch {
	case w.file != nil:
	case w.o.Path == "":
		w.file, err = os.CreateTemp("", "inflight-*.spill")
	default:
		w.file, err = os.OpenFile(w.o.Path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	}
	return err
}

// advance goes to the next line of the first run, and forgets a run that is read.
func (w *window) advance() error {
	err := w.runs[0].read()
	switch {
	case err == nil:
		heap.Fix(&w.runs, 0)
	case err == io.EOF:
		heap.Pop(&w.runs)
		if len(w.runs) == 0 {
			w.size = 0
			w.noSpill = w.o.Spill < 0
			_ = w.file.Truncate(0) // it will be overwritten
		}
	default:
		return fmt.Errorf("inflight/batch: read what waits for its turn: %w", err)
	}
	return nil
}

func (w *window) close() {
	if w.file != nil {
		w.file.Close()
		os.Remove(w.file.Name())
	}
}

// A record is the turn, the index, whether it failed, the length, and the data.
const recordHeader = 8 + 8 + 1 + 4

func writeRecord(out *bufio.Writer, turn int64, l Line) int64 {
	var h [recordHeader]byte
	binary.LittleEndian.PutUint64(h[:], uint64(turn))
	binary.LittleEndian.PutUint64(h[8:], uint64(l.Index))
	if l.Failed {
		h[16] = 1
	}
	binary.LittleEndian.PutUint32(h[17:], uint32(len(l.Data)))
	out.Write(h[:]) // errors stick, and Flush returns them
	out.Write(l.Data)
	return int64(recordHeader + len(l.Data))
}

// A spilled run, with its first line that was not taken yet.
type spilled struct {
	in   *bufio.Reader
	turn int64
	line Line
}

func (r *spilled) read() error {
	var h [recordHeader]byte
	if _, err := io.ReadFull(r.in, h[:]); err != nil {
		return err
	}
	r.turn = int64(binary.LittleEndian.Uint64(h[:]))
	r.line = Line{
		Index:  int64(binary.LittleEndian.Uint64(h[8:])),
		Failed: h[16] == 1,
		Data:   make([]byte, binary.LittleEndian.Uint32(h[17:])),
	}
	if _, err := io.ReadFull(r.in, r.line.Data); err != nil {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// runs is a heap of runs, the one with the lowest turn first.
type runs []*spilled

func (r runs) Len() int           { return len(r) }
func (r runs) Less(i, j int) bool { return cmp.Less(r[i].turn, r[j].turn) }
func (r runs) Swap(i, j int)      { r[i], r[j] = r[j], r[i] }
func (r *runs) Push(x any)        { *r = append(*r, x.(*spilled)) }
func (r *runs) Pop() any {
	last := (*r)[len(*r)-1]
	*r = (*r)[:len(*r)-1]
	return last
}
