package atomicfile

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
)

// Parts begins the names of the files of one run that are not whole yet. They are named
// for the journal of the run, which no other run has: several may write into one folder,
// and who goes on with a run that was killed overwrites what it has left behind. A run
// that has no journal, "", is not gone on with, and has the number of the process.
func Parts(journal string) (string, error) {
	if journal == "" {
		return fmt.Sprintf(".part-%d", os.Getpid()), nil
	}
	path, err := filepath.Abs(journal)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(path))
	return fmt.Sprintf(".part-%x", sum[:6]), nil
}
