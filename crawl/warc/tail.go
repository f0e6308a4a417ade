package warc

import (
	"bufio"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// lastWhole is where the last whole record of a file ends, read from an offset at which
// one begins. With ours the file is known to be an archive whose end may be anything;
// else what is no archive is ErrForeign, and what is more than torn a *CorruptError.
func lastWhole(file *os.File, from int64, zip, ours bool) (end int64, err error) {
	if _, err := file.Seek(from, io.SeekStart); err != nil {
		return 0, err
	}
	next := nextPlain
	if zip {
		next = nextZipped
	}
	r := &counter{r: bufio.NewReaderSize(file, 256<<10)}
	for end = from; ; end = from + r.n {
		err := next(r)
		switch {
		case err == nil:
		case r.err != nil: // the disk
			return 0, fmt.Errorf("read %s: %w", file.Name(), r.err)
		case ours || err == io.EOF:
			return end, nil
		case end == 0:
			return 0, fmt.Errorf("%w: %s", ErrForeign, file.Name())
		case errors.Is(err, io.ErrUnexpectedEOF):
			return end, nil
		default:
			return 0, &CorruptError{file.Name(), end, err}
		}
	}
}

// counter counts what was read, to the byte.
type counter struct {
	r   *bufio.Reader
	n   int64
	err error // that is not the end
}

func (c *counter) note(n int, err error) error {
	c.n += int64(n)
	if err != nil && err != io.EOF {
		c.err = err
	}
	return err
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	return n, c.note(n, err)
}

func (c *counter) ReadByte() (byte, error) {
	b, err := c.r.ReadByte()
	if err != nil {
		return 0, c.note(0, err)
	}
	c.n++
	return b, nil
}

var errNoRecord = errors.New("no record of WARC")

// nextZipped reads one member. At the end it returns io.EOF.
func nextZipped(r *counter) error {
	z, err := gzip.NewReader(r)
	if err != nil {
		return err
	}
	z.Multistream(false)
	head := make([]byte, len(version))
	if _, err := io.ReadFull(z, head); err == nil && string(head) != version {
		return errNoRecord
	}
	_, err = io.Copy(io.Discard, z)
	if e := flate.CorruptInputError(0); errors.As(err, &e) {
		return fmt.Errorf("damaged: %w", err)
	}
	return unexpected(err)
}

const version = "WARC/1."

// nextPlain reads one record that is not compressed. At the end it returns io.EOF.
func nextPlain(r *counter) error {
	length := int64(-1)
	for first := true; ; first = false {
		line, err := readLine(r)
		if err == io.EOF && first && line == "" {
			return io.EOF
		}
		if first && !strings.HasPrefix(line, version) && !(err != nil && strings.HasPrefix(version, line)) {
			return errNoRecord
		}
		if err != nil {
			return unexpected(err)
		}
		if line == "" {
			break
		}
		if name, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(name, "Content-Length") {
			if length, err = strconv.ParseInt(strings.TrimSpace(value), 10, 64); err != nil || length < 0 {
				return errNoRecord
			}
		}
	}
	if length < 0 {
		return errNoRecord
	}
	if _, err := io.CopyN(io.Discard, r, length); err != nil {
		return unexpected(err)
	}
	end := make([]byte, 4)
	if _, err := io.ReadFull(r, end); err != nil {
		return unexpected(err)
	}
	if !bytes.Equal(end, []byte("\r\n\r\n")) {
		return errNoRecord
	}
	return nil
}

// unexpected is an end that comes too early.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// maxLine is how long a line of a header may be, in bytes, with its end.
const maxLine = 64 << 10

// readLine reads a line of a header.
func readLine(r *counter) (string, error) {
	var b []byte
	for len(b) < maxLine {
		c, err := r.ReadByte()
		if err != nil {
			return string(b), err
		}
		if b = append(b, c); c == '\n' {
			return strings.TrimRight(string(b), "\r\n"), nil
		}
	}
	return "", errNoRecord
}
