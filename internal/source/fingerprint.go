package source

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
)

// fingerprintPart is how much is read of the beginning and of the end of a file.
const fingerprintPart = 1 << 20

// Fingerprint returns a short text by which to know the input again: as long as it is
// the same, the same rows have the same indices. It depends on the arguments, on the
// size, the time of change, the first and the last MiB of each file, though not on its
// name, and on how they are read. Offset, Limit, Sample, Unique and Done leave rows out
// and change no index: it does not depend on them. Of a standard input it knows nothing
// but that there is one.
func (s *Source) Fingerprint() (string, error) {
	h, opts := sha256.New(), &s.opts
	fmt.Fprintf(h, "1 %q %v %q %v %q %v %d\n", opts.Args, opts.NoGlobs, opts.Format, opts.Data, opts.URLField, opts.FileGlobs, opts.MaxLine)
	for _, name := range opts.Files {
		if name == "-" {
			fmt.Fprintln(h, stdin)
			continue
		}
		// The end of the name tells the format.
		fmt.Fprintf(h, "file %q ", FormatOf(name))
		if err := addFile(h, name); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), nil
}

func addFile(h hash.Hash, name string) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		fmt.Fprintln(h, "no regular file") // reading would use it up
		return nil
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close() // it was only read
	fmt.Fprintln(h, info.Size(), info.ModTime().UnixNano())
	ends := io.MultiReader(
		io.NewSectionReader(f, 0, fingerprintPart),
		io.NewSectionReader(f, max(info.Size()-fingerprintPart, 0), fingerprintPart),
	)
	if _, err := io.Copy(h, ends); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
