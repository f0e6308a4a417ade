package source

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/inflight-go/inflight/internal/packed"
	"github.com/inflight-go/inflight/internal/waitread"
)

// A Format is what is in a file. The zero value means that it is found out.
type Format string

// The formats there are.
const (
	Lines Format = "lines" // a URL, or a piece of data, on each line; # begins a comment
	JSONL Format = "jsonl" // a JSON value on each line
	JSON  Format = "json"  // an array of JSON, whose items are the rows; JSONL if it begins otherwise
	CSV   Format = "csv"   // records with commas, and a header
	TSV   Format = "tsv"   // records with tabs, and a header
	HTTP  Format = "http"  // requests as editors have them, with ### between
	Curl  Format = "curl"  // command lines of curl, one after the other
)

const formatNames = "lines, jsonl, json, csv, tsv, http or curl"

func (f Format) known() bool {
	switch f {
	case Lines, JSONL, JSON, CSV, TSV, HTTP, Curl:
		return true
	}
	return false
}

// FormatOf returns the format that the end of a name tells, or the zero value.
func FormatOf(name string) Format {
	name = strings.ToLower(name)
	for _, packed := range []string{".gz", ".zst", ".zstd"} {
		name = strings.TrimSuffix(name, packed)
	}
	switch filepath.Ext(name) {
	case ".jsonl", ".ndjson":
		return JSONL
	case ".json":
		return JSON
	case ".csv":
		return CSV
	case ".tsv", ".tab":
		return TSV
	case ".txt", ".urls", ".lst", ".list":
		return Lines
	case ".http", ".rest":
		return HTTP
	case ".curl":
		return Curl
	}
	return ""
}

// stdin is what the standard input is called.
const stdin = "stdin"

// file is an open file, or the standard input.
type file struct {
	name    string
	closers []io.Closer
	waiter  *waitread.Reader // nil for a file that never keeps a reader waiting
	in      *bufio.Reader
	packed  bool // whether it is compressed
	scan    *scanner
}

func (f *file) Close() error {
	var errs []error
	for _, c := range slices.Backward(f.closers) {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// wait says how long the next read may wait.
func (f *file) wait(ctx context.Context) {
	if f.waiter != nil {
		f.waiter.Until(ctx)
	}
}

func (s *Source) closeFile() error {
	var errs []error
	for _, f := range []*file{s.open, s.opening} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	s.open, s.opening = nil, nil
	return errors.Join(errs...)
}

// openFile opens a file and finds out how to read it. If the wait for its first bytes
// is ended, the file stays, to be opened once more.
func (s *Source) openFile(ctx context.Context, name string) (*file, reader, error) {
	f := s.opening
	if f == nil {
		f = &file{name: name}
		if err := f.open(name, s.opts.Stdin, &s.position); err != nil {
			return nil, nil, err
		}
		s.opening = f
	}
	f.wait(ctx)
	err := f.prepare(s.opts.MaxLine)
	if errors.Is(err, waitread.ErrEnded) {
		return nil, nil, err
	}
	s.opening = nil
	if err != nil {
		_ = f.Close() // what it was opened for has failed
		return nil, nil, fmt.Errorf("%s: %w", f.name, whyCut(err))
	}
	t := text{scanner: f.scan, file: f.name, opts: &s.opts}
	switch f.format(s.opts.Format) {
	case JSONL:
		return f, &jsonl{text: t}, nil
	case JSON:
		return f, &array{jsonl: jsonl{text: t}}, nil
	case HTTP:
		t.mute = true
		return f, &requests{text: t}, nil
	case Curl:
		t.mute = true
		return f, &commands{text: t}, nil
	case CSV:
		return f, &csv{text: t, comma: ','}, nil
	case TSV:
		return f, &csv{text: t, comma: '\t', lax: true}, nil
	default:
		return f, &lines{text: t}, nil
	}
}

// whyCut says what it means that compressed data ends too early.
func whyCut(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("what is compressed in it is cut, or followed by something else: %w", err)
	}
	return err
}

// open opens the file, or takes in for it.
func (f *file) open(name string, in io.Reader, at *position) error {
	if name == "-" {
		f.name = stdin
	} else {
		info, err := os.Stat(name)
		if err != nil {
			return err
		}
		if info.Mode().IsRegular() {
			file, err := os.Open(name)
			if err != nil {
				return err
			}
			f.closers = append(f.closers, file)
			f.in = bufio.NewReaderSize(&counted{file, at}, firstBuffer)
			return nil
		}
		late := waitread.Open(name)
		f.closers = append(f.closers, late)
		in = late
	}
	if in == nil {
		in = strings.NewReader("")
	}
	f.waiter = waitread.New(&counted{in, at})
	f.closers = append(f.closers, f.waiter)
	f.in = bufio.NewReaderSize(f.waiter, firstBuffer)
	return nil
}

// prepare looks at the first bytes. It can be called again after a wait was ended.
func (f *file) prepare(maxLine int) error {
	if f.scan == nil {
		unpacked, format, err := packed.Open(f.in)
		if err != nil {
			return err
		}
		f.packed = format != ""
		f.closers = append(f.closers, unpacked)
		f.scan = newScanner(unpacked, maxLine)
	}
	return f.scan.skipMark()
}

// format is the one that was asked for, or that the name tells, or the first bytes.
func (f *file) format(asked Format) Format {
	if asked == "" {
		asked = FormatOf(f.name)
	}
	if asked != "" && asked != JSON {
		return asked
	}
	start := bytes.TrimLeft(f.scan.buf[f.scan.at:f.scan.end], " \t\r\n")
	switch {
	case bytes.HasPrefix(start, []byte("[")):
		return JSON
	case asked == JSON, len(start) > 0 && strings.IndexByte(`{"`, start[0]) >= 0:
		return JSONL
	}
	return Lines
}

// position is how much of the files was read. Any goroutine may ask.
type position struct {
	read  atomic.Int64
	total int64 // negative if it can't be known
}

// measure adds up the sizes of the files, all of which have to be there.
func (p *position) measure(files []string) error {
	for _, name := range files {
		if name == "-" {
			p.total = -1
			continue
		}
		info, err := os.Stat(name)
		if err == nil && info.IsDir() {
			err = fmt.Errorf("%s is a directory; want a file", name)
		}
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			p.total = -1
		}
		if p.total >= 0 {
			p.total += info.Size()
		}
	}
	return nil
}

// Position returns how many bytes of the files were read, before decompression, and how
// many there are, or -1 if that can't be known. It may be called at any time, by any
// goroutine.
func (s *Source) Position() (read, total int64) {
	return s.position.read.Load(), s.position.total
}

// counted counts what is read.
type counted struct {
	in io.Reader
	at *position
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.at.read.Add(int64(n))
	return n, err
}
