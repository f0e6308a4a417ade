package batch

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"time"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/inflight-go/inflight/internal/atomicfile"
)

// A checkpoint says what the lines in front of an offset say, so that they need not
// be read again. It is written when they are synced, and it is only believed if the
// file is that of the job, is at least as long, and has the same bytes in front of
// the offset; else the whole file is read.
type checkpoint struct {
	job    [32]byte
	offset int64
	lines  int64
	mark   [32]byte // digest of the bytes in front of the offset
	done   tally
}

// checkpointing says when the next checkpoint is due.
type checkpointing struct {
	at     time.Time
	offset int64 // of the last one
}

const (
	checkpointMagic = "inflight-ckpt-1\n"
	checkpointEvery = 10 * time.Second
	checkpointStep  = 32 << 20 // bytes between two
	markBytes       = 4096
)

// checkpointIfDue writes a checkpoint if the file is large enough and the last one is
// old. Everything is synced.
func (j *Journal) checkpointIfDue() error {
	min := j.o.CheckpointMin
	if min < 0 || j.offset < min || j.offset-j.point.offset < checkpointStep || time.Since(j.point.at) < checkpointEvery {
		return nil
	}
	return j.writeCheckpoint()
}

func (j *Journal) checkpointAtEnd() error {
	if j.o.CheckpointMin < 0 || j.offset < j.o.CheckpointMin || j.offset == j.point.offset {
		return nil
	}
	return j.writeCheckpoint()
}

// writeCheckpoint writes one in the place of the last. That there is no room for it
// is no reason to stop.
func (j *Journal) writeCheckpoint() error {
	j.point = checkpointing{time.Now(), j.offset}
	mark, err := markAt(j.file, j.offset)
	if err != nil {
		return fmt.Errorf("read %s: %w", j.path, err)
	}
	j.sets.Lock()
	c := checkpoint{j.job.id(), j.offset, j.lines, mark, j.done.clone()}
	j.sets.Unlock()
	text, err := c.encode()
	if err == nil {
		err = atomicfile.Write(checkpointPath(j.path), func(w io.Writer) error {
			_, err := w.Write(text)
			return err
		})
	}
	if err != nil && !isFull(err) {
		return fmt.Errorf("write the checkpoint of %s: %w", j.path, err)
	}
	return nil
}

// markAt digests the bytes in front of an offset.
func markAt(in io.ReaderAt, offset int64) ([32]byte, error) {
	b := make([]byte, min(offset, markBytes))
	if _, err := in.ReadAt(b, offset-int64(len(b))); err != nil && err != io.EOF {
		return [32]byte{}, err
	}
	return sha256.Sum256(b), nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (c *checkpoint) encode() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(checkpointMagic)
	b.Write(c.job[:])
	b.Write(c.mark[:])
	sets := append([]*roaring64.Bitmap{c.done.all, c.done.failed}, c.done.extra...)
	for _, n := range []int64{c.offset, c.lines, int64(len(sets))} {
		b.Write(binary.LittleEndian.AppendUint64(nil, uint64(n)))
	}
	for _, set := range sets {
		set.RunOptimize()
		if _, err := set.WriteTo(&b); err != nil {
			return nil, err
		}
	}
	b.Write(binary.LittleEndian.AppendUint32(nil, crc32.Checksum(b.Bytes(), castagnoli)))
	return b.Bytes(), nil
}

// decodeCheckpoint reports false for what is no checkpoint, or not a whole one.
func decodeCheckpoint(b []byte) (c checkpoint, ok bool) {
	const head = len(checkpointMagic) + 32 + 32 + 3*8
	if len(b) < head+4 || string(b[:len(checkpointMagic)]) != checkpointMagic {
		return c, false
	}
	body, sum := b[:len(b)-4], binary.LittleEndian.Uint32(b[len(b)-4:])
	if crc32.Checksum(body, castagnoli) != sum {
		return c, false
	}
	body = body[len(checkpointMagic):]
	copy(c.job[:], body)
	copy(c.mark[:], body[32:])
	c.offset = int64(binary.LittleEndian.Uint64(body[64:]))
	c.lines = int64(binary.LittleEndian.Uint64(body[72:]))
	n := binary.LittleEndian.Uint64(body[80:])
	if n < 2 || n > 2+mostExtra || c.offset < 0 || c.lines < 0 {
		return c, false
	}
	in := bytes.NewReader(body[88:])
	sets := make([]*roaring64.Bitmap, n)
	for i := range sets {
		sets[i] = roaring64.New()
		if _, err := sets[i].ReadFrom(in); err != nil || sets[i].Validate() != nil && !sets[i].IsEmpty() {
			return c, false
		}
	}
	c.done = tally{sets[0], sets[1], sets[2:]}
	return c, in.Len() == 0
}

// readCheckpoint returns the checkpoint of the output, if it has one that is to be
// believed.
func (j *Journal) readCheckpoint(size int64) (checkpoint, bool) {
	f, err := os.Open(checkpointPath(j.path))
	if err != nil {
		return checkpoint{}, false
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		return checkpoint{}, false
	}
	c, ok := decodeCheckpoint(b)
	if !ok || c.job != j.job.id() || c.offset > size {
		return checkpoint{}, false
	}
	mark, err := markAt(j.file, c.offset)
	return c, err == nil && mark == c.mark
}
