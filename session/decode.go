package session

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"github.com/inflight-go/inflight/retry"
)

const (
	acceptEncoding = "gzip, deflate, br, zstd"
	// maxEncodings is how many of them may be around one body.
	maxEncodings = 3
	// maxWindow is the most memory that a body in zstd may ask for.
	maxWindow = 8 << 20
	// maxFree and maxFreeZstd are how many decoders are kept; those of zstd keep
	// their window.
	maxFree     = 64
	maxFreeZstd = 8
)

// decoders are those that are not in use. They are no sync.Pool, because some hold
// channels, which belong to the bubble of a test.
type decoders struct {
	mu   sync.Mutex
	gzip []*members
	zstd []*zstd.Decoder
}

// open returns a reader that undoes the encodings, nil if there is one among them
// that is not known: then the body is left as it is. Call release when it was read.
func (d *decoders) open(from io.Reader, header []string) (decoded io.Reader, release func(), err error) {
	release = func() {}
	encodings, known := parseEncodings(header)
	if !known || len(encodings) == 0 {
		return nil, release, nil
	}
	for i := len(encodings) - 1; i >= 0; i-- {
		next, free, err := d.decoder(encodings[i], from)
		if err == io.EOF { // an empty body, as for HEAD
			return nil, release, nil
		}
		if err != nil {
			release()
			return nil, func() {}, broken(encodings[i], err)
		}
		before := release
		release = func() { free(); before() }
		from = &decoder{next, encodings[i]}
	}
	return from, release, nil
}

func parseEncodings(header []string) (encodings []string, known bool) {
	for _, e := range strings.Split(strings.Join(header, ","), ",") {
		switch e = strings.ToLower(strings.TrimSpace(e)); e {
		case "", "identity":
		case "gzip", "x-gzip", "deflate", "br", "zstd":
			encodings = append(encodings, e)
		default:
			return nil, false
		}
	}
	return encodings, len(encodings) <= maxEncodings
}

// decoder returns a reader for one encoding, and what takes it back.
func (d *decoders) decoder(encoding string, from io.Reader) (r io.Reader, free func(), err error) {
	switch encoding {
	case "gzip", "x-gzip":
		return d.openGzip(from)
	case "zstd":
		return d.openZstd(from)
	case "br":
		return brotli.NewReader(from), func() {}, nil
	}
	// By the standard deflate is zlib; some send it without that wrapping.
	b := bufio.NewReader(from)
	head, err := b.Peek(2)
	if len(head) < 2 {
		return nil, nil, err
	}
	if head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		r, err := zlib.NewReader(b)
		return r, func() {}, err
	}
	return flate.NewReader(b), func() {}, nil
}

func (d *decoders) openGzip(from io.Reader) (io.Reader, func(), error) {
	d.mu.Lock()
	z, ok := take(&d.gzip)
	d.mu.Unlock()
	if !ok {
		z = new(members)
	}
	free := func() { put(d, &d.gzip, z, maxFree) }
	if err := z.reset(from); err != nil {
		free()
		return nil, nil, err
	}
	return z, free, nil
}

func (d *decoders) openZstd(from io.Reader) (io.Reader, func(), error) {
	d.mu.Lock()
	z, ok := take(&d.zstd)
	d.mu.Unlock()
	if !ok {
		var err error
		if z, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow)); err != nil {
			return nil, nil, err
		}
	}
	free := func() {
		z.Reset(nil)
		put(d, &d.zstd, z, maxFreeZstd)
	}
	if err := z.Reset(from); err != nil {
		free()
		return nil, nil, err
	}
	return z, free, nil
}

func take[T any](free *[]T) (v T, ok bool) {
	if n := len(*free); n > 0 {
		v, *free = (*free)[n-1], (*free)[:n-1]
		return v, true
	}
	return v, false
}

func put[T any](d *decoders, free *[]T, v T, most int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(*free) < most {
		*free = append(*free, v)
	}
}

// A decoder gives the errors of what it reads from their class.
type decoder struct {
	io.Reader
	encoding string
}

func (d *decoder) Read(p []byte) (int, error) {
	n, err := d.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = broken(d.encoding, err)
	}
	return n, err
}

// broken returns the error of a body that is not what its header says. An error of
// the connection stays what it is.
func broken(encoding string, err error) error {
	if c := retry.Classify(err); c != retry.ClassOther && c != retry.ClassProtocol {
		return err
	}
	return &classError{retry.ClassProtocol, fmt.Errorf("the body is not %s: %w", encoding, err)}
}
