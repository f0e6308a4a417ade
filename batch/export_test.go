package batch

import (
	"encoding/binary"
	"hash/crc32"
	"io"
)

// File is what a Journal writes to.
type File = file

// Wrap replaces the file of a journal.
func (j *Journal) Wrap(f func(File) File) { j.file = f(j.file) }

// CheckpointNow writes a checkpoint, also if none is due.
func (j *Journal) CheckpointNow() error {
	j.point = checkpointing{}
	return j.writeCheckpoint()
}

// ParseLine is parseLine; why is empty for a good line.
func ParseLine(b []byte) (index int64, failure bool, why string) {
	index, ok, why := parseLine(b)
	return index, ok == failed, why
}

// ToLine is toLine.
func ToLine(index int64, key string, data []byte, err error) Line {
	return toLine(index, key, data, err)
}

// DecodeCheckpoint reports whether b is a checkpoint.
func DecodeCheckpoint(b []byte) bool {
	_, ok := decodeCheckpoint(b)
	return ok
}

const MostUnsynced = mostUnsynced

// Sum appends what makes b look like a whole checkpoint.
func Sum(b []byte) []byte {
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// TestWindow is a window.
type TestWindow struct{ w *window }

// NewWindow returns a window.
func NewWindow(o Window) *TestWindow { return &TestWindow{newWindow(o.withDefaults())} }

func (w *TestWindow) Add(turn int64, l Line) error { return w.w.add(turn, l) }
func (w *TestWindow) Full() bool                   { return w.w.full() }
func (w *TestWindow) Close()                       { w.w.close() }
func (w *TestWindow) Next(lines []Line, most int, bytes int64) ([]Line, error) {
	return w.w.next(lines, most, bytes)
}

// Scan is scanPlain; it returns where the good part ends, and whether good lines
// follow behind that.
func Scan(in io.ReaderAt, size int64, each func(index int64, failed bool)) (end int64, follow bool, err error) {
	_, d, err := scanPlain(in, 0, size, 0, each)
	if d != nil {
		return d.offset, d.follow, err
	}
	return size, false, err
}

// Pack makes a frame.
func Pack(suffix string, plain []byte) ([]byte, error) {
	return packLines(codecOf(suffix), nil, plain)
}

// ScanFrames returns where the good part ends.
func ScanFrames(suffix string, in io.ReaderAt, size int64, each func(index int64, failed bool)) (int64, error) {
	_, end, _, err := scanFrames(codecOf(suffix), in, 0, size, 0, each)
	return end, err
}
