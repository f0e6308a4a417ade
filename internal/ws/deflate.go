package ws

import (
	"bytes"
	"compress/flate"
	"io"
	"sync"
)

// tail is what each message is sent without.
const tail = "\x00\x00\xff\xff"

// missing is the tail and a last block that is empty: without that the end of the data
// would look like a cut.
var missing = []byte(tail + "\x01\x00\x00\xff\xff")

// An inflater reads one message: what came, and what it was sent without. Each message
// stands for itself: no context is taken over. It is a ByteReader, so that package
// flate puts no buffer in front of it.
type inflater struct {
	came, missing bytes.Reader
	z             io.ReadCloser
}

func (f *inflater) Read(p []byte) (int, error) {
	if f.came.Len() > 0 {
		return f.came.Read(p)
	}
	return f.missing.Read(p)
}

func (f *inflater) ReadByte() (byte, error) {
	if f.came.Len() > 0 {
		return f.came.ReadByte()
	}
	return f.missing.ReadByte()
}

var inflaters = sync.Pool{New: func() any {
	f := new(inflater)
	f.z = flate.NewReader(f)
	return f
}}

// Inflate appends what src says to dst: at most limit bytes. The error is an *Error.
func Inflate(dst, src []byte, limit int) ([]byte, error) {
	f := inflaters.Get().(*inflater)
	defer inflaters.Put(f)
	f.came.Reset(src)
	f.missing.Reset(missing)
	f.z.(flate.Resetter).Reset(f, nil)
	defer f.came.Reset(nil)
	base := len(dst)
	for {
		if len(dst) == cap(dst) {
			dst = append(dst, make([]byte, max(512, len(dst)/2))...)[:len(dst)]
		}
		n, err := f.z.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		switch {
		case len(dst)-base > limit:
			return nil, errTooBig(limit)
		case err == io.EOF:
			return dst, nil
		case err != nil:
			return nil, errInflate
		}
	}
}

// A deflater holds what is needed to compress one message.
type deflater struct {
	out bytes.Buffer
	z   *flate.Writer
}

var deflaters = sync.Pool{New: func() any {
	d := new(deflater)
	d.z, _ = flate.NewWriter(&d.out, flate.BestSpeed)
	return d
}}

// Deflate appends src compressed to dst: the payload of a frame that says so.
func Deflate(dst, src []byte) []byte {
	d := deflaters.Get().(*deflater)
	defer deflaters.Put(d)
	d.out.Reset()
	d.z.Reset(&d.out)
	d.z.Write(src)
	d.z.Flush()
	dst = append(dst, bytes.TrimSuffix(d.out.Bytes(), []byte(tail))...)
	if d.out.Cap() > 1<<20 {
		d.out = bytes.Buffer{}
	}
	return dst
}
