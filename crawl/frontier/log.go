package frontier

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/inflight-go/inflight/internal/atomicfile"
)

// MaxURL is the longest URL that is kept, in bytes.
const MaxURL = 8 << 10

// maxRecord is the longest line of the log: four numbers and a URL.
const maxRecord = MaxURL + 96

// A Page is a URL that was found.
type Page struct {
	URL      string
	Depth    int   // how many links it is away from a page to begin with
	Hops     int   // how many redirects, one behind the other, have led to it
	Referrer int64 // the index of the page that links to it; -1 for none
}

// A CorruptError says that the log holds what was never written to it.
type CorruptError struct {
	Path string
	Line int64 // from 1
	Text string
}

// Error names the file and the line, and quotes it.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("%s:%d: %.80q is no page: \"index depth referrer url\" is expected, parted by tabs", e.Path, e.Line, e.Text)
}

// log is the file of all pages. Its lines are "index depth referrer url", parted by
// tabs; where redirects have led to the page, the depth is "depth+redirects".
type log struct {
	path  string
	file  *os.File
	end   int64 // of what is good
	dirty bool  // written since the last sync
	named bool  // the name of the file survives a loss of power
	buf   []byte
}

// Remove removes a frontier that nobody needs any more. One that is not there is fine. A
// file that does not begin as a log does is a *CorruptError, and stays.
func Remove(path string) error {
	head, err := beginning(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !begins(head) {
		line, _, _ := strings.Cut(head, "\n")
		return &CorruptError{path, 1, line}
	}
	return os.Remove(path)
}

// begins reports whether a file may be a log. What is torn may be less than the beginning
// of one, or was never written to the disk.
func begins(head string) bool {
	const first = "0\t"
	head = strings.TrimLeft(head, "\x00")
	return strings.HasPrefix(head, first) || strings.HasPrefix(first, head)
}

// beginning reads the first bytes of a file.
func beginning(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	head, err := io.ReadAll(io.LimitReader(file, 80))
	return string(head), err
}

// openLog opens a log, or makes one, and tells read what is in it. A line that was
// being written when the process died is cut off.
func openLog(path string, read func(at int64, index int64, p Page) error) (*log, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	l := &log{path: path, file: file}
	if err := l.scan(read); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if err := file.Truncate(l.end); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return l, nil
}

// scan reads the log from its beginning.
func (l *log) scan(read func(at int64, index int64, p Page) error) error {
	r := bufio.NewReaderSize(l.file, 1<<20)
	for n := int64(0); ; n++ {
		line, err := r.ReadSlice('\n')
		if err == io.EOF && (n > 0 || begins(string(line))) {
			return nil // what is torn is behind the end
		}
		if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
			return fmt.Errorf("read %s: %w", l.path, err)
		}
		index, p, ok := parse(line)
		if !ok || index != n {
			return &CorruptError{l.path, n + 1, string(bytes.TrimRight(line, "\n"))}
		}
		if err := read(l.end, index, p); err != nil {
			return err
		}
		l.end += int64(len(line))
	}
}

// parse reads one line, with its newline.
func parse(line []byte) (index int64, p Page, ok bool) {
	text, ok := strings.CutSuffix(string(line), "\n")
	if !ok || len(text) > maxRecord {
		return 0, p, false
	}
	fields := strings.Split(text, "\t")
	if len(fields) != 4 || fields[3] == "" {
		return 0, p, false
	}
	index, err1 := strconv.ParseInt(fields[0], 10, 64)
	far, hops, redirected := strings.Cut(fields[1], "+")
	depth, err2 := strconv.Atoi(far)
	referrer, err3 := strconv.ParseInt(fields[2], 10, 64)
	p = Page{URL: fields[3], Depth: depth, Referrer: referrer}
	if redirected {
		var err error
		if p.Hops, err = strconv.Atoi(hops); err != nil {
			return 0, p, false
		}
	}
	return index, p, err1 == nil && err2 == nil && err3 == nil
}

// stage adds a page to what write will write, and returns where it will be.
func (l *log) stage(index int64, p Page) (at int64) {
	at = l.end + int64(len(l.buf))
	l.buf = strconv.AppendInt(l.buf, index, 10)
	l.buf = append(l.buf, '\t')
	l.buf = strconv.AppendInt(l.buf, int64(p.Depth), 10)
	if p.Hops > 0 {
		l.buf = append(l.buf, '+')
		l.buf = strconv.AppendInt(l.buf, int64(p.Hops), 10)
	}
	l.buf = append(l.buf, '\t')
	l.buf = strconv.AppendInt(l.buf, p.Referrer, 10)
	l.buf = append(l.buf, '\t')
	l.buf = append(l.buf, p.URL...)
	l.buf = append(l.buf, '\n')
	return at
}

// write writes what was staged. After an error nothing of it is in the log.
func (l *log) write() error {
	if len(l.buf) == 0 {
		return nil
	}
	n, err := l.file.WriteAt(l.buf, l.end)
	if err != nil {
		l.buf = l.buf[:0]
		if n > 0 {
			err = errors.Join(err, l.file.Truncate(l.end))
		}
		return err
	}
	l.end += int64(n)
	l.buf = l.buf[:0]
	l.dirty = true
	return nil
}

// sync makes what was written, and the file, survive a loss of power.
func (l *log) sync() error {
	if err := l.file.Sync(); err != nil || l.named {
		return err
	}
	l.named = true
	return atomicfile.SyncDir(filepath.Dir(l.path))
}

// page reads one page back.
func (l *log) page(at int64) (index int64, p Page, err error) {
	buf := make([]byte, 256)
	for {
		n, err := l.file.ReadAt(buf, at)
		if err != nil && err != io.EOF {
			return 0, p, err
		}
		if end := bytes.IndexByte(buf[:n], '\n'); end >= 0 {
			if index, p, ok := parse(buf[:end+1]); ok {
				return index, p, nil
			}
		}
		if err == io.EOF || len(buf) > maxRecord {
			return 0, p, fmt.Errorf("%s has changed while it was in use: there is no page at %d", l.path, at)
		}
		buf = make([]byte, 8*len(buf))
	}
}
