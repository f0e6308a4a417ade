package origin_test

import (
	"compress/gzip"
	"io"
	"strings"
)

// unzippedSize is how long a body is once it is decompressed; it checks its sum.
func unzippedSize(body string) (int64, error) {
	z, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	return io.Copy(io.Discard, z)
}
