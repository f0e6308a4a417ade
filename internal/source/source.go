package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/inflight-go/inflight/internal/seen"
	"github.com/inflight-go/inflight/internal/waitread"
)

// Options say what to read. The zero value is an empty input.
type Options struct {
	// Args are URLs, and globs of URLs unless NoGlobs is set. They come first.
	Args    []string
	NoGlobs bool
	// Files are the names of files; - is Stdin. Those compressed by gzip or zstd are
	// decompressed, whatever they are called.
	Files []string
	// Stdin is read for the file -. Nil means that it is empty.
	Stdin io.Reader
	// Format is what is in the files. The zero value means that it is told by the end
	// of a name, .jsonl, .ndjson, .json, .csv, .tsv, .http, .rest or .curl, before .gz
	// or .zst; a file with another name is JSON if it begins with [, JSONL if it begins
	// with { or ", and lines otherwise.
	Format Format
	// Data says that the files have data for a template. Otherwise each row needs a
	// URL: the line, the JSON string, or the field URLField of the record.
	Data bool
	// URLField is the field with the URL. Zero means "url".
	URLField string
	// FileGlobs says that lines of files are globs too. It is ignored for Data.
	FileGlobs bool

	// Offset leaves out that many rows at the beginning.
	Offset int64
	// Sample is the share of rows to take, from 0 to 1: which ones depends on Seed and
	// the index of a row. Zero means all.
	Sample float64
	Seed   uint64
	// Limit is the most rows to take, counted after everything else that leaves rows
	// out. Zero means all.
	Limit int64
	// Unique leaves out each row for which it returns what it returned for one before.
	// An error makes a bad row. 64 bits are kept of each text: of a million rows, one is
	// left out wrongly with a probability of 1 in 37 million. Nil means that no row is
	// left out.
	Unique func(Row) (string, error)
	// Done tells of an index that its row need not be returned, since it was dealt with
	// before. It counts for Limit and Unique. Nil means none.
	Done func(index int64) bool

	// MaxLine is how long a line, a record or a request may be, in bytes. Zero means
	// 10 MiB.
	MaxLine int
}

// ErrOption is wrapped by what Open returns for options that make no sense.
var ErrOption = errors.New("inflight/source: invalid option")

func (o *Options) check() error {
	if o.URLField == "" {
		o.URLField = "url"
	}
	if o.MaxLine == 0 {
		o.MaxLine = 10 << 20
	}
	switch {
	case !(o.Sample >= 0 && o.Sample <= 1):
		return fmt.Errorf("%w: Sample is %v; want a share from 0 to 1", ErrOption, o.Sample)
	case o.Offset < 0 || o.Limit < 0 || o.MaxLine < 0:
		return fmt.Errorf("%w: a number below 0: Offset %d, Limit %d, MaxLine %d", ErrOption, o.Offset, o.Limit, o.MaxLine)
	case o.Format != "" && !o.Format.known():
		return fmt.Errorf("%w: there is no format %q; want %s", ErrOption, o.Format, formatNames)
	}
	stdins := 0
	for _, name := range o.Files {
		if name == "-" {
			stdins++
		}
	}
	if stdins > 1 {
		return fmt.Errorf("%w: - is among the files %d times; it can be read once", ErrOption, stdins)
	}
	return nil
}

// A Source returns the rows of an input, one after the other. Make one with Open, and
// close it. It is not safe for use by several goroutines at once, but for Position.
type Source struct {
	opts  Options
	args  []*Glob
	parts int // of the arguments, then of the files, that were opened
	cur   reader
	open  *file
	// opening is a file that was waited for when a ctx ended.
	opening *file

	index    int64 // of the next row
	taken    int64 // rows that count for Limit
	seen     seen.Set
	position position
	err      error // that ended it
}

// Open opens an input. It fails with a *GlobError for an argument, with an error of
// ErrOption for options that make no sense, and with an error of the file system for a
// file that is not there; it reads nothing yet.
func Open(opts Options) (*Source, error) {
	if err := opts.check(); err != nil {
		return nil, err
	}
	s := &Source{opts: opts}
	for _, arg := range opts.Args {
		g, err := parseArg(arg, opts.NoGlobs)
		if err != nil {
			return nil, err
		}
		s.args = append(s.args, g)
	}
	if err := s.position.measure(opts.Files); err != nil {
		return nil, err
	}
	return s, nil
}

func parseArg(arg string, literal bool) (*Glob, error) {
	g := &Glob{parts: []globPart{{before: arg}}, n: 1}
	if !literal {
		var err error
		if g, err = ParseGlob(arg); err != nil {
			return nil, err
		}
	}
	if offset, reason := CheckURL(g.At(0)); reason != "" {
		return nil, globError(arg, min(offset, len(arg)), reason)
	}
	return g, nil
}

// Next returns the next row. It fails with io.EOF after the last, with the cause of a
// ctx that ended, and with another error when nothing more can be read: such as a
// damaged compressed file, or a header of a CSV file that makes no sense. What is wrong
// with one row only is told in its Err. A ctx that ends while a standard input is waited
// for ends the wait.
func (s *Source) Next(ctx context.Context) (Row, error) {
	for s.err == nil {
		if ctx.Err() != nil {
			return Row{}, context.Cause(ctx)
		}
		if err := s.ready(ctx); err != nil {
			return Row{}, err
		}
		if s.err != nil {
			break
		}
		if skip := s.toSkip(); skip > 0 {
			n, err := s.cur.skip(skip)
			s.count(n)
			if err := s.partEnded(ctx, err); err != nil {
				return Row{}, err
			}
			continue
		}
		var row Row
		if err := s.cur.next(&row); err != nil {
			if err := s.partEnded(ctx, err); err != nil {
				return Row{}, err
			}
			continue
		}
		row.Index = s.index
		s.index++
		if s.admit(&row) && !s.done(row.Index) {
			return row, nil
		}
	}
	if ctx.Err() != nil {
		return Row{}, context.Cause(ctx)
	}
	return Row{}, s.err
}

// All returns the rows that are left. An error other than io.EOF comes last, with an
// empty row.
func (s *Source) All(ctx context.Context) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for {
			row, err := s.Next(ctx)
			if err == io.EOF || !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// Seek goes on with the row of that index, or with the first after it that is not left
// out: rows before it are not decoded, but count as they would have. It can only go
// forward; for an index before the next row it does nothing, and past the end is the end.
func (s *Source) Seek(ctx context.Context, index int64) error {
	done := s.opts.Done
	s.opts.Done = func(i int64) bool { return i < index || done != nil && done(i) }
	defer func() { s.opts.Done = done }()
	for s.err == nil && s.index < index {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := s.ready(ctx); err != nil {
			return err
		}
		if s.err != nil {
			break
		}
		if err := s.pass(ctx, index-s.index); err != nil {
			return err
		}
	}
	if s.err != nil && s.err != io.EOF {
		return s.err
	}
	return nil
}

// pass passes over up to n rows of the current part.
func (s *Source) pass(ctx context.Context, n int64) error {
	switch {
	case s.opts.Unique != nil:
		var row Row
		err := s.cur.next(&row)
		if err == nil {
			row.Index = s.index
			s.index++
			s.admit(&row)
			return nil
		}
		return s.partEnded(ctx, err)
	case s.index < s.opts.Offset:
		n = min(n, s.opts.Offset-s.index)
	case s.sampling() || s.opts.Limit > 0:
		n = min(n, 1<<16)
	}
	skipped, err := s.cur.skip(n)
	s.count(skipped)
	return s.partEnded(ctx, err)
}

// ready sees to it that there is a part to read from. If there is none, it sets err.
func (s *Source) ready(ctx context.Context) error {
	if s.opts.Limit > 0 && s.taken >= s.opts.Limit {
		s.err = io.EOF
		return nil
	}
	if s.cur != nil {
		if s.open != nil {
			s.open.wait(ctx)
		}
		return nil
	}
	if s.parts < len(s.args) {
		s.cur = &arg{glob: s.args[s.parts], no: s.parts + 1}
		s.parts++
		return nil
	}
	if i := s.parts - len(s.args); i < len(s.opts.Files) {
		f, cur, err := s.openFile(ctx, s.opts.Files[i])
		if err != nil {
			return s.partEnded(ctx, err)
		}
		s.open, s.cur = f, cur
		s.parts++
		return nil
	}
	s.err = io.EOF
	return nil
}

// partEnded deals with what a reader failed with: it returns an error that is only
// about ctx, goes to the next part after the end of one, and ends the source otherwise.
func (s *Source) partEnded(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, waitread.ErrEnded):
		return context.Cause(ctx)
	case err == io.EOF:
		err = s.closeFile()
		s.cur = nil
		if err == nil {
			return nil
		}
	}
	if s.open != nil {
		err = fmt.Errorf("%s: after %d rows: %w", s.open.name, s.index, whyCut(err))
	}
	s.err = err
	return nil
}

// toSkip is how many rows from here on are certain not to be returned; they are worth
// not being decoded.
func (s *Source) toSkip() int64 {
	if s.index < s.opts.Offset {
		return s.opts.Offset - s.index
	}
	if s.opts.Unique != nil {
		return 0
	}
	n := int64(0)
	for n < 1<<16 && !s.sampled(s.index+n) {
		n++
	}
	if n > 0 || !s.done(s.index) {
		return n
	}
	for n < 1<<16 && s.done(s.index+n) && s.sampled(s.index+n) && (s.opts.Limit == 0 || s.taken+n < s.opts.Limit) {
		n++
	}
	return n
}

func (s *Source) sampling() bool {
	return s.opts.Sample > 0 && s.opts.Sample < 1
}

// sampled tells whether the sample has the row, by a number that looks random and
// depends on nothing but the seed and the index.
func (s *Source) sampled(index int64) bool {
	if !s.sampling() {
		return true
	}
	x := s.opts.Seed + uint64(index)*0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return float64((x^x>>31)>>11)/(1<<53) < s.opts.Sample
}

func (s *Source) done(index int64) bool {
	return s.opts.Done != nil && s.opts.Done(index)
}

// count counts rows that were passed over: all of them before Offset, or none.
func (s *Source) count(n int64) {
	if s.opts.Limit > 0 && s.index >= s.opts.Offset {
		for i := s.index; i < s.index+n; i++ {
			if s.sampled(i) {
				s.taken++
			}
		}
	}
	s.index += n
}

// admit tells whether a row is among those to take, and counts it.
func (s *Source) admit(row *Row) bool {
	if row.Index < s.opts.Offset || !s.sampled(row.Index) {
		return false
	}
	if s.opts.Unique != nil && row.Err == nil {
		text, err := s.opts.Unique(*row)
		if err != nil {
			*row = Row{Index: row.Index, File: row.File, Line: row.Line, Err: &RowError{File: row.File, Line: row.Line, Reason: err.Error()}}
		} else if !s.seen.Add(text) {
			return false
		}
	}
	s.taken++
	return true
}

// Close closes what is open. Next must not be called afterwards.
func (s *Source) Close() error {
	err := s.closeFile()
	if s.err == nil {
		s.err = errClosed
	}
	s.cur = nil
	return err
}

var errClosed = errors.New("inflight/source: the source is closed")

// arg reads the texts of one argument.
type arg struct {
	glob *Glob
	at   int64
	no   int
}

func (a *arg) next(row *Row) error {
	if a.at == a.glob.Len() {
		return io.EOF
	}
	url := a.glob.At(a.at)
	a.at++
	*row = Row{File: "argument", Line: a.no}
	if offset, reason := CheckURL(url); reason != "" {
		row.Err = &RowError{File: row.File, Line: row.Line, Column: offset + 1, Reason: reason, Text: excerpt([]byte(url), offset)}
		return nil
	}
	row.URL, row.Value = url, url
	return nil
}

func (a *arg) skip(n int64) (int64, error) {
	left := a.glob.Len() - a.at
	a.at += min(n, left)
	if n > left {
		return left, io.EOF
	}
	return n, nil
}
