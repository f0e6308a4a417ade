package batch

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// A codec packs lines into frames, of which each can be read by itself.
type codec interface {
	// magic is what every frame begins with.
	magic() []byte
	// pack appends a frame.
	pack(dst, plain []byte) ([]byte, error)
	// unpack reads the frame that r begins with, and says how long it is.
	unpack(r io.Reader) (plain []byte, size int64, err error)
}

// codecOf returns the codec that the name of a file asks for, nil for none.
func codecOf(path string) codec {
	switch {
	case strings.HasSuffix(path, ".gz"):
		return new(gzipCodec)
	case strings.HasSuffix(path, ".zst"):
		return new(zstdCodec)
	}
	return nil
}

// frameBytes is how much is packed into one frame, unless a line is longer.
const frameBytes = 4 << 20

// largestFrame bounds what a frame may hold.
const largestFrame = MaxLine + frameBytes + 1

var errLargeFrame = errors.New("the frame is too large")

// packLines packs whole lines into as many frames as it takes.
func packLines(c codec, dst, plain []byte) (_ []byte, err error) {
	for len(plain) > 0 {
		n := len(plain)
		if n > frameBytes {
			n = bytes.LastIndexByte(plain[:frameBytes], '\n') + 1
			if n == 0 {
				n = bytes.IndexByte(plain, '\n') + 1
			}
		}
		if dst, err = c.pack(dst, plain[:n]); err != nil {
			return nil, err
		}
		plain = plain[n:]
	}
	return dst, nil
}

// gzipCodec makes a frame of each member.
type gzipCodec struct {
	w gzip.Writer
	r gzip.Reader
}

func (c *gzipCodec) magic() []byte { return []byte{0x1f, 0x8b, 8} }

func (c *gzipCodec) pack(dst, plain []byte) ([]byte, error) {
	b := bytes.NewBuffer(dst)
	c.w.Reset(b)
	if _, err := c.w.Write(plain); err != nil {
		return nil, err
	}
	err := c.w.Close()
	return b.Bytes(), err
}

func (c *gzipCodec) unpack(in io.Reader) ([]byte, int64, error) {
	n := &counter{in: in}
	r := bufio.NewReaderSize(n, 1<<16)
	if err := c.r.Reset(r); err != nil {
		return nil, 0, err
	}
	c.r.Multistream(false)
	plain, err := io.ReadAll(io.LimitReader(&c.r, largestFrame+1))
	if err == nil && len(plain) > largestFrame {
		err = errLargeFrame
	}
	return plain, n.n - int64(r.Buffered()), err
}

// counter counts what was read.
type counter struct {
	in io.Reader
	n  int64
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.in.Read(b)
	c.n += int64(n)
	return n, err
}

// zstdCodec makes frames with a checksum each.
type zstdCodec struct {
	w *zstd.Encoder
	r *zstd.Decoder
}

func (c *zstdCodec) magic() []byte { return []byte{0x28, 0xb5, 0x2f, 0xfd} }

func (c *zstdCodec) pack(dst, plain []byte) (_ []byte, err error) {
	if c.w == nil {
		if c.w, err = zstd.NewWriter(nil, zstd.WithEncoderCRC(true), zstd.WithEncoderConcurrency(1)); err != nil {
			return nil, err
		}
	}
	return c.w.EncodeAll(plain, dst), nil
}

func (c *zstdCodec) unpack(in io.Reader) (_ []byte, _ int64, err error) {
	if c.r == nil {
		c.r, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(largestFrame))
		if err != nil {
			return nil, 0, err
		}
	}
	frame, err := readZstdFrame(bufio.NewReaderSize(in, 1<<16))
	if err != nil {
		return nil, 0, err
	}
	plain, err := c.r.DecodeAll(frame, nil)
	return plain, int64(len(frame)), err
}

// readZstdFrame reads the bytes of one frame: its header, then blocks, each of which
// says how long it is, and then a checksum.
func readZstdFrame(r *bufio.Reader) ([]byte, error) {
	begin, err := r.Peek(zstd.HeaderMaxSize)
	if len(begin) == 0 {
		return nil, err
	}
	var h zstd.Header
	if err := h.Decode(begin); err != nil {
		return nil, err
	}
	if h.Skippable {
		return nil, errors.New("a frame that is to be skipped")
	}
	frame, err := take(r, nil, h.HeaderSize)
	for last := false; err == nil && !last; {
		if frame, err = take(r, frame, 3); err != nil {
			break
		}
		b := frame[len(frame)-3:]
		block := int(binary.LittleEndian.Uint16(b)) | int(b[2])<<16
		last = block&1 != 0
		size := block >> 3
		if block>>1&3 == 1 {
			size = 1 // one byte, and how often it is repeated
		}
		if len(frame) > largestFrame {
			return nil, errLargeFrame
		}
		frame, err = take(r, frame, size)
	}
	if err == nil && h.HasCheckSum {
		frame, err = take(r, frame, 4)
	}
	return frame, err
}

// take appends the next n bytes.
func take(r io.Reader, to []byte, n int) ([]byte, error) {
	at := len(to)
	to = append(to, make([]byte, n)...)
	_, err := io.ReadFull(r, to[at:])
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return to, err
}

// A mark is what a line says.
type mark struct {
	index  int64
	failed bool
}

// readFrame reads the frame at an offset, in which there must be whole, good lines.
func readFrame(c codec, in io.ReaderAt, at, end int64) (marks []mark, size int64, line []byte, why string) {
	plain, size, err := c.unpack(io.NewSectionReader(in, at, end-at))
	if err != nil {
		return nil, 0, nil, fmt.Sprintf("its frame can't be unpacked: %v", err)
	}
	for len(plain) > 0 {
		i := bytes.IndexByte(plain, '\n')
		if i < 0 {
			return marks, 0, plain, "no newline follows"
		}
		index, ok, why := parseLine(plain[:i])
		if why != "" {
			return marks, 0, plain[:i], why
		}
		marks = append(marks, mark{index, ok == failed})
		plain = plain[i+1:]
	}
	return marks, size, nil, ""
}

// scanFrames is scanPlain for an output of frames. A frame with a line that is not
// good is not good.
func scanFrames(c codec, in io.ReaderAt, from, to, lines int64, each func(index int64, failed bool)) (int64, int64, *damage, error) {
	for at := from; at < to; {
		marks, size, line, why := readFrame(c, in, at, to)
		if why != "" {
			d := &damage{
				line: lines + int64(len(marks)) + 1, offset: at, why: why,
				begin: bytes.Clone(line[:min(len(line), excerpt)]),
			}
			err := d.lookBehind(c, in, to)
			return lines, at, d, err
		}
		lines += int64(len(marks))
		for _, m := range marks {
			each(m.index, m.failed)
		}
		at += size
	}
	return lines, to, nil, nil
}

// lookBehind looks for a good frame behind a damaged one, and for zeros.
func (d *damage) lookBehind(c codec, in io.ReaderAt, end int64) error {
	const step, overlap = 1 << 20, 512
	buf := make([]byte, step+overlap)
	for at := d.offset; at < end; at += step {
		n, err := in.ReadAt(buf[:min(step+overlap, end-at)], at)
		if n == 0 && err != nil {
			return err
		}
		b := buf[:n]
		d.hole = d.hole || bytes.Contains(b, make([]byte, overlap))
		for i := 0; ; i++ {
			k := bytes.Index(b[i:], c.magic())
			if k < 0 || i+k >= step {
				break
			}
			i += k
			if at+int64(i) == d.offset {
				continue
			}
			if _, _, _, why := readFrame(c, in, at+int64(i), end); why == "" {
				d.follow = true
				return nil
			}
		}
	}
	return nil
}
