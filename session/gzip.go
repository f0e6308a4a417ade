package session

import (
	"bufio"
	"io"

	"github.com/klauspost/compress/gzip"
)

// members reads gzip. What stands behind the last member and is none itself is not
// looked at, as browsers have it: some servers pad with zeros or end with a line feed.
type members struct {
	in bufio.Reader
	z  gzip.Reader
}

func (m *members) reset(from io.Reader) error {
	m.in.Reset(from)
	return m.next()
}

// next begins a member.
func (m *members) next() error {
	err := m.z.Reset(&m.in)
	m.z.Multistream(false)
	return err
}

func (m *members) Read(p []byte) (int, error) {
	for {
		n, err := m.z.Read(p)
		if err == io.EOF {
			err = m.more()
		}
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
	}
}

// more begins the next member, or returns io.EOF if there is none.
func (m *members) more() error {
	head, err := m.in.Peek(2)
	switch {
	case len(head) == 2 && head[0] == 0x1f && head[1] == 0x8b:
		return m.next()
	case err != nil && err != io.EOF:
		return err
	}
	_, _ = io.CopyN(io.Discard, &m.in, 4<<10) // so that the connection can be used again
	return io.EOF
}
