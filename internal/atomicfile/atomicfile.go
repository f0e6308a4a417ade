// Package atomicfile replaces files: what is read under a name is the old content or
// the new, whole, whatever happens meanwhile.
package atomicfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// Temporary is what is added to a name while the new content is written. What has that
// name is overwritten.
const Temporary = ".tmp"

// Write replaces the content of a file, or makes it, by what write writes; if that fails
// the file is as it was. A symbolic link is followed. What is there and no regular file,
// such as a pipe or a device, is written to as it is. Two must not write the same file
// at once.
func Write(path string, write func(io.Writer) error) error {
	path = Target(path)
	mode := os.FileMode(0o666)
	if info, err := os.Stat(path); err == nil {
		if !info.Mode().IsRegular() {
			return through(path, write)
		}
		mode = info.Mode().Perm()
	}
	tmp := path + Temporary
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		_ = os.Remove(tmp)
	}
	return err
}

// through writes to what can't be replaced.
func through(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
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
