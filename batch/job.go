package batch

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"time"
)

// A Job says what an output is of, so that it is not mixed with that of another.
type Job struct {
	// Inputs are the files that the units come from, in their order.
	Inputs []Input `json:"inputs,omitempty"`
	// Options are the settings that change what the lines mean, such as the URL and
	// what is selected, and not those that change how fast they come. They are
	// written to a file as they are: what is secret goes through Digest.
	Options map[string]string `json:"options,omitempty"`
}

// An Input identifies the contents of a file, or of what else rows are read from, by
// what can be had quickly. What is empty, or zero, does not count.
type Input struct {
	Name     string    `json:"name"` // for messages; a file may be moved
	Size     int64     `json:"size,omitempty"`
	Modified time.Time `json:"modified,omitzero"`
	Head     string    `json:"head,omitempty"` // digest of the first MiB
	Tail     string    `json:"tail,omitempty"` // digest of the last MiB
}

// edge is how much of each end of a file is looked at.
const edge = 1 << 20

// Fingerprint identifies the contents of a file. Of what is no regular file, such as
// a pipe, it returns the name alone.
func Fingerprint(path string) (Input, error) {
	in := Input{Name: path}
	info, err := os.Stat(path)
	if err != nil {
		return Input{}, err
	}
	if !info.Mode().IsRegular() {
		return in, nil // opening a pipe would wait for its writer, and closing it end that
	}
	f, err := os.Open(path)
	if err != nil {
		return Input{}, err
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil {
		return Input{}, err
	}
	in.Size, in.Modified = info.Size(), info.ModTime().UTC()
	if in.Head, err = digest(io.NewSectionReader(f, 0, edge)); err != nil {
		return Input{}, fmt.Errorf("read %s: %w", path, err)
	}
	if in.Tail, err = digest(io.NewSectionReader(f, max(in.Size-edge, 0), edge)); err != nil {
		return Input{}, fmt.Errorf("read %s: %w", path, err)
	}
	return in, nil
}

func digest(r io.Reader) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), nil
}

// Digest returns a text that is the same for the same value and does not tell it.
// (A value that can be guessed can be guessed from it.)
func Digest(value string) string {
	h := sha256.Sum256([]byte(value))
	return "sha256:" + hex.EncodeToString(h[:16])
}

// differs lists in what job is not what was.
func (job Job) differs(was Job) []Difference {
	var d []Difference
	add := func(what, was, is string) {
		if was != is {
			d = append(d, Difference{what, was, is})
		}
	}
	add("the number of inputs", strconv.Itoa(len(was.Inputs)), strconv.Itoa(len(job.Inputs)))
	for i := range min(len(was.Inputs), len(job.Inputs)) {
		was, is := was.Inputs[i], job.Inputs[i]
		add("the size of "+is.Name, sizeText(was), sizeText(is))
		add("the time of "+is.Name, timeText(was), timeText(is))
		add("the beginning of "+is.Name, was.Head, is.Head)
		add("the end of "+is.Name, was.Tail, is.Tail)
	}
	names := maps.Clone(was.Options)
	if names == nil {
		names = make(map[string]string)
	}
	maps.Copy(names, job.Options)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		add("option "+name, was.Options[name], job.Options[name])
	}
	return d
}

func sizeText(in Input) string {
	if in.Size == 0 {
		return ""
	}
	return strconv.FormatInt(in.Size, 10)
}

func timeText(in Input) string {
	if in.Modified.IsZero() {
		return ""
	}
	return in.Modified.UTC().Format(time.RFC3339Nano)
}

// id identifies the job in a checkpoint.
func (job Job) id() [32]byte {
	text, err := json.Marshal(job)
	if err != nil {
		panic(err) // strings, numbers, and a time that a file had
	}
	return sha256.Sum256(text)
}

// A sidecar is what stands in the file beside an output.
type sidecar struct {
	Version int       `json:"version"`
	Created time.Time `json:"created"`
	Job     Job       `json:"job"`
}

const (
	sidecarVersion = 1
	largestSidecar = 16 << 20
)

// readSidecar reads what stands in the file. It reports false when that is nothing
// that could have been written there whole.
func readSidecar(f *os.File) (sidecar, bool, error) {
	var s sidecar
	text, err := io.ReadAll(io.NewSectionReader(f, 0, largestSidecar))
	if err != nil {
		return s, false, err
	}
	if json.Unmarshal(text, &s) != nil || s.Version < 1 {
		return s, false, nil
	}
	if s.Version > sidecarVersion {
		return s, false, fmt.Errorf("%s has version %d, and this program knows %d: take the newer one", f.Name(), s.Version, sidecarVersion)
	}
	return s, true, nil
}

// writeSidecar writes in place, because the file is the lock too and must stay the
// same one. It is only done while the output is empty, or by force.
func writeSidecar(f *os.File, job Job) error {
	text, err := json.MarshalIndent(sidecar{sidecarVersion, time.Now().UTC(), job}, "", "  ")
	if err != nil {
		return err
	}
	if len(text) >= largestSidecar {
		return fmt.Errorf("%s: the options of the job are too large: %d bytes", f.Name(), len(text))
	}
	if err := f.Truncate(0); err != nil {
		return err
	}
	if _, err := f.WriteAt(append(text, '\n'), 0); err != nil {
		return err
	}
	return f.Sync()
}
