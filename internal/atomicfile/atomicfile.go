// Package atomicfile replaces files: what is read under a name is the old content or
// the new, whole, whatever happens meanwhile.
package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// Temporary is what is added to a name while Write writes the new content. What has
// that name is overwritten.
const Temporary = ".tmp"

// Write replaces the content of a file, or makes it, by what write writes, and makes
// that last; if that fails the file is as it was. A symbolic link is followed. What is
// there and no regular file, such as a pipe or a device, is written to as it is. Two
// must not write the same file at once.
func Write(path string, write func(io.Writer) error) error {
	f, err := create(path, 0o666, func(path string, mode os.FileMode) (*os.File, error) {
		return os.OpenFile(path+Temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	})
	if err != nil {
		return err
	}
	err = write(f.File)
	if err == nil {
		err = f.Seal(true)
	}
	if err != nil {
		_ = f.Discard()
		return err
	}
	return f.Commit()
}

// A File is what a file is to hold. It has a name of its own, beside that of the file,
// until Commit. Write to it, then call Seal and Commit, or else Discard.
type File struct {
	*os.File
	path    string // of the file; empty for what can't be replaced and is written to as it is
	durable bool
	closed  bool
	gone    bool // there is nothing under its own name
}

// Create begins to replace a file, or to make it with that mode. It follows links and
// writes to devices as Write does. The new content has a name that nobody else has, so
// that any number may replace a file at once: the last one counts.
func Create(path string, mode os.FileMode) (*File, error) { return create(path, mode, unique) }

func create(path string, mode os.FileMode, open func(path string, mode os.FileMode) (*os.File, error)) (*File, error) {
	path = Target(path)
	old, err := os.Lstat(path)
	switch {
	case path == "": // which would be something beside nothing
		return nil, err
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	case err == nil && old.Mode()&fs.ModeSymlink != 0:
		return nil, &fs.PathError{Op: "open", Path: path, Err: errors.New("too many levels of symbolic links")}
	case err == nil && !old.Mode().IsRegular():
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, err
		}
		return &File{File: f}, nil
	case err == nil:
		mode = old.Mode().Perm()
	}
	f, err := open(path, mode)
	if err != nil {
		return nil, err
	}
	if old != nil {
		err = f.Chmod(own(f, old)) // the umask may have taken some away
	}
	n := &File{File: f, path: path}
	if err != nil {
		_ = n.Discard()
		return nil, err
	}
	return n, nil
}

// unique opens a new file beside path. Whoever finds one that a process has left behind
// sees by its name what it was for.
func unique(path string, mode os.FileMode) (*os.File, error) {
	dir, base := filepath.Split(path)
	base = strings.ToValidUTF8(base[:min(len(base), 100)], "") // names have an end
	for tries := 0; ; tries++ {
		name := fmt.Sprintf("%s.%s-%08x%s", dir, base, rand.Uint32(), Temporary)
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
		if !errors.Is(err, fs.ErrExist) || tries == 100 {
			return f, err
		}
	}
}

// Seal ends the writing. Durable says that the content, and with Commit its name, is to
// survive a loss of power.
func (f *File) Seal(durable bool) error {
	f.durable = durable && f.path != ""
	var err error
	if f.durable {
		err = f.Sync()
	}
	f.closed = true
	return errors.Join(err, f.Close())
}

// Commit puts what was sealed in its place. If that fails there is nothing left of it,
// unless only its name may be lost with the power.
func (f *File) Commit() error {
	if f.path == "" {
		return nil
	}
	if err := os.Rename(f.Name(), f.path); err != nil {
		return errors.Join(err, f.Discard())
	}
	f.gone = true
	if f.durable {
		return SyncDir(filepath.Dir(f.path))
	}
	return nil
}

// Discard takes the new content away, if it is not in its place: the file is as it was.
func (f *File) Discard() error {
	if !f.closed {
		f.closed = true
		_ = f.Close() // nobody will read it
	}
	if f.path == "" || f.gone {
		return nil
	}
	f.gone = true
	return os.Remove(f.Name())
}

// Target is what a symbolic link leads to, be it there or not; any other path is its own.
func Target(path string) string {
	for range 40 { // as many as systems follow
		to, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(to) {
			dir, err := filepath.EvalSymlinks(filepath.Dir(path))
			if err != nil {
				break
			}
			to = filepath.Join(dir, to)
		}
		path = to
	}
	return path
}
