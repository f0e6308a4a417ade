package crawl

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/inflight-go/inflight/batch"
)

// A bodies decides where the body of one page goes. Only what somebody reads is kept in
// memory: pages of HTML, lists of pages, and all that Handle and the archive want. The
// rest goes to its file, or nowhere, as it comes.
type bodies struct {
	c      *crawl
	index  int64
	path   string         // of the URL
	stream *stream        // where the last answer went; nil if to memory
	head   *http.Response // of an answer whose body is not wanted
}

// direct is a session.Request.Save.
func (b *bodies) direct(r *http.Response) (io.WriteCloser, error) {
	b.stream, b.head = nil, nil
	if !b.c.wants(r, b.path) {
		b.head = r
		return nil, errUnwanted
	}
	if b.c.reads(r.StatusCode, mediaType(r.Header), b.path) {
		return nil, nil
	}
	s := &stream{sum: sha256.New()}
	if b.c.o.Save != "" && r.StatusCode < 300 {
		var err error
		if s.part, err = b.c.part(b.index); err != nil {
			return nil, err
		}
	}
	b.stream = s
	return s, nil
}

// reads reports whether a body is wanted in memory.
func (c *crawl) reads(status int, kind, path string) bool {
	if c.o.Archive != nil {
		return true
	}
	return status < 300 && (c.o.Handle != nil || kind == "" || htmlType(kind) || isList(kind, path))
}

// mediaType is the type that an answer says it has, in lower case and without
// parameters.
func mediaType(h http.Header) string {
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(kind))
}

func htmlType(kind string) bool { return kind == "text/html" || kind == "application/xhtml+xml" }

// isList reports whether a body may be a sitemap, by its type or its path: many servers
// have no type for what is compressed.
func isList(kind, path string) bool {
	return strings.Contains(kind, "xml") || strings.Contains(kind, "gzip") || kind == "text/plain" || isZippedXML(path)
}

func isZippedXML(path string) bool { return strings.HasSuffix(path, ".xml.gz") }

// stream takes a body that is not kept in memory.
type stream struct {
	sum  hash.Hash
	part *os.File // nil: it is not saved
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

// partsOf begins the names of the files of a crawl that are not whole yet. It is that of
// the output, which no other crawl has: several may save into one folder.
func partsOf(output string) (string, error) {
	path, err := filepath.Abs(output)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(path))
	return ".part-" + hex.EncodeToString(sum[:6]), nil
}

// part is the file that the body of a page is written to before it has its name. What a
// process leaves behind that was killed is overwritten when the page is fetched again.
func (c *crawl) part(index int64) (*os.File, error) {
	if err := os.MkdirAll(c.o.Save, 0o777); err != nil {
		return nil, err
	}
	return os.OpenFile(filepath.Join(c.o.Save, fmt.Sprintf("%s-%d", c.parts, index)), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o666)
}

// save gives the body of a page its file.
func (c *crawl) save(ctx context.Context, p *Page, l *line) error {
	if c.o.Save == "" {
		return nil
	}
	name := fileName(p.URL, mediaType(p.Response.Header))
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
	s.part = nil
	if err := c.name(part, filepath.Join(c.o.Save, name)); err != nil {
		return c.fatal(ctx, err)
	}
	l.File = filepath.Join(c.o.Save, name)
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
	}
	return err
}
