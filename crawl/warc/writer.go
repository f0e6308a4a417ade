package warc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/inflight-go/inflight/internal/atomicfile"
	"github.com/inflight-go/inflight/locks"
	"github.com/klauspost/compress/gzip"
)

// DefaultMaxSize is the default of Options.MaxSize: what archives use.
const DefaultMaxSize = 1 << 30

// Options are those of a Writer. The zero value has the defaults.
type Options struct {
	// MaxSize is how large a file becomes, in bytes, before the next one is begun:
	// behind site.warc.gz come site-00001.warc.gz and so on. An exchange is never
	// parted, so that a file may become larger by one. Zero means DefaultMaxSize, less
	// than zero any size.
	MaxSize int64
	// Info is written into the warcinfo record at the beginning of each file, such as
	// operator or description. The software, the format and the robots policy that are
	// named here go before those that are known; the default of software is "inflight".
	Info []Field
}

// A Writer writes an archive. Make one with Open, and close it. Any number of
// goroutines may use it, for several crawls, too. An archive has one Writer at a time: a
// lock on the file beside it keeps others away, in this process and in others.
type Writer struct {
	o    Options
	path string
	zip  bool

	mu     locks.Mutex
	mark   mark
	file   *os.File // nil before the first record
	number int      // of the file
	end    int64    // of what is good in it
	dirty  bool     // since the last sync
	named  bool     // its name survives a power cut
	err    error    // why nothing can be written any more
}

// Open opens an archive, goes on with the one that is there, or makes it. A path that
// ends with .gz is compressed. What a process that died was writing is cut off.
//
// An archive that another Writer has is ErrLocked; a file that is no archive, or stands where the one that goes with it would, is
// ErrForeign, and one that is damaged in the middle a *CorruptError; none of them is changed.
func Open(path string, o Options) (*Writer, error) {
	if o.MaxSize == 0 {
		o.MaxSize = DefaultMaxSize
	}
	w := &Writer{o: o, path: path, zip: strings.HasSuffix(path, ".gz")}
	if err := w.mark.open(path + ".good"); err != nil {
		return nil, err
	}
	if err := w.resume(); err != nil {
		return nil, errors.Join(err, w.mark.close())
	}
	return w, nil
}

// resume finds the end of what is there.
func (w *Writer) resume() error {
	known := w.mark.known
	if known {
		w.number = w.mark.number
	} else {
		for w.there(w.number + 1) {
			w.number++
		}
	}
	file, err := os.OpenFile(w.name(w.number), os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil // Write begins it
	}
	if err != nil {
		return err
	}
	from := w.mark.offset
	if info, err := file.Stat(); err != nil || !known || info.Size() < from {
		from = 0
	}
	w.end, err = lastWhole(file, from, w.zip, known)
	if err == nil {
		err = file.Truncate(w.end)
	}
	if err != nil {
		return errors.Join(err, file.Close())
	}
	w.file, w.dirty = file, true
	return nil
}

func (w *Writer) there(number int) bool {
	_, err := os.Lstat(w.name(number))
	return err == nil
}

// name is the path of a file by its number.
func (w *Writer) name(number int) string {
	if number == 0 {
		return w.path
	}
	dir, base := filepath.Split(w.path)
	stem, suffix := base, ""
	if at := strings.IndexByte(base, '.'); at > 0 {
		stem, suffix = base[:at], base[at:]
	}
	return fmt.Sprintf("%s%s-%05d%s", dir, stem, number, suffix)
}

// Paths are those of the files, from the first to the one that is written, also after
// Close.
func (w *Writer) Paths() []string {
	_ = w.mu.Lock(context.Background())
	defer w.mu.Unlock()
	var paths []string
	for number := range w.number + 1 {
		if number < w.number || w.file != nil {
			paths = append(paths, w.name(number))
		}
	}
	return paths
}

// WriteExchange writes the records of an exchange, one behind the other. When it
// returns they are with the system. After an error, of which a full disk is one, none
// of them is there, and it can be tried again. The error of an exchange that is none
// says why.
func (w *Writer) WriteExchange(ctx context.Context, e *Exchange) error {
	records, err := e.records()
	if err != nil {
		return err
	}
	return w.Write(ctx, records...)
}

// Write writes records, one behind the other, as WriteExchange does.
func (w *Writer) Write(ctx context.Context, records ...Record) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	data, err := w.encode(records)
	if err != nil {
		return err
	}
	if err := w.mu.Lock(ctx); err != nil {
		return err
	}
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	if err := w.room(int64(len(data))); err != nil {
		return err
	}
	return w.append(data)
}

var zips = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// encode writes records as they are in the file, in the goroutine of the caller.
func (w *Writer) encode(records []Record) ([]byte, error) {
	var out, plain bytes.Buffer
	for _, r := range records { // copies: those of the caller are not given names
		if err := r.check(); err != nil {
			return nil, err
		}
		if !w.zip {
			r.encode(&out)
			continue
		}
		plain.Reset()
		r.encode(&plain)
		z := zips.Get().(*gzip.Writer)
		z.Reset(&out)
		_, err := z.Write(plain.Bytes())
		if err = errors.Join(err, z.Close()); err != nil {
			return nil, err
		}
		zips.Put(z)
	}
	return out.Bytes(), nil
}

// room begins a file, if there is none or if it would become too large. The caller
// holds the lock.
func (w *Writer) room(n int64) error {
	if w.file != nil && (w.o.MaxSize < 0 || w.end == 0 || w.end+n <= w.o.MaxSize) {
		if w.end > 0 {
			return nil
		}
		return w.begin()
	}
	if w.file != nil {
		if err := w.sync(); err != nil {
			return err
		}
		if err := w.file.Close(); err != nil {
			return w.fail(err)
		}
		w.file, w.number = nil, w.number+1
	}
	// The mark comes first: a file that it does not know of belongs to somebody else.
	if err := w.mark.set(w.number, 0); err != nil {
		return err
	}
	file, err := os.OpenFile(w.name(w.number), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%w: %s", ErrForeign, w.name(w.number))
	}
	if err != nil {
		return err
	}
	w.file, w.end, w.named = file, 0, false
	return w.begin()
}

// begin writes what stands at the beginning of each file.
func (w *Writer) begin() error {
	info := w.o.Info
	for _, f := range []Field{{"software", "inflight"}, {"format", "WARC File Format 1.1"}} {
		if !hasField(info, f.Name) {
			info = append(info[:len(info):len(info)], f)
		}
	}
	data, err := w.encode([]Record{{
		Type: "warcinfo", ContentType: "application/warc-fields", Block: Fields(info...),
		Fields: []Field{{"WARC-Filename", filepath.Base(w.name(w.number))}},
	}})
	if err != nil {
		return err
	}
	return w.append(data)
}

func hasField(fields []Field, name string) bool {
	for _, f := range fields {
		if strings.EqualFold(f.Name, name) {
			return true
		}
	}
	return false
}

// append writes at the end. After an error nothing of it is there. The caller holds the
// lock.
func (w *Writer) append(data []byte) error {
	if _, err := w.file.WriteAt(data, w.end); err != nil {
		if e := w.file.Truncate(w.end); e != nil {
			return w.fail(errors.Join(err, e))
		}
		return err
	}
	w.end += int64(len(data))
	w.dirty = true
	return nil
}

// fail ends the writer.
func (w *Writer) fail(err error) error {
	w.err = err
	return err
}

// Sync makes what was written survive a power cut.
func (w *Writer) Sync(ctx context.Context) error {
	if err := w.mu.Lock(ctx); err != nil {
		return err
	}
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	return w.sync()
}

// sync syncs, and says up to where. The caller holds the lock.
func (w *Writer) sync() error {
	if !w.dirty || w.file == nil {
		return nil
	}
	err := w.file.Sync()
	if err == nil && !w.named {
		err = atomicfile.SyncDir(filepath.Dir(w.path))
	}
	if err != nil {
		return w.fail(fmt.Errorf("sync %s: %w", w.name(w.number), err)) // what is there now nobody knows
	}
	w.dirty, w.named = false, true
	return w.mark.set(w.number, w.end)
}

// Close syncs and closes the archive. Closing again does nothing.
func (w *Writer) Close() error {
	_ = w.mu.Lock(context.Background())
	defer w.mu.Unlock()
	if errors.Is(w.err, ErrClosed) {
		return nil
	}
	var err error
	if w.err == nil {
		err = w.sync()
	}
	if w.file != nil { // which is one of Paths all the same
		err = errors.Join(err, w.file.Close())
	}
	w.err = ErrClosed
	return errors.Join(err, w.mark.close())
}
