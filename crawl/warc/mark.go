package warc

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"strings"

	"github.com/inflight-go/inflight/internal/filelock"
)

// mark is the small file that says up to where an archive is good. It is written in
// place, by one write; one that is torn says nothing. Who has it open holds its lock, which
// keeps other writers away.
type mark struct {
	path   string
	file   *os.File // nil before the first set, if there was none
	known  bool
	number int   // of the file
	offset int64 // in it
}

// open reads the file, if there is one. What is none is ErrForeign; one that another writer
// has, ErrLocked.
func (m *mark) open(path string) (err error) {
	m.path = path
	if m.file, err = os.OpenFile(path, os.O_RDWR, 0); err != nil {
		m.file = nil
		if errors.Is(err, os.ErrNotExist) {
			err = nil
		}
		return err
	}
	if err := m.lock(); err != nil {
		return err
	}
	text, err := io.ReadAll(io.LimitReader(m.file, 100))
	if err != nil {
		return errors.Join(err, m.file.Close())
	}
	const begins = "file "
	if says := strings.TrimLeft(string(text), "\x00"); !strings.HasPrefix(says, begins) && !strings.HasPrefix(begins, says) {
		return errors.Join(fmt.Errorf("%w: %s", ErrForeign, path), m.file.Close())
	}
	var number int
	var offset int64
	n, _ := fmt.Sscanf(string(text), "file %d good up to %d", &number, &offset)
	if n == 2 && number >= 0 && offset >= 0 && string(text) == m.text(number, offset) {
		m.known, m.number, m.offset = true, number, offset
	}
	return nil
}

// lock takes the file for this writer. Where it can't, the file is closed.
func (m *mark) lock() error {
	mine, err := filelock.Try(m.file)
	if err == nil && mine {
		return nil
	}
	if err == nil {
		err = fmt.Errorf("%w: %s", ErrLocked, m.path)
	}
	err = errors.Join(err, m.file.Close())
	m.file = nil
	return err
}

// text is what stands in the file, always as long.
func (m *mark) text(number int, offset int64) string {
	says := fmt.Sprintf("file %05d good up to %020d", number, offset)
	return fmt.Sprintf("%s %08x\n", says, crc32.ChecksumIEEE([]byte(says)))
}

func (m *mark) set(number int, offset int64) (err error) {
	if m.file == nil {
		if m.file, err = os.OpenFile(m.path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666); err != nil {
			m.file = nil
			return err
		}
		if err := m.lock(); err != nil {
			return err
		}
	}
	if _, err := m.file.WriteAt([]byte(m.text(number, offset)), 0); err != nil {
		return fmt.Errorf("%s: %w", m.file.Name(), err)
	}
	m.known, m.number, m.offset = true, number, offset
	return nil
}

func (m *mark) close() error {
	if m.file == nil {
		return nil
	}
	return m.file.Close()
}
