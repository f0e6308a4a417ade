package warc

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// mark is the small file that says up to where an archive is good. It is written in
// place, by one write; one that can't be read says nothing.
type mark struct {
	file   *os.File
	known  bool
	number int   // of the file
	offset int64 // in it
}

func (m *mark) open(path string) (err error) {
	if m.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666); err != nil {
		return err
	}
	text, err := io.ReadAll(io.LimitReader(m.file, 100))
	if err != nil {
		return errors.Join(err, m.file.Close())
	}
	var number int
	var offset int64
	n, _ := fmt.Sscanf(string(text), "file %d good up to %d", &number, &offset)
	if n == 2 && number >= 0 && offset >= 0 && string(text) == m.text(number, offset) {
		m.known, m.number, m.offset = true, number, offset
	}
	return nil
}

// text is what stands in the file, always as long.
func (m *mark) text(number int, offset int64) string {
	says := fmt.Sprintf("file %05d good up to %020d", number, offset)
	return fmt.Sprintf("%s %08x\n", says, crc32.ChecksumIEEE([]byte(says)))
}

func (m *mark) set(number int, offset int64) error {
	if _, err := m.file.WriteAt([]byte(m.text(number, offset)), 0); err != nil {
		return fmt.Errorf("%s: %w", m.file.Name(), err)
	}
	m.known, m.number, m.offset = true, number, offset
	return nil
}

func (m *mark) close() error { return m.file.Close() }
