// Package packed reads and writes what may be compressed.
package packed

import (
	"bufio"
	"bytes"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxWindow is the most memory that compressed data may ask for: what zstd --long does.
const maxWindow = 128 << 20

// Peek is how many bytes Format looks at.
const Peek = 4

// Format tells by its first bytes how something is compressed: gzip or zstd, or "" for
// not at all.
func Format(start []byte) string {
	switch {
	case bytes.HasPrefix(start, []byte{0x1f, 0x8b}):
		return "gzip"
	case bytes.HasPrefix(start, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return "zstd"
	}
	return ""
}

// Open returns what in holds, uncompressed, and the Format it had, also with an error.
// To close it does not close what in reads from.
func Open(in *bufio.Reader) (r io.ReadCloser, format string, err error) {
	start, err := in.Peek(Peek)
	if err != nil && err != io.EOF {
		return nil, "", err
	}
	switch format = Format(start); format {
	case "gzip":
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, format, err
		}
		return z, format, nil
	case "zstd":
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, format, err
		}
		return z.IOReadCloser(), format, nil
	}
	return io.NopCloser(in), "", nil
}

// NewWriter compresses what is written to a file of that name: for .gz and .zst, and no
// other. To close it ends the compression and does not close w.
func NewWriter(name string, w io.Writer) (io.WriteCloser, error) {
	switch {
	case strings.HasSuffix(name, ".gz"):
		return gzip.NewWriter(w), nil
	case strings.HasSuffix(name, ".zst"):
		return zstd.NewWriter(w)
	}
	return plain{w}, nil
}

type plain struct{ io.Writer }

func (plain) Close() error { return nil }
