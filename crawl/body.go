package crawl

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/internal/atomicfile"
)

// A bodies decides where the body of one page goes. Only what somebody reads is kept in
// memory: pages of HTML, short lists of pages, and all that Handle and the archive want.
// Lists that may be long go to a file, to be read from there. The rest goes to its file,
// or nowhere, as it comes.
type bodies struct {
	c      *crawl
	index  int64
	entry  bool           // the page is a seed, or a sitemap that a host names
	path   string         // of the URL
	stream *stream        // where the last answer went; nil if to memory
	head   *http.Response // of an answer whose body is not wanted

	foreign bool // the host is that of no seed
}

// direct is a session.Request.Save.
func (b *bodies) direct(r *http.Response) (io.WriteCloser, error) {
	b.stream, b.head = nil, nil
	if !b.c.wants(r, b.path) {
		b.head = r
		return nil, errUnwanted
	}
	ok, kind := r.StatusCode < 300, mediaType(r.Header)
	long := ok && b.long(kind)
	if !long && b.c.reads(ok, kind, b.path) {
		return nil, nil
	}
	s := &stream{sum: sha256.New(), list: long}
	if long || ok && b.c.o.Save != "" {
		var err error
		if s.part, err = b.c.part(b.index); err != nil {
			return nil, err
		}
		s.path = s.part.Name()
	}
	b.stream = s
	return s, nil
}

// matter reports whether the last body is read, or kept: of others nothing is lost where
// they are cut. Lists have a bound of their own.
func (b *bodies) matter() bool {
	return b.stream == nil || b.stream.part != nil && !b.stream.list
}

// long reports whether a body may be a sitemap, which may be longer than any page: not
// all that might be a list, or archives of software would be.
func (b *bodies) long(kind string) bool {
	return !htmlType(kind) && (strings.Contains(kind, "xml") || isXMLFile(b.path) || b.entry && isList(kind, b.path))
}

// reads reports whether a body is wanted in memory.
func (c *crawl) reads(ok bool, kind, path string) bool {
	if c.o.Archive != nil {
		return true
	}
	return ok && (c.o.Handle != nil || kind == "" || htmlType(kind) || isList(kind, path))
}

// mediaType is the type that an answer says it has, in lower case and without parameters,
// also where something else than a semicolon is before them.
func mediaType(h http.Header) string {
	kind := strings.TrimSpace(h.Get("Content-Type"))
	if end := strings.IndexAny(kind, ";, \t"); end >= 0 {
		kind = kind[:end]
	}
	return strings.ToLower(kind)
}

func htmlType(kind string) bool { return kind == "text/html" || kind == "application/xhtml+xml" }

// isList reports whether a body may be a sitemap, by its type or its path: many servers
// have no type for what is compressed, and some of those that keep files none for XML.
func isList(kind, path string) bool {
	return strings.Contains(kind, "xml") || strings.Contains(kind, "gzip") || kind == "text/plain" || isXMLFile(path)
}

func isXMLFile(path string) bool {
	return strings.HasSuffix(strings.TrimSuffix(path, ".gz"), ".xml")
}

// stream takes a body that is not kept in memory.
type stream struct {
	sum  hash.Hash
	part *os.File // nil: it is not saved, or has its name
	list bool     // it is read once it is there
	path string   // of the file
}

// MaxBody is what a list may have, whatever other bodies may.
func (s *stream) MaxBody() int64 {
	if s.list {
		return maxSitemap
	}
	return 0
}

func (s *stream) Write(data []byte) (int, error) {
	s.sum.Write(data)
	if s.part == nil {
		return len(data), nil
	}
	return s.part.Write(data)
}

// Close leaves the file for save, or leave.
func (s *stream) Close() error { return nil }

// CloseWithError is called for a body that is not whole.
func (s *stream) CloseWithError(error) error { return s.leave() }

// leave takes the file away.
func (s *stream) leave() error {
	if s == nil || s.part == nil {
		return nil
	}
	_ = s.part.Close()
	name := s.part.Name()
	s.part = nil
	return os.Remove(name)
}

// part is the file that the body of a page is written to before it has its name: where
// bodies are saved, or beside the output. What a process leaves behind that was killed is
// overwritten when the page is fetched again.
func (c *crawl) part(index int64) (*os.File, error) {
	if c.o.Save != "" {
		if err := os.MkdirAll(c.o.Save, 0o777); err != nil {
			return nil, err
		}
	}
	return os.OpenFile(filepath.Join(cmp.Or(c.o.Save, c.folder), fmt.Sprintf("%s-%d", c.parts, index)), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o666)
}

// save gives the body of a page its file.
func (c *crawl) save(ctx context.Context, p *Page, l *line) error {
	if c.o.Save == "" {
		return nil
	}
	s := p.stream
	if s == nil {
		part, err := c.part(p.Index)
		if err != nil {
			return c.fatal(ctx, err)
		}
		s = &stream{part: part}
		if _, err := part.Write(p.Response.Body); err != nil {
			_ = s.leave()
			return c.fatal(ctx, err)
		}
	}
	part := s.part
	s.part, s.path = nil, filepath.Join(c.o.Save, fileName(p.URL, mediaType(p.Response.Header)))
	if err := c.name(part, s.path); err != nil {
		return c.fatal(ctx, err)
	}
	l.File = s.path
	return nil
}

// name closes a file that was written, and gives it its name.
func (c *crawl) name(part *os.File, path string) error {
	var err error
	if c.o.Journal.Sync != batch.SyncNever {
		err = part.Sync()
	}
	if e := part.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o777)
	}
	if err == nil {
		err = os.Rename(part.Name(), path)
	}
	if err != nil {
		_ = os.Remove(part.Name())
		return err
	}
	c.named.add(filepath.Dir(path), filepath.Clean(c.o.Save))
	return nil
}

// named are the folders in which something has got its name since they were synced.
type named struct {
	mu      sync.Mutex
	folders map[string]bool
}

// add adds a folder, and those that it is in up to top: they may be new.
func (n *named) add(folder, top string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.folders == nil {
		n.folders = make(map[string]bool)
	}
	for ; !n.folders[folder]; folder = filepath.Dir(folder) {
		n.folders[folder] = true
		if folder == top {
			return
		}
	}
}

// sync makes the names survive a loss of power. Who takes bodies away while the crawl goes
// on may take their folder, too.
func (n *named) sync() error {
	n.mu.Lock()
	folders := n.folders
	n.folders = nil
	n.mu.Unlock()
	for folder := range folders {
		if err := atomicfile.SyncDir(folder); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
